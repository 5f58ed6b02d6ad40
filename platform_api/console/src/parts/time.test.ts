import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Time, clock, duration, left, relative } from "./time";

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
  ["PT8H", "8 h"],
  ["P1DT2H3M4S", "1 d 2 h 3 min 4 s"],
  ["PT90M", "90 min"],
  ["P30D", "30 d"],
  ["PT0S", "0 s"],
  ["eight hours", "eight hours"],
])("%s is %s", (iso, words) => {
  expect(duration(iso)).toBe(words);
});
