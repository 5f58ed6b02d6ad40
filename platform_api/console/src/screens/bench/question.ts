// A question to the rules as somebody puts it together, and the test case that it is.
import { isMap, isSeq, parseDocument, stringify } from "yaml";
import type { Schemas } from "../../api/client";
import { TIERS } from "../../parts/scales";
import { isWithin } from "../../parts/purposes";
import { written } from "../contracts/odcs";
import { isOfData, kindOfData, type Condition, type RuleForm } from "../rules/form";

export interface Question { who: string; trainings: string; action: string; data: string; group: string; tier: string; purpose: string; activity: string; mfa: boolean; at: string }
export const EMPTY: Question = { who: "", trainings: "", action: "read", data: "", group: "", tier: "research", purpose: "", activity: "", mfa: true, at: "" };
export const OF_COLUMNS = ["read-clear", "read-masked", "read-hashed"];

type Item = Schemas["SourceItemShown"];
type Activity = Schemas["ActivityShown"];
type Subject = Schemas["SubjectShown"];

/** The Monday that a question is asked on where nothing says when. */
const USUAL_DAY = "2026-01-05";
const FIRST_ASKED: [string, string][] = [["read", "s3-prefix"], ["query", "glue-table"]];

/** What one would ask first to try a rule: somebody and something that it is about, as far as it says whom and what. */
export function questionOf(form: RuleForm, people: Subject[], items: Item[], purposes: string[]): Partial<Record<keyof Question, string>> {
  const about = items.filter((one) => isAbout(form, one));
  const usual = FIRST_ASKED.find(([action, kind]) => form.actions.includes(action) && about.some((one) => one.kind === kind));
  const item = about.find((one) => !usual || one.kind === usual[1]);
  const somebody = people.find((one) => isOf(form, one));
  const purpose = form.purposes?.[0] ?? purposes.find((one) => !form.except_purposes?.some((not) => isWithin(one, not)));
  const found = { who: somebody?.id, action: usual?.[0] ?? form.actions.find(isOfData), data: item?.uri, tier: form.tiers?.[0], purpose, at: within(form) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value));
}

function isAbout({ data, classes, without_classes }: RuleForm, item: Item): boolean {
  const isThere = data.is === "exactly" ? item.uri === data.id : data.is === "within" ? data.kind === "data-product" && data.ids.includes(item.product) : data.kind === undefined;
  const has = (name: string) => item.classes.includes(name);
  const isLabelled = !classes || (classes.match === "all" ? classes.names.every(has) : classes.names.some(has));
  return isThere && isLabelled && !without_classes?.some(has);
}

function isOf(form: RuleForm, { id, kind, teams }: Subject): boolean {
  const { who } = form;
  if (who.is === "named") return id === who.id;
  const isMeant = who.is === "everyone" || teams.some((team) => who.teams.includes(team));
  return isMeant && (who.kind === undefined || kind === who.kind) && fits(form, teams);
}

/** Whether somebody of these teams is in the teams that the rule asks for, and not in all those that it leaves out. */
function fits({ conditions = [], exceptions = [] }: RuleForm, teams: string[]): boolean {
  const isIn = (one: Condition) => one.is === "in-team" && teams.includes(one.value ?? "");
  return conditions.every((one) => one.is !== "in-team" || isIn(one)) && !(exceptions.length > 0 && exceptions.every(isIn));
}

/** A moment at which the rule holds, where it says when; else the usual one does. */
function within({ hours, first_day, last_day }: RuleForm): string | undefined {
  const day = first_day ?? last_day;
  return hours || day ? `${day ?? USUAL_DAY}T${hours?.start ?? "12:00"}` : undefined;
}

/** What is still to be chosen before the rules can be asked. */
export function gaps(question: Question): string[] {
  const ofColumns = OF_COLUMNS.includes(question.action);
  return [[!question.who, "who"], [!question.data, "which data"], [ofColumns && !question.group, "which columns"], [!question.purpose, "for which purpose"]].flatMap(([isOpen, what]) => (isOpen ? [String(what)] : []));
}

/** What a question of an old link names that is not there, and would be answered all the same or in words of the API. */
export function unknownIn(question: Question, purposes: string[], item: Item | undefined): string | null {
  if (!isOfData(question.action)) return "Nobody does that with data: choose what.";
  if (!TIERS.some((one) => one === question.tier)) return "There is no such tier: choose another.";
  if (!purposes.includes(question.purpose)) return "There is no such purpose: choose another.";
  if (question.at && Number.isNaN(Date.parse(`${question.at}:00Z`))) return "The time cannot be read: choose it anew.";
  if (item && OF_COLUMNS.includes(question.action) && !item.columns?.some((one) => one.group === question.group)) return "The data has no such columns: choose which.";
  return null;
}

/** The test case of a question, with the facts that the directory and the catalogue have today. */
export function caseOf(question: Question, subject: Subject, item: Item, activity: Activity | undefined, name: string, expect: string): Record<string, unknown> {
  const isPerson = subject.kind === "person";
  const trainings = question.trainings.split(",").map((one) => one.trim()).filter(Boolean);
  const product = [{ kind: "data-product", id: item.product }, { kind: "domain", id: item.domain }];
  const group = item.columns?.find((one) => one.group === question.group);
  const thing = { kind: kindOfData(item.kind), id: item.uri };
  const data = group && OF_COLUMNS.includes(question.action)
    ? { kind: "column-group", id: `${item.uri}#${group.group}`, sensitivity: group.classification, classes: group.classes, within: [thing, ...product] }
    : { ...thing, sensitivity: item.classification, classes: item.classes, ...(item.zone ? { zone: item.zone } : {}), within: product };
  return {
    name,
    who: { kind: isPerson ? "person" : "pipeline", id: subject.id, teams: subject.teams, ...(isPerson && trainings.length ? { trainings } : {}), ...(activity && !activity.members.includes(subject.id) ? { member_of: [] } : {}) },
    action: question.action, data, tier: question.tier, purpose: question.purpose,
    ...(activity ? { activity: { id: activity.id, owner: activity.owner, purposes: activity.purposes, state: activity.state, sensitivity: activity.data_classification } } : {}),
    ...(question.mfa ? { mfa: true } : {}), ...(question.at ? { at: `${question.at}:00Z` } : {}), expect,
  };
}

export function textOf(one: Record<string, unknown>): string {
  return stringify({ cases: [one] }, { lineWidth: 0 });
}

/** The cases of a version with one more at their end, unless it stands there; what does stays as it is written. */
export function withCase(cases: string, one: Record<string, unknown>): string {
  if (!cases.trim()) return textOf(one);
  const document = parseDocument(cases);
  const all: unknown = document.toJS();
  const kept = typeof all === "object" && all !== null && "cases" in all && Array.isArray(all.cases) ? all.cases : [];
  if (kept.some((other) => JSON.stringify(other) === JSON.stringify(one))) return cases;
  document.addIn(["cases"], document.createNode(one));
  return written(document);
}

/** The cases with the one of that name expecting `answer`, by whatever rule; the others stay as they are written. */
export function expecting(cases: string, name: string, answer: string): string {
  const document = parseDocument(cases);
  const all = document.get("cases");
  const one = isSeq(all) ? all.items.filter(isMap).find((item) => item.get("name") === name) : undefined;
  if (!one) return cases;
  one.set("expect", answer);
  one.delete("rule");
  return written(document);
}
