// A rule as a form: what the API's rule forms say (`POST /v1/rulebooks/forms`).
export type Who = { is: "everyone"; kind?: string } | { is: "named"; kind: string; id: string } | { is: "of-teams"; teams: string[]; kind?: string };
export type Data = { is: "anything"; kind?: string } | { is: "exactly"; kind: string; id: string } | { is: "within"; kind: string; ids: string[]; only?: string };
export interface Condition { is: string; value?: string }
export interface RuleForm {
  id: string; title: string; owner: string; effect: "may" | "may not"; who: Who; actions: string[]; data: Data; advice?: string;
  classes?: { match: "any" | "all"; names: string[] }; without_classes?: string[]; sensitivity_at_least?: string; sensitivity_at_most?: string;
  tiers?: string[]; purposes?: string[]; except_purposes?: string[]; hours?: { start: string; end: string }; first_day?: string; last_day?: string;
  conditions?: Condition[]; exceptions?: Condition[];
}

export const DATA_ACTIONS: [string, string][] = [
  ["read", "read files"], ["query", "query tables"], ["read-clear", "see columns in clear"], ["read-masked", "see columns masked"], ["read-hashed", "see columns hashed"],
  ["write", "write"], ["remove", "delete"], ["share", "share"], ["invoke", "use a model"], ["connect", "reach a public endpoint"],
];
export const TIERS = ["research", "validation", "operation"];
export const LEVELS = ["public", "internal", "confidential", "restricted"];
export const CONDITIONS: [string, string, string | null][] = [
  ["mfa", "signed in with a second factor", null], ["training", "with the training", "Training, such as privacy-2026"], ["in-team", "in the team", "Team"],
  ["member-of-its-activity", "member of its activity", null], ["owner-of-its-activity", "owner of its activity", null], ["holder-of-it", "its holder", null], ["zone", "in the zone", "lake, report or workspace"],
];

export const EMPTY: RuleForm = { id: "", title: "", owner: "", effect: "may", who: { is: "everyone" }, actions: ["read", "query", "read-clear"], data: { is: "anything" } };

/** An id of the title's words: `Interns read no reports` is `interns-read-no-reports`. */
export function idOf(title: string): string {
  return title.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80);
}

/** The form without what it leaves open, as the API wants it. */
export function tidy(form: RuleForm): Record<string, unknown> {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0)));
}
