// What differs between two versions of the rules, rule by rule, and whom a rule is about.
import type { Schemas } from "../../api/client";
import type { RuleForm } from "./form";

export type Written = Schemas["WrittenRuleShown"];
export type Change = { is: "added"; after: Written } | { is: "changed"; before: Written; after: Written } | { is: "removed"; before: Written };

/** In the order of the newer text, what was removed last. */
export function changesBetween(before: Written[], after: Written[]): Change[] {
  const old = new Map(before.map((rule) => [rule.id, rule]));
  const kept = new Set(after.map((rule) => rule.id));
  const found = after.flatMap((rule): Change[] => {
    const was = old.get(rule.id);
    if (!was) return [{ is: "added", after: rule }];
    return was.text.trim() === rule.text.trim() ? [] : [{ is: "changed", before: was, after: rule }];
  });
  return [...found, ...before.filter((rule) => !kept.has(rule.id)).map((rule): Change => ({ is: "removed", before: rule }))];
}

/** Whom a rule is about, by its form; null where it has none. */
export function whoOf(rule: Written): string | null {
  if (!rule.form) return null;
  const { who } = rule.form as unknown as RuleForm;
  switch (who.is) {
    case "everyone": return who.kind ? `every ${who.kind}` : "everyone";
    case "named": return `${who.kind} ${who.id}`;
    case "of-teams": return `${who.kind ? `every ${who.kind}` : "everyone"} of team ${who.teams.join(" or ")}`;
  }
}

/** A problem and what to do about it, as one sentence. */
export function advised({ message, fix }: { message: string; fix: string }): string {
  const said = `${message.replace(/[.;:]$/, "")}; ${fix}`;
  return /[.?!]$/.test(said) ? said : `${said}.`;
}
