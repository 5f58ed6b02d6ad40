import { describe, expect, it } from "vitest";
import { placesOf } from "./offsets";

describe("a place in bytes", () => {
  it("is the same place in plain text", () => {
    expect(placesOf("permit")(3)).toBe(3);
    expect(placesOf("permit")(99)).toBe(6);
  });
  it("is found behind letters of two, three and four bytes", () => {
    const text = "ä→𝄞 permit";
    const bytes = new TextEncoder().encode("ä→𝄞 ").length;
    expect(text.slice(placesOf(text)(bytes))).toBe("permit");
    expect(placesOf(text)(new TextEncoder().encode(text).length)).toBe(text.length);
  });
  it("inside a letter is where the letter begins", () => {
    expect(placesOf("a→b")(2)).toBe(1);
  });
});
