import { describe, expect, it } from "vitest";
import { choiceOf } from "./asked";
import { narrowed } from "./wish";

const TABLE = {
  uri: "glue://000000000000/us-east-1/loans/applications", kind: "glue-table", title: "Applications", classification: "confidential", operations: ["describe", "select"],
  account: "000000000000", region: "us-east-1", database: "loans", table: "applications",
} as unknown as Parameters<typeof choiceOf>[0];

describe("an offer that is taken", () => {
  const first = choiceOf(TABLE);
  if (first === null) throw new Error("a table can be chosen");
  const asked = (columns?: string[]) => ({ source: first.uri, operations: first.operations, ...(columns ? { columns } : {}) });
  it("asks for its columns alone", () => {
    const taken = narrowed(first, asked(["a"]));
    expect(taken.asked(taken)).toMatchObject({ columns: ["a"] });
  });
  it("asks for the columns of the second offer, when a second one is taken", () => {
    const taken = narrowed(narrowed(first, asked(["a"])), asked(["b", "c"]));
    expect(taken.asked(taken)).toMatchObject({ columns: ["b", "c"] });
  });
  it("asks for no column by name, when the second one names none", () => {
    const taken = narrowed(narrowed(first, asked(["a"])), asked());
    expect(taken.asked(taken)).not.toHaveProperty("columns");
  });
});
