import { describe, expect, it } from "vitest";
import { shows } from "./live";

const grant = { kind: "grant" as const, id: "gr_1" };

describe("which queries show what has changed", () => {
  it("asks again for the very thing, in all its parts", () => {
    expect(shows(["grant", "gr_1"], grant)).toBe(true);
    expect(shows(["grant", "gr_1", "steps"], grant)).toBe(true);
  });
  it("leaves another of the same kind alone", () => expect(shows(["grant", "gr_2"], grant)).toBe(false));
  it("asks again for lists that may hold it", () => {
    expect(shows(["grants", "active"], grant)).toBe(true);
    expect(shows(["contracts"], grant)).toBe(false);
  });
  it("asks again for the products and databases that a contract covers, and for the one that is open", () => {
    const contract = { kind: "contract" as const, id: "ct_1" };
    expect(shows(["containers", "products", {}], contract)).toBe(true);
    expect(shows(["container", "products", "product://loan-reports", "pages"], contract)).toBe(true);
  });
  it("takes the live rules for any version", () => expect(shows(["rulebook", "live"], { kind: "rulebook", id: "7" })).toBe(true));
});
