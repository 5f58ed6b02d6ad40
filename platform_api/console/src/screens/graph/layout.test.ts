import { describe, expect, it } from "vitest";
import { edgeKey, laidOut, through, type Path } from "./layout";

const path = (grant: string, person: string, uris: string[]): Path => ({
  grant, person, activity: "ac_1", activity_title: "One", environment: "en_1", tier: "research", purpose: "p", ends_at: "2026-11-23T12:00:00Z",
  data: uris.map((uri) => ({ uri, title: uri, classification: null })),
});

describe("the access graph", () => {
  const paths = [path("gr_1", "pe_a", ["s3://x/"]), path("gr_2", "pe_b", ["s3://x/", "s3://y/"])];
  const drawn = laidOut(paths, (id) => id, () => "");
  it("shows each thing once", () => {
    expect(drawn.nodes.map((node) => node.id).sort()).toEqual(["ac_1", "gr_1", "gr_2", "pe_a", "pe_b", "s3://x/", "s3://y/"]);
    expect(drawn.rows).toBe(2);
  });
  it("lets no two things of a column overlap", () => {
    for (const column of [0, 1, 2, 3]) {
      const rows = drawn.nodes.filter((node) => node.column === column).map((node) => node.row);
      expect(new Set(rows).size).toBe(rows.length);
    }
  });
  it("follows the paths of a thing, and no other's that share its activity or its data", () => {
    expect([...through("gr_1", paths).nodes].sort()).toEqual(["ac_1", "gr_1", "pe_a", "s3://x/"]);
    expect([...through("pe_b", paths).nodes].sort()).toEqual(["ac_1", "gr_2", "pe_b", "s3://x/", "s3://y/"]);
    expect([...through("pe_b", paths).edges].sort()).toEqual([["ac_1", "gr_2"], ["gr_2", "s3://x/"], ["gr_2", "s3://y/"], ["pe_b", "ac_1"]].map(([from, to]) => edgeKey(from ?? "", to ?? "")));
  });
  it("follows shared things to all that share them, and data to nothing beside it", () => {
    expect(through("ac_1", paths).nodes.size).toBe(7);
    expect([...through("s3://x/", paths).nodes].sort()).toEqual(["ac_1", "gr_1", "gr_2", "pe_a", "pe_b", "s3://x/"]);
  });
});
