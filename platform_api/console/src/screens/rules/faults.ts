// Problems of a text of rules at their places: what Cedar says in the browser, what our own form of rules asks besides.
import type { DetailedError, ValidationAnswer } from "@cedar-policy/cedar-wasm/web";
import { placesOf } from "./offsets";

export interface Fault { from: number; to: number; message: string; severity: "error" | "warning"; instead?: string }
/** A rule as it stands in the text: where, and its annotations. */
export interface Part { from: number; to: number; annotations: Record<string, string> }

const FOR = /^for policy `[^`]*`[,:] /;
const MEANT = /^did you mean `([^`]+)`\?$/;

export function faultsIn(text: string, answer: ValidationAnswer): Fault[] {
  const at = placesOf(text);
  if (answer.type === "failure") return answer.errors.flatMap((one) => placed(one, at, "error", text.length));
  const { validationErrors: errors, validationWarnings: warnings } = answer;
  const wrong = new Set(errors.map((one) => one.policyId));
  // What only follows from another error of the same rule is not said beside it.
  const own = errors.filter((one) => !one.error.message.includes("unable to find an applicable action") || !errors.some((other) => other !== one && other.policyId === one.policyId));
  return merged([
    ...own.flatMap(({ error }) => placed(error, at, "error", text.length)),
    ...warnings.filter((one) => !wrong.has(one.policyId)).flatMap(({ error }) => placed(error, at, "warning", text.length)),
  ]);
}

/** What every rule here carries besides Cedar's own grammar; the server asks the same. */
export function faultsOfParts(parts: Part[]): Fault[] {
  const seen = new Set<string>();
  return parts.flatMap(({ from, to, annotations }) => {
    const note = (message: string): Fault => ({ from, to, message, severity: "error" });
    const lacking = ["id", "title", "owner"].filter((name) => !annotations[name]?.trim());
    const id = annotations.id ?? "";
    const found = lacking.length ? [note(`The rule lacks ${lacking.map((name) => `@${name}`).join(", ")}.`)] : [];
    if (id.startsWith("inv-")) found.push(note("An @id that starts with inv- is the platform's own: choose another."));
    else if (id && seen.has(id)) found.push(note(`Another rule has the @id ${id}: choose another.`));
    seen.add(id);
    return found;
  });
}

function placed(error: DetailedError, at: (bytes: number) => number, severity: Fault["severity"], end: number): Fault[] {
  const instead = MEANT.exec(error.help ?? "")?.[1];
  const spot = error.sourceLocations?.[0];
  const label = spot?.label ? ` (${spot.label})` : "";
  const message = `${error.message.replace(FOR, "").replace("failed to parse policies from string: ", "")}${label}${error.help ? `; ${error.help}` : ""}`;
  const from = spot ? at(spot.start) : 0;
  return [{ from, to: Math.min(Math.max(spot ? at(spot.end) : end, from), end), message, severity, ...(instead ? { instead } : {}) }];
}

/** One problem a place: Cedar says a missing attribute once for every kind of thing that lacks it. */
function merged(faults: Fault[]): Fault[] {
  const kept = new Map<string, Fault>();
  for (const fault of faults) {
    const key = `${fault.from}-${fault.to}-${fault.severity}-${fault.message.replace(/on entity type `[^`]*`/, "")}`;
    const before = kept.get(key);
    if (!before) kept.set(key, fault);
    else {
      const kinds = [...`${before.message} ${fault.message}`.matchAll(/on entity type ((?:`[^`]*`(?:, )?)+)/g)].flatMap((one) => one[1]?.split(", ") ?? []);
      kept.set(key, { ...before, message: before.message.replace(/on entity type (?:`[^`]*`(?:, )?)+/, `on entity type ${[...new Set(kinds)].join(", ")}`) });
    }
  }
  return [...kept.values()];
}
