// What an edit would change, were it live: proof, who gains and loses, recorded decisions, live grants that would end.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useName } from "../../api/people";
import { counted } from "../../parts/kinds";
import { Card, Facts } from "../../parts/page";
import { Table } from "../../parts/table";
import { Status, words } from "../../parts/status";

interface Witness { direction: string; sensitivity: string | null; what: string; resource: string; before: string; after: string; tier: string | null; purpose: string | null; when?: string | null; people: string[]; people_count: number; teams: string[] }
interface Reason { allowed: boolean; why: string; rules: string[] }
export interface ImpactOf {
  lead: string[];
  proof: { verdict: string; holds_for: string; unknown_because: string[]; tested_points: number; changed_rules: string[] };
  witnesses: { told?: string[]; groups: Witness[]; groups_left_out: number; none_found: string | null; coverage: { examined: number; possible: number; complete: boolean; people_in_reach: number; resources_in_reach: number } } | null;
  replay: {
    asked: number; changed_count?: number; changed: { decision: string; principal: string; action: string; resource: string; live: Reason; draft: Reason }[]; live_grants: number;
    grants_that_would_end: { grant: string; holder: string; resource: string; draft: Reason }[];
    coverage: { people_in_reach: number; people_ever_asked_about: number; resources_in_reach: number; resources_ever_asked_about: number; note: string } | null;
  } | null;
}
const VERDICTS: Record<string, [string, string]> = {
  narrows: ["active", "Only narrows: proved"], equal: ["active", "Changes nothing: proved"], widens: ["denied", "Widens access"], both: ["denied", "Widens and narrows"], unknown: ["denied", "Not proved either way"],
};

/** Whether it widens, by the proof. */
export function Proved({ of }: { of: ImpactOf }) {
  const [state, word] = VERDICTS[of.proof.verdict] ?? ["denied", words(of.proof.verdict)];
  return <span><Status state={state} label={word} /></span>;
}

/** "3 live grants would end", "No live grant would end". */
export function wouldEnd(grants: unknown[]): string {
  return `${grants.length === 0 ? "No live grant" : counted(grants.length, "live grant")} would end`;
}

export function Impact({ of }: { of: ImpactOf }) {
  const ending = of.replay?.grants_that_would_end ?? [];
  return (
    <div className="stack">
      <div className="notice">
        <Proved of={of} />
        <ul className="stack-s">{of.lead.map((line) => <li key={line}>{line}</li>)}</ul>
      </div>
      {of.witnesses ? (
        <Card title="Who gains and who loses" flush>
          {of.witnesses.groups.length ? (
            <Table label="Who gains and who loses" head={[<span key="d" className="hidden">Direction</span>, "Who", "What", "Data", "Where", "When", "Before → after"]} rows={of.witnesses.groups.map((one) => [
              <Status key="d" state={one.direction === "gain" ? "denied" : "draft"} label={one.direction === "gain" ? "Gains" : "Loses"} />,
              <Who key="w" ids={one.people} count={one.people_count} />, one.what, <span key="r"><code>{named(one.resource)}</code> {one.sensitivity ? <span className="chip">{one.sensitivity}</span> : null}</span>,
              [one.tier, one.purpose].filter(Boolean).join(", ") || "anywhere", one.when === undefined ? "not found out" : one.when ?? "at any time", `${one.before} → ${one.after}`,
            ])} />
          ) : <p className="secondary" style={{ padding: 16 }}>{of.witnesses.none_found}</p>}
          <p className="faint" style={{ padding: "8px 16px" }}>{of.witnesses.coverage.examined.toLocaleString()} of {of.witnesses.coverage.possible.toLocaleString()} questions about today's directory were tried{of.witnesses.groups_left_out ? `; ${of.witnesses.groups_left_out} more groups are not shown` : ""}.</p>
        </Card>
      ) : null}
      {of.replay ? (
        <>
          <Card title={`Live grants that would end (${ending.length} of ${of.replay.live_grants})`} flush>
            {ending.length ? <Table label="Grants that would end" head={["Holder", "Data", "Why"]} rows={ending.map((one) => [
              <Link key="l" to="/grants" search={{ open: one.grant } as never}><Who ids={[one.holder]} count={1} /></Link>, <code key="c">{named(one.resource)}</code>, one.draft.rules.join(", ") || words(one.draft.why),
            ])} /> : <p className="secondary" style={{ padding: 16 }}>None.</p>}
          </Card>
          <Card title={`Recorded decisions that would be others (${of.replay.changed_count ?? of.replay.changed.length} of ${of.replay.asked})`} flush>
            {of.replay.changed.length ? <Table label="Changed decisions" head={["Who", "What", "Data", "Today", "Then"]} rows={of.replay.changed.slice(0, 50).map((one) => [
              <Who key="w" ids={[one.principal]} count={1} />, one.action, <code key="c">{named(one.resource)}</code>, said(one.live), said(one.draft),
            ])} /> : <p className="secondary" style={{ padding: 16 }}>None.</p>}
            {of.replay.coverage ? <p className="faint" style={{ padding: "8px 16px" }}>{of.replay.coverage.people_ever_asked_about} of {of.replay.coverage.people_in_reach} people and {of.replay.coverage.resources_ever_asked_about} of {of.replay.coverage.resources_in_reach} things in the edit's reach were ever asked about. {of.replay.coverage.note}</p> : null}
          </Card>
        </>
      ) : null}
      <Card title="How far the proof reaches">
        <Facts of={[["Holds for", of.proof.holds_for], ["Changed rules", of.proof.changed_rules.join(", ") || "none"], ["Tested at", `${of.proof.tested_points.toLocaleString()} random points`], ...(of.proof.unknown_because.length ? [["Not known because", of.proof.unknown_because.join("; ")] as [string, ReactNode]] : [])]} />
      </Card>
    </div>
  );
}

function Who({ ids, count }: { ids: string[]; count: number }) {
  const name = useName();
  const shown = ids.slice(0, 4).map((id) => name(named(id)));
  return <span>{shown.join(", ")}{count > shown.length ? ` and ${count - shown.length} more` : ""}</span>;
}

/** `Person::"pe_…"` as `pe_…`. */
export function named(reference: string): string {
  return /^\w+::"(.*)"$/.exec(reference)?.[1] ?? reference;
}

function said(reason: Reason): string {
  return `${reason.allowed ? "allowed" : "refused"}${reason.rules.length ? ` by ${reason.rules.join(", ")}` : ""}`;
}
