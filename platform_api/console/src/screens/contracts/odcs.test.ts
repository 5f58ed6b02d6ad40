import { describe, expect, it } from "vitest";
import { changed, example, nextVersion, read, termsPath, textOf, valueAt, written } from "./odcs";

const TEXT = example(new Date("2026-11-23T00:00:00Z"));

describe("a contract's source", () => {
  it("is changed at one place, and its comments stay", () => {
    const after = changed(TEXT, ["name"], "Loans");
    expect(after).toContain("# A contract to begin with");
    expect(after.split("\n").filter((line, at) => line !== TEXT.split("\n")[at])).toEqual(["name: Loans"]);
  });
  it("is laid out by the form as the example is", () => {
    const { document } = read(TEXT);
    expect(document && written(document)).toBe(TEXT);
  });
  it("holds its usage terms where its form finds them", () => {
    const { document } = read(TEXT);
    const path = document && termsPath(document);
    expect(path && document && valueAt(document, [...path, "purposes", "allow"])).toEqual(["lending/credit-risk-research"]);
  });
  it("that is no YAML names the line, and no form changes it", () => {
    const broken = "name: [a\nversion: 1";
    expect(read(broken).faults[0]?.line).toBeGreaterThan(0);
    expect(changed(broken, ["name"], "b")).toBe(broken);
  });
});

it("quotes what some readers take for a time or a truth", () => {
  expect(textOf({ from: "2026-11-23T00:00:00Z", share: "no", name: "Loans" })).toBe('from: "2026-11-23T00:00:00Z"\nshare: "no"\nname: Loans\n');
});

it("counts versions on", () => expect(nextVersion("1.4.2")).toBe("1.5.0"));
