// Cedar itself, beside the page: checks and formats a text of rules. What it says is advice; the server decides.
import init, { formatPolicies, policySetTextToParts, policyToJson, schemaToJson, validate } from "@cedar-policy/cedar-wasm/web";
import { faultsIn, faultsOfParts, type Fault, type Part } from "./faults";

export type Asked = { id: number; schema: string } & ({ kind: "check" | "format"; text: string } | { kind: "schema" });
/** `refused`: the text or the schema is not right; `failed`: Cedar itself does not run. */
export type Told = { id: number } & ({ faults: Fault[] } | { formatted: string } | { schema: unknown } | { refused: string } | { failed: string });

const ready = init();
ready.catch(() => undefined); // told to who asks

self.onmessage = async ({ data }: MessageEvent<Asked>) => {
  const tell = (told: Told) => self.postMessage(told);
  try {
    await ready;
    tell(answer(data));
  } catch (error) {
    tell({ id: data.id, failed: String(error) });
  }
};

function answer(asked: Asked): Told {
  const { id } = asked;
  if (asked.kind === "schema") {
    const read = schemaToJson(asked.schema);
    return read.type === "success" ? { id, schema: read.json[""] } : { id, refused: "the schema cannot be read" };
  }
  if (asked.kind === "format") {
    const done = formatPolicies({ policyText: asked.text, lineWidth: 100, indentWidth: 2 });
    return done.type === "success" ? { id, formatted: done.formatted_policy } : { id, refused: "it is no Cedar yet" };
  }
  const checked = validate({ validationSettings: { mode: "strict" }, schema: asked.schema, policies: { staticPolicies: asked.text } });
  const own = checked.type === "success" ? faultsOfParts(partsOf(asked.text)) : [];
  return { id, faults: [...faultsIn(asked.text, checked), ...own] };
}

function partsOf(text: string): Part[] {
  const split = policySetTextToParts(text);
  if (split.type === "failure") return [];
  let behind = 0;
  return split.policies.map((policy) => {
    const from = Math.max(text.indexOf(policy, behind), 0);
    behind = from + policy.length;
    const read = policyToJson(policy);
    const annotations = read.type === "success" ? (read.json.annotations ?? {}) as Record<string, string> : {};
    return { from, to: behind, annotations };
  });
}
