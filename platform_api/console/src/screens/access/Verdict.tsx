// What contract and rules say of one source: passed, or which gate refused it, why, and what to do.
import { Status } from "../../parts/status";

interface Rule { id: string; title: string; advice: string | null }
interface Breach { code: string; clause: string; given: string; allowed: string; next_step: string }
interface Gate { consulted: boolean; passes?: boolean; why?: string; rules?: Rule[]; breaches?: Breach[]; refused_item?: string | null }
export interface VerdictShown { source: string; passes: boolean; refused_by: string | null; operations: string[]; invariants: Gate; contract: Gate; rules: Gate }

const GATES: Record<string, string> = { invariants: "a rule that always holds", contract: "the contract", rules: "the rules" };

/** `decided`: it is on record, and not only what would be. */
export function Verdict({ of, decided = false }: { of: VerdictShown; decided?: boolean }) {
  if (of.passes) return <span><Status state="granted" label={decided ? "Granted" : "Would be granted"} /></span>;
  const gate = of.refused_by === "contract" ? of.contract : of.refused_by === "rules" ? of.rules : of.invariants;
  return (
    <div className="stack-s">
      <Status state="refused" label={`Refused by ${GATES[of.refused_by ?? ""] ?? of.refused_by ?? "the request"}`} />
      <ul className="stack-s">
        {(gate.breaches ?? []).map((breach) => (
          <li key={breach.code + breach.clause} className="secondary"><strong>{breach.clause}</strong>: {breach.given}; allowed is {breach.allowed}. {sentence(breach.next_step)}</li>
        ))}
        {(gate.rules ?? []).map((rule) => <li key={rule.id} className="secondary"><strong>{rule.title}</strong>. {rule.advice ?? ""}</li>)}
        {gate.why === "not-permitted" && !(gate.rules ?? []).length ? <li className="secondary">No rule permits it. Governance can write one.</li> : null}
        {gate.refused_item ? <li className="secondary">Because of <code>{gate.refused_item}</code> inside it.</li> : null}
      </ul>
    </div>
  );
}

function sentence(text: string): string {
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "";
}
