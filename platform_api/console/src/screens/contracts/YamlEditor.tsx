// The source of a contract, with its problems at their lines.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { useCallback } from "react";
import { CodeEditor } from "../../parts/CodeEditor";

export interface Mark { line: number; message: string; severity: "error" | "warning" }

const language = StreamLanguage.define({
  name: "yaml",
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^(?:"(?:[^"\\]|\\.)*"|'[^']*')/)) return "string";
    if (stream.match(/^[\w.-]+(?=\s*:(?:\s|$))/)) return "typeName";
    if (stream.match(/^[^\s,{}[\]#"']+/)) return null;
    stream.next();
    return null;
  },
});
const look = HighlightStyle.define([{ tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" }, { tag: tags.string, color: "var(--ok)" }, { tag: tags.typeName, color: "var(--accent-strong)" }]);

export default function YamlEditor({ text, onChange, marks, label }: { text: string; onChange?: (text: string) => void; marks: Mark[]; label: string }) {
  const problems = useCallback((state: EditorState) => marks.map((one) => {
    const line = state.doc.line(Math.min(Math.max(one.line, 1), state.doc.lines));
    return { from: line.from, to: line.to, severity: one.severity, message: one.message };
  }), [marks]);
  return <CodeEditor text={text} onChange={onChange} label={label} extensions={[language, syntaxHighlighting(look)]} problems={problems} />;
}
