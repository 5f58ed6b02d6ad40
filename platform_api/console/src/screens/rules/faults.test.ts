import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type * as Cedar from "@cedar-policy/cedar-wasm/web";
import { describe, expect, it } from "vitest";
import { faultsIn, faultsOfParts } from "./faults";

const cedar = createRequire(import.meta.url)("@cedar-policy/cedar-wasm/nodejs") as typeof Cedar;
const schema = readFileSync(new URL("../../../../../policy/schema/platform.cedarschema", import.meta.url), "utf8");
const found = (text: string) => faultsIn(text, cedar.validate({ validationSettings: { mode: "strict" }, schema, policies: { staticPolicies: text } }));

describe("a problem of a text", () => {
  it("stands where it is, behind letters of several bytes, with what was meant", () => {
    const text = '@title("Größe → 𝄞")\npermit (principal, action == Action::"reed", resource);';
    const [first, ...others] = found(text);
    expect(others).toEqual([]);
    expect(text.slice(first?.from, first?.to)).toBe('Action::"reed"');
    expect(first?.instead).toBe('Action::"read"');
  });
  it("is told once, however many kinds of data lack the attribute", () => {
    const faults = found('permit (principal, action == Action::"read", resource) when { resource.sensitivty < 2 };');
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toContain("`S3Prefix`");
    expect(faults[0]?.message).toContain("`GlueTable`");
  });
  it("of a text that breaks off is at its end", () => {
    const text = "permit (principal";
    expect(found(text)).toMatchObject([{ from: text.length, to: text.length, severity: "error" }]);
  });
  it("is nothing where the text is right", () => {
    expect(found('permit (principal, action == Action::"read", resource) when { context.mfa };')).toEqual([]);
  });
});

describe("what every rule carries", () => {
  it("is an id of its own, a title and an owner", () => {
    const whole = { id: "a", title: "A", owner: "o" };
    const part = (annotations: Record<string, string>) => ({ from: 0, to: 1, annotations });
    expect(faultsOfParts([part(whole)])).toEqual([]);
    expect(faultsOfParts([part(whole), part(whole)])).toHaveLength(1);
    expect(faultsOfParts([part({ id: "inv-x", title: "A", owner: "o" })])).toHaveLength(1);
    expect(faultsOfParts([part({ id: "b" })])[0]?.message).toBe("The rule lacks @title, @owner.");
  });
});
