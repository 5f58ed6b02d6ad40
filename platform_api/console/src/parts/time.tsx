// Times in the person's zone, with the exact UTC value at hand; durations and countdowns in words.
import { useEffect, useState } from "react";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** A time in the person's zone, for where only text can stand. */
export function clock(at: string): string {
  return DAY.format(new Date(at));
}

export function Time({ at, none = "–" }: { at: string | null | undefined; none?: string }) {
  if (!at) return <span className="faint">{none}</span>;
  return <time dateTime={at} title={`${at.replace("T", " ").replace(/(\.\d+)?Z$/, "")} UTC`} className="number">{clock(at)}</time>;
}

/** "in 3 hours", "2 days ago"; renewed each half minute. */
export function Ago({ at }: { at: string | null | undefined }) {
  const now = useNow(30_000);
  if (!at) return <span className="faint">–</span>;
  return <time dateTime={at} title={`${clock(at)} · ${at} UTC`}>{relative(Date.parse(at) - now)}</time>;
}

/** How far off, in words; what is past is negative. */
export function relative(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return RELATIVE.format(Math.trunc(seconds / size), unit);
  return seconds < 0 ? "just now" : "in less than a minute";
}

/** Time left, for eyes only: a screen reader gets the end, not every tick. */
export function Countdown({ to }: { to: string }) {
  const now = useNow(1000);
  return (
    <span className="number" title={`until ${to} UTC`}>
      <span aria-hidden>{left(Date.parse(to) - now)}</span>
      <span className="hidden">until {clock(to)}</span>
    </span>
  );
}

/** What is left, as `7:59:03` or `4:05`; from the end on, that it has ended. */
export function left(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return seconds === 0 ? "ended" : `${h > 0 ? `${h}:${String(m).padStart(2, "0")}` : m}:${String(s).padStart(2, "0")}`;
}

const UNITS = ["day", "hour", "minute", "second"];

/** `PT8H` as "8 hours". */
export function duration(iso: string): string {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(iso);
  return match ? counted(match.slice(1)) : iso;
}

/** A text with every duration in it in words: `reviewed every P180D`, `at most 1:00:00`, `at most 30 days, 0:00:00`. */
export function inWords(text: string): string {
  return text
    .replace(/\bP(?:\d+D(?:T(?:\d+[HMS])+)?|T(?:\d+[HMS])+)\b/g, duration)
    .replace(/(?<![\w:-])(?:(\d+) days?, )?(\d{1,2}):(\d{2}):(\d{2})(?![\w:]|\.\d)/g, (_, ...found: string[]) => counted(found.slice(0, 4)));
}

/** Days, hours, minutes, seconds; what is nothing is left out. */
function counted(numbers: (string | undefined)[]): string {
  return numbers.map((n, place) => (Number(n ?? 0) ? `${Number(n)} ${UNITS[place]}${Number(n) === 1 ? "" : "s"}` : "")).filter(Boolean).join(" ") || "0 seconds";
}

/** What is expected where something was written that is no time with its zone; undefined where nothing or a time was. */
export function timeFault(text: string): string | undefined {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text));
  return text === "" || isTime ? undefined : "Give a time with its zone, such as 2026-11-23T10:00Z.";
}

function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), every);
    return () => window.clearInterval(timer);
  }, [every]);
  return now;
}
