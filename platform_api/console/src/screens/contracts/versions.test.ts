import { describe, expect, it } from "vitest";
import { foremost } from "./versions";

const version = (version: string, state: string, day: number) => ({ version, state, created_at: `2026-11-0${day}T10:00:00Z` });

describe("a contract of which no version is named", () => {
  it("shows the one in force, wherever it stands", () => {
    expect(foremost([version("1.0.0", "superseded", 1), version("1.1.0", "in-force", 2), version("1.2.0", "proposed", 3)])?.version).toBe("1.1.0");
  });
  it("shows the newest where none is in force", () => {
    expect(foremost([version("1.0.0", "ended", 1), version("1.10.0", "proposed", 3), version("1.9.0", "ended", 2)])?.version).toBe("1.10.0");
  });
  it("shows none where there is none", () => {
    expect(foremost([])).toBeUndefined();
  });
});
