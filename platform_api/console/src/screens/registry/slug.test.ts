import { expect, test } from "vitest";
import { slug, slugFault } from "./slug";

test.each([
  ["Which loans are paid back?", "which-loans-are-paid-back"],
  ["Wer zahlt früh zurück", "wer-zahlt-frueh-zurueck"],
  ["Wer zahlt zuru\u0308ck", "wer-zahlt-zurueck"],
  ["ÄRGER über Größe", "aerger-ueber-groesse"],
  ["Crédit à l'étranger", "credit-a-l-etranger"],
  ["  --  ", ""],
  ["x".repeat(62) + " y", "x".repeat(62)],
])("%s is named %s", (title, name) => {
  expect(slug(title)).toBe(name);
  expect(name === "" || slugFault(name) === undefined).toBe(true);
});

test.each([
  ["", "Give it a short name"],
  ["Loan name", "not L, a space"],
  ["-loans", "begin with a letter"],
  ["loans-", "end with a letter"],
  ["x".repeat(64), "64 signs"],
])("%s is no short name, and why is said", (name, why) => {
  expect(slugFault(name)).toContain(why);
});
