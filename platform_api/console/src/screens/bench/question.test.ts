import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EMPTY, unknownIn, withCase } from "./question";

const ONE = { name: "A new one", expect: "deny" };

describe("a question of an old link", () => {
  const question = { ...EMPTY, purpose: "lending" };
  it("names what there is", () => expect(unknownIn(question, ["lending"], undefined)).toBeNull());
  it.each([{ action: "nonsense" }, { tier: "moon" }, { purpose: "lending/nothing" }, { at: "2026-99-99" }, { action: "read-clear", group: "gone" }])("says that %o is not there", (part) => {
    expect(unknownIn({ ...question, ...part }, ["lending"], { columns: [] } as never)).not.toBeNull();
  });
});

describe("a case that is saved", () => {
  it("stands behind those that are there, which stay as they are", () => {
    const before = "# kept\ncases:\n  - name: First # why\n    who: {kind: person, id: a, teams: [b]}\n";
    const after = withCase(before, ONE);
    expect(after.startsWith(before)).toBe(true);
    expect((parse(after) as { cases: unknown[] }).cases).toHaveLength(2);
  });
  it("stands there once, however often it is saved", () => {
    const after = withCase("cases: []\n", ONE);
    expect(withCase(after, ONE)).toBe(after);
  });
  it("is the first where there was none", () => {
    expect(parse(withCase("", ONE))).toEqual({ cases: [ONE] });
    expect(parse(withCase("cases: []\n", ONE))).toEqual({ cases: [ONE] });
  });
});
