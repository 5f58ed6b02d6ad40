// What contract and rules say of one source: which of them let it pass, or which refused it, why, and what to do.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { contractVersionQuery } from "../../api/choices";
import { api, told } from "../../api/client";
import { Status } from "../../parts/status";
import { inWords } from "../../parts/time";
import { rulebookQuery } from "../rules/rulebook";
import { Breaches, type Breach } from "./Breaches";

interface Rule { id: string; title: string; advice: string | null }
interface Gate { consulted: boolean; passes?: boolean; why?: string; rules?: Rule[]; breaches?: Breach[]; refused_item?: string | null; contract?: { id: string; version: string } | null }
interface Obligations { passes: boolean; breaches: Breach[]; columns: string[] | null; row_filter: string | null; treatments: { group: string; columns: string[]; shown: string; why: string }[] }
export interface VerdictShown {
  source: string; passes: boolean; refused_by: string | null; operations: string[]; invariants: Gate; contract: Gate; rules: Gate;
  obligations?: Obligations; without?: { item: string; rules: Rule[]; breaches: Breach[] }[];
}

const GATES: Record<string, string> = { invariants: "a rule that always holds", contract: "the contract", rules: "the rules", columns: "what it holds by columns" };

/** What has refused it, in a sentence; by no gate, the request as a whole. */
export function refuser(gate: string | null | undefined): string {
  return GATES[gate ?? ""] ?? gate ?? "the request";
}

export function Verdict({ of }: { of: VerdictShown }) {
  if (of.passes) return <span><Status state="would-pass" /></span>;
  const gate = of.refused_by === "contract" ? of.contract : of.refused_by === "rules" ? of.rules : of.refused_by === "columns" && of.obligations ? { consulted: true, breaches: of.obligations.breaches } : of.invariants;
  return (
    <div className="stack-s">
      <Status state="refused" label={`Refused by ${refuser(of.refused_by)}`} />
      <Breaches of={gate.breaches ?? []} />
      <Named of={gate} />
    </div>
  );
}

/** The same on record, with everything that had a say. `outcome` is that of the whole, `rulebook` the version that decided, `purpose` what was asked for. */
export function Decided({ of, outcome, rulebook, purpose }: { of: VerdictShown; outcome: string; rulebook: string; purpose?: string | undefined }) {
  const isGiven = outcome === "granted" || outcome === "kept";
  return (
    <div className="stack-s">
      {of.passes ? <Status state={isGiven ? "granted" : "would-pass"} /> : <Status state="refused" label={`Refused by ${refuser(of.refused_by)}`} />}
      <Gates of={of} rulebook={rulebook} purpose={purpose} />
      <Held of={of} />
    </div>
  );
}

/** Each gate with what it said, in the order in which they are asked; with `refusing` only the one that refused. */
export function Gates({ of, rulebook, purpose, refusing = false }: { of: VerdictShown; rulebook: string; purpose?: string | undefined; refusing?: boolean }) {
  const shows = (gate: string) => !refusing || of.refused_by === gate;
  return (
    <ul className="stack-s" aria-label={`What decided on ${of.source}`}>
      {shows("invariants") ? <li className="stack-s" style={{ gap: 2 }}><Said name="Rules that always hold" of={of.invariants} /><Always of={of.invariants} /></li> : null}
      {shows("contract") ? <li className="stack-s" style={{ gap: 2 }}><Terms of={of.contract} purpose={purpose} /></li> : null}
      {shows("rules") ? <li className="stack-s" style={{ gap: 2 }}><Said name="Rules" of={of.rules} /><Written of={of.rules} rulebook={rulebook} /></li> : null}
      {of.refused_by === "columns" && of.obligations ? <li><Breaches of={of.obligations.breaches} /></li> : null}
    </ul>
  );
}

function Said({ name, of }: { name: React.ReactNode; of: Gate }) {
  return <span className="row" style={{ gap: 6 }}><strong>{name}</strong> {of.consulted ? <Status state={of.passes ? "passed" : "refused"} label={of.passes ? "Let it pass" : "Refused it"} /> : <span className="faint">not asked: something before it had refused</span>}</span>;
}

type Owners = Map<string, string>;

/** The rules that were decisive; without `to` they lead nowhere. */
function Named({ of, owners, to }: { of: Gate; owners?: Owners; to?: (rule: string) => { to: string; search?: Record<string, string> } }) {
  const rules = of.rules ?? [];
  const nobody = of.why === "not-permitted" && rules.length === 0;
  if (rules.length === 0 && !nobody && !of.refused_item) return null;
  return (
    <ul className="stack-s" style={{ gap: 2 }}>
      {rules.map((rule) => (
        <li key={rule.id} className="secondary"><strong>{to ? <Link {...(to(rule.id) as { to: never })}>{rule.title}</Link> : rule.title}</strong>{owners?.has(rule.id) ? `, of ${owners.get(rule.id)}` : ""}. {rule.advice ?? ""}</li>
      ))}
      {nobody ? <li className="secondary">{to ? <Link {...(to("") as { to: never })}>No rule permits it.</Link> : "No rule permits it."} Governance can write one.</li> : null}
      {of.refused_item ? <li className="secondary">Because of <code className="anywhere">{of.refused_item}</code> inside it.</li> : null}
    </ul>
  );
}

/** The contract's version with its clauses in words, and whether it covers the purpose. */
function Terms({ of, purpose }: { of: Gate; purpose: string | undefined }) {
  const { id = "", version = "" } = of.contract ?? {};
  const found = useQuery({ ...contractVersionQuery(id, version), retry: false, staleTime: 60_000 }).data;
  const says = new Map(found?.clauses.map((one) => [one.clause, one.text]));
  return (
    <>
      <Said name={id ? <>Contract <Link to={`/contracts/${id}` as never} search={{ version } as never}>{found?.name ?? id}</Link> {version}</> : "Contract"} of={of} />
      {of.consulted && !id ? <span className="secondary">No contract that is in force covers it.</span> : null}
      <Breaches of={of.breaches ?? []} says={says} />
      {of.passes && purpose && found ? <span className="secondary">The purpose {purpose} is checked: it covers {found.purposes.join(", ")}{found.denied_purposes.length ? `, never ${found.denied_purposes.join(", ")}` : ""}.</span> : null}
      {of.passes && found ? <details><summary className="secondary">None of its {found.clauses.length} clauses is exceeded</summary><ul className="stack-s" style={{ gap: 2 }}>{found.clauses.map((one) => <li key={one.clause} className="secondary"><strong>{one.clause}</strong>: {inWords(one.text)}</li>)}</ul></details> : null}
    </>
  );
}

/** What a source that was given is held to, and what of it was left out. */
function Held({ of }: { of: VerdictShown }) {
  const { obligations: held, without = [] } = of;
  if (!of.passes || (!held && without.length === 0)) return null;
  return (
    <ul className="stack-s" style={{ gap: 2 }} aria-label="Held to">
      {held?.columns ? <li className="secondary">Only the columns {held.columns.join(", ")}</li> : null}
      {held?.row_filter ? <li className="secondary">Only rows where <code>{held.row_filter}</code></li> : null}
      {held?.treatments.filter((one) => one.shown !== "clear").map((one) => <li key={one.group} className="secondary">{one.group} ({one.columns.join(", ")}) {one.shown}: {one.why}</li>)}
      {without.map((one) => <li key={one.item} className="secondary">Without <code className="anywhere">{one.item}</code>: {[...one.rules.map((rule) => rule.title), ...one.breaches.map((breach) => breach.clause)].join(", ")}</li>)}
    </ul>
  );
}

/** The rules of a version, with their owners for whom it may be seen. */
function Written({ of, rulebook }: { of: Gate; rulebook: string }) {
  const found = useQuery({ ...rulebookQuery(rulebook), enabled: Boolean(of.rules?.length), retry: false, staleTime: 60_000 });
  return <Named of={of} owners={new Map(found.data?.rules.map((one) => [one.id, one.owner]))} to={() => ({ to: `/rules/${rulebook}` })} />;
}

/** The rules that nobody edits. */
function Always({ of }: { of: Gate }) {
  const found = useQuery({
    queryKey: ["policies", "owners"], enabled: Boolean(of.rules?.length), retry: false, staleTime: 60_000,
    queryFn: () => told(api.GET("/v1/policies", { params: { query: { limit: 200 } } })),
  });
  return <Named of={of} owners={new Map(found.data?.items.map((one) => [one.id, one.owner]))} to={(rule) => ({ to: "/rules", ...(rule ? { search: { open: rule } } : {}) })} />;
}
