// What somebody is putting together: one request, as the form has it and as the API wants it.
import type { Schemas } from "../../api/client";
import type { Choice, Operation } from "./asked";

type Asked = Schemas["AccessAsked"];
export type When = "now" | "later" | "emergency";
export interface Wish {
  sources: Choice[]; purpose: string; duration: string; mode: "all" | "partial";
  when: When; startsAt: string; why: string; ticket: string; anew: boolean;
}
export const NOTHING: Wish = { sources: [], purpose: "", duration: "", mode: "all", when: "now", startsAt: "", why: "", ticket: "", anew: false };
export const DURATIONS: [string, string][] = [["", "as the contract says"], ["PT30M", "30 minutes"], ["PT1H", "1 hour"], ["PT2H", "2 hours"], ["PT4H", "4 hours"], ["PT8H", "8 hours"], ["PT12H", "12 hours"]];

/** What is missing before anything can be asked; undefined when nothing is. */
export function missing(wish: Wish): string | undefined {
  if (wish.sources.length === 0) return "Choose data, and the answer appears here before you ask.";
  if (wish.sources.some((one) => one.operations.length === 0)) return "Say of each source what you want to do with it.";
  if (wish.when === "later" && !(Date.parse(wish.startsAt) > Date.now())) return "Choose a start that lies ahead.";
  if (wish.when === "emergency" && (!wish.ticket.trim() || !wish.why.trim() || !wish.duration)) return "An emergency needs its ticket, the reason and for how long.";
  return undefined;
}

/** The request's body; null while something is missing. */
export function bodyOf(wish: Wish, place: { activity: string; environment: string; purpose: string } | null): Asked | null {
  if (place === null || missing(wish)) return null;
  return {
    ...place, mode: wish.mode, justification: wish.why.trim(), ticket: wish.ticket.trim(), dry_run: false, anew: wish.anew,
    duration: wish.duration || null, starts_at: wish.when === "later" ? new Date(wish.startsAt).toISOString() : null,
    break_glass: wish.when === "emergency", sources: wish.sources.map((one) => one.asked(one)),
  } as Asked;
}

/** The body to try: what is written in the reason does not change the verdict, so it is not asked at every key. */
export function trial(body: Asked | null): Asked | null {
  return body && { ...body, dry_run: true, justification: body.justification ? "given" : "" };
}

export interface Offer { changes: string[]; request: { purpose: string; duration_seconds: number | null; mode: "all" | "partial"; sources: { source: string; operations: Operation[]; columns?: string[] | null }[] } }

/** A choice narrowed to what an offer has of it: what an earlier offer said of it is forgotten. */
export function narrowed(known: Choice, offered: Offer["request"]["sources"][number]): Choice {
  return { ...known, operations: offered.operations, columns: offered.columns ?? null };
}

/** `5400` as `PT1H30M`, as the API reads it. */
export function isoOf(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `PT${h ? `${h}H` : ""}${m ? `${m}M` : ""}${s ? `${s}S` : ""}`;
}
