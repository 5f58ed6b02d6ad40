import { describe, expect, it } from "vitest";
import { advised, changesBetween, whoOf, type Written } from "./changes";

const rule = (id: string, text: string, form: Record<string, unknown> | null = null): Written => ({ id, title: id, owner: "o", effect: "forbid", advice: null, text, sentence: null, form, not_a_form: null });

describe("what differs between two versions", () => {
  it("is what was added, changed and removed, and nothing else", () => {
    const found = changesBetween([rule("same", "a"), rule("other", "b"), rule("gone", "c")], [rule("same", "a\n"), rule("other", "B"), rule("fresh", "d")]);
    expect(found.map((one) => [one.is, ("after" in one ? one.after : one.before).id])).toEqual([["changed", "other"], ["added", "fresh"], ["removed", "gone"]]);
  });
});

describe("whom a rule is about", () => {
  it("is said of a form alone", () => {
    expect(whoOf(rule("a", "", { who: { is: "everyone" } }))).toBe("everyone");
    expect(whoOf(rule("a", "", { who: { is: "of-teams", teams: ["x", "y"], kind: "person" } }))).toBe("every person of team x or y");
    expect(whoOf(rule("a", "", { who: { is: "named", kind: "person", id: "pe_1" } }))).toBe("person pe_1");
    expect(whoOf(rule("a", ""))).toBeNull();
  });
});

describe("a problem and its advice", () => {
  it("are kept apart, and end", () => {
    expect(advised({ message: "it is read for every request of its actions", fix: "name a principal" })).toBe("it is read for every request of its actions; name a principal.");
    expect(advised({ message: "Team::\"x\" does not exist now.", fix: "did you mean y?" })).toBe("Team::\"x\" does not exist now; did you mean y?");
  });
});
