import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Time, clock, duration, inWords, left, relative, timeFault } from "./time";

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

test("a time shows the person's zone and has the exact UTC value at hand", () => {
  const at = "2030-01-02T03:04:05.678901Z";
  const shown = renderToStaticMarkup(createElement(Time, { at }));
  expect(shown).toContain('title="2030-01-02 03:04:05 UTC"');
  expect(shown).toContain(`>${clock(at)}<`);
  expect(renderToStaticMarkup(createElement(Time, { at: null, none: "never" }))).toContain(">never<");
});

test.each([
  [2 * DAY + 23 * HOUR, 2, "day"],
  [DAY, 1, "day"],
  [DAY - SECOND, 23, "hour"],
  [HOUR, 1, "hour"],
  [MINUTE, 1, "minute"],
  [-MINUTE, -1, "minute"],
  [-59 * MINUTE, -59, "minute"],
  [-DAY, -1, "day"],
] as const)("%d ms off is %d %s", (off, n, unit) => {
  expect(relative(off)).toBe(new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(n, unit));
});

test("less than a minute off is not counted", () => {
  expect([relative(MINUTE - 1), relative(0), relative(-1)]).toEqual(["in less than a minute", "in less than a minute", "just now"]);
});

test.each([
  [8 * HOUR - 57 * SECOND, "7:59:03"],
  [HOUR, "1:00:00"],
  [HOUR - 1, "59:59"],
  [4 * MINUTE + 5 * SECOND, "4:05"],
  [SECOND, "0:01"],
  [SECOND - 1, "ended"],
  [0, "ended"],
  [-HOUR, "ended"],
])("%d ms are left as %s", (milliseconds, words) => {
  expect(left(milliseconds)).toBe(words);
});

test.each([
  ["PT8H", "8 hours"],
  ["P1DT2H3M4S", "1 day 2 hours 3 minutes 4 seconds"],
  ["PT90M", "90 minutes"],
  ["P30D", "30 days"],
  ["PT0S", "0 seconds"],
  ["eight hours", "eight hours"],
])("%s is %s", (iso, words) => {
  expect(duration(iso)).toBe(words);
});

test.each([
  ["reviewed every P180D", "reviewed every 180 days"],
  ["at most 1:00:00", "at most 1 hour"],
  ["PT1H30M; allowed is 30 days, 0:00:00.", "1 hour 30 minutes; allowed is 30 days."],
  ["from 2026-11-23T10:00:00Z until 2026-11-23T12:00:00+00:00", "from 2026-11-23T10:00:00Z until 2026-11-23T12:00:00+00:00"],
  ["s3://lake/P1/PAD", "s3://lake/P1/PAD"],
])("%s reads %s", (text, words) => {
  expect(inWords(text)).toBe(words);
});

test("what is no time with its zone is told what is expected", () => {
  expect(["", "2026-11-23T10:00Z", "2026-11-23T10:00:00.5+01:00"].map(timeFault)).toEqual([undefined, undefined, undefined]);
  for (const text of ["gestern", "2026-11-23", "2026-11-23T10:00", "2026-13-23T10:00Z"]) expect(timeFault(text)).toContain("such as 2026-11-23T10:00Z");
});
