import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type * as Cedar from "@cedar-policy/cedar-wasm/web";
import { describe, expect, it } from "vitest";
import { explained, wordsAt, type SchemaJson } from "./schemaWords";

const cedar = createRequire(import.meta.url)("@cedar-policy/cedar-wasm/nodejs") as typeof Cedar;
const text = readFileSync(new URL("../../../../../policy/schema/platform.cedarschema", import.meta.url), "utf8");
const read = cedar.schemaToJson(text);
const schema = (read.type === "success" ? read.json[""] : null) as unknown as SchemaJson;
const labels = (before: string) => wordsAt(schema, before, { Team: ["lending-science"] })?.words.map((one) => one.label) ?? [];
const READ = 'permit (principal, action == Action::"read", resource) when { ';

describe("what fits at a place", () => {
  it("is the schema's own: actions, members of an enumeration, ids that are known", () => {
    expect(labels('permit (principal, action == Action::"')).toContain("readClear");
    expect(labels(`${READ}context.tier == Tier::"`).sort()).toEqual(["operation", "research", "validation"]);
    expect(labels('permit (principal in Team::"')).toEqual(["lending-science"]);
  });
  it("is what a thing has, as far as the scope says which thing", () => {
    expect(labels(`${READ}resource.`)).toEqual(expect.arrayContaining(["sensitivity", "classes", "zone"]));
    expect(labels('permit (principal, action, resource is GlueTable) when { resource.')).not.toContain("zone");
    expect(labels(`${READ}context.activity.`)).toContain("purposes");
    expect(labels('permit (principal, action == Action::"operate", resource) when { context.').sort()).toEqual(["mfa", "now"]);
    expect(labels(`${READ}resource.classes.`)).toContain("containsAny()");
  });
  it("is nothing inside any other text", () => {
    expect(wordsAt(schema, `${READ}resource.zone == "la`, {})).toBeNull();
  });
});

it("says what a name is", () => {
  expect(explained(schema, "query")).toContain("GlueTable");
  expect(explained(schema, "sensitivity")).toContain("Long");
  expect(explained(schema, "nothing-known")).toBeNull();
});
