import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withCase } from "./question";

const ONE = { name: "A new one", expect: "deny" };

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
