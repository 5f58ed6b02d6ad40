// One request for access that waits: what the platform says of it today, what the contract wants, and one's own word.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, Problem, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useSession } from "../../api/session";
import { Ask } from "../../parts/ask";
import { Facts } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Person } from "../../parts/person";
import { PickOne } from "../../parts/pick";
import { Loading, Trouble } from "../../parts/states";
import { Level, Status, words } from "../../parts/status";
import { Countdown, duration, inWords, Time } from "../../parts/time";
import { refuser } from "../access/Verdict";
import { isoOf } from "../access/wish";
import { Given } from "./Given";

interface Source { source: string; operations: string[]; classification: string; classes: string[]; permitted_by: string[]; obligations?: { columns: string[] | null; row_filter: string | null }; without?: { item: string; why: string }[] }
interface LeftOut { source: string; operations: string[]; refused_by: string | null; reasons: string[] }
interface Clauses { id: string; version: string; name: string; purposes: string[]; max_duration_seconds: number; never_together_with: string[] }
interface Terms {
  person: { id: string; name: string; teams: string[] }; activity: { id: string; title: string }; environment: { id: string; tier: string }; purpose: string; justification: string;
  ticket: string; break_glass: boolean; starts_at: string | null; duration_seconds: number; sources: Source[]; contracts: Clauses[];
}
const SHORTER = [900, 1_800, 3_600, 7_200, 14_400, 28_800];

export function AccessPanel({ id }: { id: string }) {
  const session = useSession();
  const request = useQuery({ queryKey: ["request", id], queryFn: () => told(api.GET("/v1/access-requests/{request_id}", { params: { path: { request_id: id } } })) });
  const looked = useQuery({
    queryKey: ["request", id, "look"], retry: false, enabled: request.data?.outcome === "awaiting-approval",
    queryFn: () => told(api.GET("/v1/access-requests/{request_id}/approvals", { params: { path: { request_id: id } } })),
  });
  if (request.isPending) return <Panel title="Access"><Loading /></Panel>;
  if (request.isError) return <Panel title="Access"><Trouble error={request.error} /></Panel>;
  const one = request.data;
  const emergency = one.waiting?.break_glass ?? false;
  const mine = one.subject === session?.id ? "You asked for it: somebody else decides." : undefined;
  return (
    <Panel title={<><h2>Access for {one.purpose}</h2><span className="row"><Status state={one.outcome} />{emergency ? <Status state="stuck" label="Emergency (break-glass)" /> : null}</span></>}>
      <Link to={`/requests/${one.id}` as never}>The whole request</Link>
      {one.outcome !== "awaiting-approval" ? <p>It does not wait any more: {words(one.outcome).toLowerCase()}.</p>
        : looked.isPending ? <Loading rows={4} />
        : isRefusal(looked.error) ? <Hopeless id={id} error={looked.error} mine={mine} />
        : !looked.data ? <Trouble error={looked.error} retry={() => void looked.refetch()} />
        : <Decide of={looked.data} id={id} emergency={emergency} mine={mine} />}
    </Panel>
  );
}

/** The platform has answered, and would refuse; not: it could not answer, or not now. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
}

function Decide({ of: newest, id, emergency, mine }: { of: Schemas["LookedShown"]; id: string; emergency: boolean; mine: string | undefined }) {
  // While somebody gives their word, what they saw stays as it was: their word is for that and for nothing newer.
  const [seen, setSeen] = useState<Schemas["LookedShown"] | null>(null);
  const looked = seen ?? newest;
  const terms = looked.shown.terms as unknown as Terms;
  const holds = looked.shown.holds as unknown as string[];
  const leftOut = looked.shown.left_out as unknown as LeftOut[];
  return (
    <>
      <Facts of={[
        ["Asked by", <span key="p"><Person id={terms.person.id} /> <span className="faint">({terms.person.teams.join(", ") || "in no team"})</span></span>],
        ["Activity", <Link key="a" to={`/activities/${terms.activity.id}` as never}>{terms.activity.title}</Link>],
        ["Environment", words(terms.environment.tier)],
        ["For", duration(isoOf(terms.duration_seconds))],
        ...(terms.starts_at ? [["Starts", <Time key="s" at={terms.starts_at} />] as [string, React.ReactNode]] : []),
        ["Reason", terms.justification || "none given"], ["Ticket", terms.ticket || "none"],
        ["Ends by itself in", <Countdown key="c" to={looked.expires_at} />],
      ]} />
      <section className="stack-s"><h3>Data</h3>
        <ul className="stack-s">{terms.sources.map((one) => (
          <li key={one.source} className="stack-s lined">
            <span className="row"><code className="anywhere grow">{one.source}</code><Level of={one.classification} /></span>
            <span className="secondary">{one.operations.join(", ")}{one.classes.length ? `; ${one.classes.join(", ")}` : ""}; permitted by {one.permitted_by.join(", ") || "no rule yet"}</span>
            {one.obligations?.columns ? <span className="secondary">Columns: {one.obligations.columns.join(", ")}</span> : null}
            {one.obligations?.row_filter ? <span className="secondary">Rows: <code>{one.obligations.row_filter}</code></span> : null}
            {(one.without ?? []).map((part) => <span key={part.item} className="secondary">Without <code>{part.item}</code></span>)}
          </li>
        ))}</ul>
      </section>
      {leftOut.length === 0 ? null : (
        <section className="stack-s"><h3>Asked for too, and left out</h3>
          <ul className="stack-s">{leftOut.map((one) => <li key={one.source} className="stack-s"><code className="anywhere">{one.source}</code><span className="secondary">{one.operations.join(", ")}; refused by {refuser(one.refused_by)}: {one.reasons.map((reason) => words(reason)).join(", ")}</span></li>)}</ul>
        </section>
      )}
      <section className="stack-s"><h3>What the contract wants</h3>
        {looked.needs.length === 0 ? <p className="secondary">Nothing but the second person's release.</p> : <ul className="stack-s">{looked.needs.map((need) => <li key={need.contract + need.clause}>{inWords(need.clause)} <span className="faint">({need.people} of {need.groups.join(", ")})</span></li>)}</ul>}
        <Given of={looked.approvals} />
      </section>
      <section className="stack-s"><h3>What they hold besides</h3>
        {holds.length === 0 ? <p className="secondary">Nothing.</p> : <ul>{holds.map((uri) => <li key={uri}><code className="anywhere">{uri}</code></li>)}</ul>}
      </section>
      <Word id={id} looked={looked} terms={terms} emergency={emergency} mine={mine} onOpenChange={(isOpen) => setSeen(isOpen ? newest : null)} />
    </>
  );
}

/** One's own word on exactly what is shown: the platform refuses it when that has changed meanwhile. */
function Word({ id, looked, terms, emergency, mine, onOpenChange }: { id: string; looked: Schemas["LookedShown"]; terms: Terms; emergency: boolean; mine: string | undefined; onOpenChange: (isOpen: boolean) => void }) {
  const queries = useQueryClient();
  const [longest, setLongest] = useState("");
  const [may, decline] = useMay([{ action: emergency ? "releaseAccess" : "approveAccess", kind: "request", id }, { action: "approveAccess", kind: "request", id }]);
  const shorter = SHORTER.filter((seconds) => seconds < terms.duration_seconds).map((seconds): [string, string] => [isoOf(seconds), `${duration(isoOf(seconds))} at most`]);
  const once = useOnce();
  const again = () => changed(queries, { kind: "request", id });
  const approve = async (comment: string) => {
    const given = { shown_sha256: looked.shown_sha256, longest: longest || null, comment };
    const path = { request_id: id };
    try {
      await once([emergency, id, given], async (header) => (emergency
        ? await told(api.POST("/v1/access-requests/{request_id}/release", { params: { path, header }, body: given }))
        : await told(api.POST("/v1/access-requests/{request_id}/approvals", { params: { path, header }, body: { decision: "approve", ...given } }))));
    } catch (error) {
      if (error instanceof Problem && error.code === "shown-has-changed") await again();
      throw error;
    }
    await again();
  };
  const name = emergency ? "Release" : "Approve";
  return (
    <section className="panel-foot" aria-label="Your word">
      {mine ? <p className="notice">{mine}</p> : null}
      {!mine && !may?.allowed ? <p className="notice">{barred(may)}</p> : null}
      <div className="row">
        <Ask name="approve-access" button={name} kind="primary" title={emergency ? "Release this access in an emergency?" : "Approve this access?"} reason="Comment" confirm={name} done={emergency ? "Released: it is an alarm in the audit trail." : "Approved."} act={approve} disabled={mine ?? barred(may)} onOpenChange={onOpenChange}>
          <p>{emergency ? "Your word stands for the contract's approvals and for nothing else: rules and contracts still decide." : "You approve exactly what is shown. It is decided again when it is granted."}</p>
          <PickOne label="For how long" value={longest} of={[["", `as asked: ${duration(isoOf(terms.duration_seconds))}`], ...shorter]} onChange={setLongest} />
        </Ask>
        <Refuse id={id} sha256={looked.shown_sha256} disabled={mine ?? barred(decline)} done={again} onOpenChange={onOpenChange} />
      </div>
    </section>
  );
}

function Refuse({ id, sha256, disabled, done, onOpenChange }: { id: string; sha256: string; disabled: string | undefined; done: () => Promise<unknown>; onOpenChange?: (isOpen: boolean) => void }) {
  const once = useOnce();
  const decline = async (comment: string) => {
    await once([id, sha256, comment], (header) => told(api.POST("/v1/access-requests/{request_id}/approvals", { params: { path: { request_id: id }, header }, body: { decision: "decline", shown_sha256: sha256, comment } })));
    await done();
  };
  return <Ask name="refuse-access" button="Refuse" kind="danger" title="Refuse this access?" reason="Why" confirm="Refuse" done="Refused." act={decline} disabled={disabled} onOpenChange={onOpenChange} />;
}

/** It would be refused by now, whoever approves it: all that is left is to say so. */
function Hopeless({ id, error, mine }: { id: string; error: unknown; mine: string | undefined }) {
  const queries = useQueryClient();
  const [may] = useMay([{ action: "approveAccess", kind: "request", id }]);
  return (
    <>
      <Trouble error={error} />
      <Refuse id={id} sha256={"0".repeat(64)} disabled={mine ?? barred(may)} done={() => changed(queries, { kind: "request", id })} />
    </>
  );
}
