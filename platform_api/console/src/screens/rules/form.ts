// A rule as a form: what the API's rule forms say (`POST /v1/rulebooks/forms`).
import { LEVELS } from "../../parts/scales";

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
  ["read", "read files"], ["query", "query tables"], ["read-clear", "read in clear"], ["read-masked", "read masked"], ["read-hashed", "read hashed"],
  ["write", "write"], ["remove", "delete"], ["share", "share"], ["invoke", "use a model"], ["connect", "reach a public endpoint"],
];
export function isOfData(action: string): boolean {
  return DATA_ACTIONS.some(([id]) => id === action);
}

/** `takes` is what its value is, `asks` how one is asked for it; `ofData` says whether it fits the use of data. */
export const CONDITIONS: { is: string; name: string; takes?: "training" | "team" | "activity" | "zone"; asks?: string; ofData: boolean }[] = [
  { is: "mfa", name: "signed in with a second factor", ofData: true },
  { is: "training", name: "with a training", takes: "training", asks: "Training, such as privacy-2026", ofData: true },
  { is: "in-team", name: "in a team", takes: "team", asks: "Team", ofData: true },
  { is: "member-of", name: "member of an activity", takes: "activity", asks: "Member of which activity", ofData: true },
  { is: "for-activity", name: "working for an activity", takes: "activity", asks: "Working for which activity", ofData: true },
  { is: "zone", name: "at data in a zone", takes: "zone", asks: "Zone", ofData: false },
  { is: "member-of-its-activity", name: "member of its activity", ofData: false },
  { is: "owner-of-its-activity", name: "owner of its activity", ofData: false },
  { is: "holder-of-it", name: "its holder", ofData: false },
];

const KINDS: Record<string, string> = { "s3-prefix": "prefix", "glue-table": "table", "dynamodb-table": "dynamo-table", "bedrock-model": "model" };

/** A catalogued kind of source as a form calls it. */
export function kindOfData(kind: string | undefined): string {
  return KINDS[kind ?? ""] ?? kind ?? "prefix";
}

/** What is still to be said before there is a rule to write: nothing is asked of the server before this is empty. */
export function gaps(form: RuleForm): string[] {
  const { who, data, hours, first_day, last_day } = form;
  const all = [...(form.conditions ?? []), ...(form.exceptions ?? [])];
  return [
    [form.title.trim() === "" || form.id === "", "its name"],
    [form.owner.trim() === "", "its owner"],
    [who.is === "of-teams" && who.teams.length === 0, "which teams"],
    [who.is === "named" && who.id === "", "which person or pipeline"],
    [form.actions.length === 0, "what they do"],
    [data.is === "within" && data.ids.length === 0, "which data products"],
    [data.is === "exactly" && data.id === "", "which source"],
    [hours !== undefined && !(hours.start && hours.end), "both hours, or neither"],
    [hours !== undefined && hours.start !== "" && hours.start === hours.end, "hours that end at another time than they start"],
    [Boolean(first_day && last_day && last_day < first_day), "a last day that is not before the first"],
    [Boolean(form.sensitivity_at_least && form.sensitivity_at_most) && LEVELS.indexOf(form.sensitivity_at_most ?? "") < LEVELS.indexOf(form.sensitivity_at_least ?? ""), "a highest sensitivity that is not below the least"],
    ...CONDITIONS.map((known): [boolean, string] => [all.some((one) => one.is === known.is && known.takes !== undefined && !one.value?.trim()), `which ${known.takes}`]),
  ].flatMap(([isOpen, what]) => (isOpen ? [String(what)] : []));
}

/** What a rule begins with: what is commonly allowed, and to forbid, every way of reading. */
const COMMON: Record<RuleForm["effect"], string[]> = { may: ["read", "query", "read-clear"], "may not": ["read", "query", "read-clear", "read-masked", "read-hashed"] };

/** The form with the other effect; what nobody has chosen yet follows it. */
export function withEffect(form: RuleForm, effect: RuleForm["effect"], isNew: boolean): RuleForm {
  const isUntouched = form.actions.length === COMMON[form.effect].length && COMMON[form.effect].every((one) => form.actions.includes(one));
  return { ...form, effect, ...(isNew && isUntouched ? { actions: COMMON[effect] } : {}) };
}

export const EMPTY: RuleForm = { id: "", title: "", owner: "", effect: "may", who: { is: "everyone" }, actions: COMMON.may, data: { is: "anything" } };

/** An id of the title's words: `Interns read no reports` is `interns-read-no-reports`. */
export function idOf(title: string): string {
  return title.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80);
}

/** The form without what it leaves open, as the API wants it. */
export function tidy(form: RuleForm): Record<string, unknown> {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0)));
}
