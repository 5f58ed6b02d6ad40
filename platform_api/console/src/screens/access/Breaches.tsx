// What was exceeded, clause by clause, each with its words as the contract's version has them.
import { inWords } from "../../parts/time";

export interface Breach { code: string; clause: string; given: string; allowed: string; next_step: string }

/** `says`: the words of each clause, by its name, where they are known. */
export function Breaches({ of, says }: { of: Breach[]; says?: Map<string, string> }) {
  if (of.length === 0) return null;
  return (
    <ul className="stack-s">{of.map((one) => {
      const words = says?.get(one.clause);
      return (
        <li key={one.code + one.clause} className="secondary">
          <strong>{one.clause}</strong>{words ? ` (${inWords(words)})` : ""}: {inWords(one.given)}; allowed is {inWords(one.allowed)}. {sentence(inWords(one.next_step))}
        </li>
      );
    })}</ul>
  );
}

function sentence(text: string): string {
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "";
}
