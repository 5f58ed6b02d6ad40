import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EMPTY, expecting, questionOf, unknownIn, withCase } from "./question";

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

describe("the question that a rule is tried with first", () => {
  const people = [{ id: "pe_1", kind: "person", teams: ["audit"] }, { id: "wl_1", kind: "pipeline", teams: ["science"] }, { id: "pe_2", kind: "person", teams: ["science"] }] as never;
  const items = [{ uri: "glue://t", kind: "glue-table", product: "loans", classes: [] }, { uri: "s3://p", kind: "s3-prefix", product: "loans", classes: ["personal"] }] as never;
  const form = { id: "a", title: "A", owner: "o", effect: "may not" as const, who: { is: "of-teams" as const, teams: ["science"], kind: "person" }, actions: ["read", "query"], data: { is: "within" as const, kind: "data-product", ids: ["loans"] } };
  it("is of somebody and something that it is about", () => {
    expect(questionOf({ ...form, tiers: ["validation"] }, people, items, ["lending"])).toEqual({ who: "pe_2", action: "read", data: "s3://p", tier: "validation", purpose: "lending" });
    expect(questionOf({ ...form, without_classes: ["personal"], except_purposes: ["ads"] }, people, items, ["ads", "ads/more", "lending"])).toMatchObject({ action: "query", data: "glue://t", purpose: "lending" });
  });
  it("is of nobody whom the rule leaves out, at a moment at which it holds", () => {
    const outside = { ...form, who: { is: "everyone" as const }, exceptions: [{ is: "in-team", value: "audit" }] };
    expect(questionOf({ ...outside, hours: { start: "18:00", end: "08:00" } }, people, items, [])).toMatchObject({ who: "wl_1", at: "2026-01-05T18:00" });
    expect(questionOf({ ...form, who: { is: "everyone" }, conditions: [{ is: "in-team", value: "science" }], last_day: "2026-03-31" }, people, items, [])).toMatchObject({ who: "wl_1", at: "2026-03-31T12:00" });
    expect(questionOf({ ...outside, exceptions: [...outside.exceptions, { is: "in-team", value: "science" }] }, people, items, []).who).toBe("pe_1");
  });
  it("leaves open what there is nobody or nothing for", () => {
    expect(questionOf({ ...form, who: { is: "of-teams", teams: ["nobody"] }, data: { is: "within", kind: "data-product", ids: ["gone"] } }, people, items, [])).toEqual({ action: "read" });
  });
});

describe("a case whose answer is meant to be another now", () => {
  const before = "# kept\ncases:\n  - name: First # why\n    who: {kind: person, id: a}\n    expect: allow\n    rule: a-rule\n  - name: Second\n    expect: allow\n";
  it("expects that answer by whatever rule, and nothing else changes", () => {
    expect(expecting(before, "First", "deny")).toBe(before.replace("expect: allow\n    rule: a-rule", "expect: deny"));
  });
  it("is left alone where there is none of that name", () => expect(expecting(before, "Third", "deny")).toBe(before));
});
