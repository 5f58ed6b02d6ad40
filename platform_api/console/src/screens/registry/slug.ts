// Short names: the one that a title suggests, and what is wrong with one that somebody wrote.

const MOST = 63;
const SPELT: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", þ: "th" };

/** A title as a short name: umlauts spelt out, accents left off, everything else between words a hyphen. */
export function slug(title: string): string {
  const spelt = title.normalize("NFC").toLowerCase().replace(/[äöüßæœøłđþ]/g, (letter) => SPELT[letter] ?? "");
  return spelt.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, MOST).replace(/-+$/, "");
}

/** Why it is no short name, in a sentence; undefined when it is one. */
export function slugFault(name: string): string | undefined {
  if (name === "") return "Give it a short name, such as loan-defaults.";
  if (name.length > MOST) return `It has ${name.length} signs; ${MOST} at most fit into its tags.`;
  const odd = [...new Set([...name].filter((sign) => !/[a-z0-9-]/.test(sign)))].map((sign) => (sign === " " ? "a space" : sign));
  if (odd.length) return `Only small letters a to z, digits and hyphens can stand in it, not ${odd.join(", ")}.`;
  if (name.startsWith("-")) return "It has to begin with a letter or a digit, not with a hyphen.";
  if (name.endsWith("-")) return "It has to end with a letter or a digit, not with a hyphen.";
  return undefined;
}
