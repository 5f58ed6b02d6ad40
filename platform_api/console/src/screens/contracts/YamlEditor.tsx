// The source of a contract, with its problems at their lines. Tab leaves it.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

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
const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", maxHeight: "76vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", fontVariantLigatures: "none" },
  ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", maxWidth: "480px" },
});

export default function YamlEditor({ text, onChange, marks, label }: { text: string; onChange?: (text: string) => void; marks: Mark[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef(onChange);
  told.current = onChange;
  useEffect(() => {
    if (!box.current) return undefined;
    const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce), lineNumbers(), history(), drawSelection(), highlightActiveLine(), lintGutter(), language, syntaxHighlighting(look), theme, EditorView.lineWrapping,
          keymap.of([...lintKeymap, ...defaultKeymap, ...historyKeymap]), EditorView.contentAttributes.of({ "aria-label": label }), EditorState.readOnly.of(!told.current),
          EditorView.updateListener.of((update) => { if (update.docChanged) told.current?.(update.state.doc.toString()); }),
        ],
      }),
    });
    view.current = editor;
    editor.scrollDOM.tabIndex = 0; // what scrolls can be scrolled by keyboard
    return () => editor.destroy();
    // made once; later texts from outside come in below
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== text) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    editor.dispatch(setDiagnostics(editor.state, marks.map((one) => {
      const line = editor.state.doc.line(Math.min(Math.max(one.line, 1), editor.state.doc.lines));
      return { from: line.from, to: line.to, severity: one.severity, message: one.message };
    })));
  }, [marks, text]);
  return <div ref={box} className="card" style={{ overflow: "hidden" }} />;
}
