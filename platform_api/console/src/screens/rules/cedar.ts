// Cedar for the eye: what is a keyword, a name, a text. The server decides what is right.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const WORDS = new Set(["permit", "forbid", "when", "unless", "in", "is", "has", "like", "if", "then", "else", "true", "false"]);
const ROOTS = new Set(["principal", "action", "resource", "context"]);

const language = StreamLanguage.define({
  name: "cedar",
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match("//")) { stream.skipToEnd(); return "comment"; }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (stream.match(/^@[a-z_]\w*/i)) return "meta";
    if (stream.match(/^\d+/)) return "number";
    const word = stream.match(/^[A-Za-z_]\w*/) as RegExpMatchArray | null;
    if (word) return WORDS.has(word[0]) ? "keyword" : ROOTS.has(word[0]) ? "variableName" : stream.peek() === ":" ? "typeName" : null;
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});

const look = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent-strong)", fontWeight: "600" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--warn)" },
  { tag: tags.typeName, color: "var(--text-2)", fontWeight: "500" },
  { tag: tags.variableName, color: "var(--chart-1)" },
  { tag: tags.number, color: "var(--warn)" },
]);

export const cedar = [language, syntaxHighlighting(look)];
