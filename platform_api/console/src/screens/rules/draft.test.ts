import { describe, expect, it } from "vitest";
import { begun, beside, isChanged, isOvertaken } from "./draft";

const first = { text: "a", cases: "", revision: 1 };
const theirs = { text: "a", cases: "theirs", revision: 2 };

describe("a draft beside what is saved", () => {
  it("that nobody has typed in is what is saved now", () => {
    const now = beside(begun(first), theirs);
    expect(now).toEqual(begun(theirs));
    expect(isChanged(now)).toBe(false);
  });
  it("keeps what was typed, and what it was made of", () => {
    const typed = { ...begun(first), text: "mine" };
    expect(beside(typed, theirs)).toBe(typed);
    expect(isOvertaken(typed, theirs)).toBe(true);
    expect(typed.base.revision).toBe(1);
  });
  it("never goes back to what was read before it was saved", () => {
    const now = begun(theirs);
    expect(beside(now, first)).toBe(now);
    expect(isOvertaken(now, first)).toBe(false);
  });
});
