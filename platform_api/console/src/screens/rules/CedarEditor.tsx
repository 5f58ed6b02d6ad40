// The text of the rules, with the server's problems at their lines. Tab leaves it: nobody is trapped.
import { autocompletion, closeBrackets, completeFromList } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { cedar } from "./cedar";

export interface Fault { line: number; message: string; severity: "error" | "warning" }

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", maxHeight: "70vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", fontVariantLigatures: "none" },
  ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-content": { caretColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "6px" },
});
const WORDS = ["permit", "forbid", "principal", "action", "resource", "context", "when", "unless", "in", "is", "has", "like",
  ...["read", "query", "readClear", "readHashed", "readMasked", "write", "remove", "share", "invoke", "connect", "use", "readLike", "writeLike", "columnRead"].map((one) => `Action::"${one}"`),
  ...["research", "validation", "operation"].map((one) => `Tier::"${one}"`),
  ...["sensitivity", "classes", "zone"].map((one) => `resource.${one}`), ...["tier", "purpose", "activity", "environment", "now", "mfa"].map((one) => `context.${one}`)];

export default function CedarEditor({ text, onChange, faults, label }: { text: string; onChange?: (text: string) => void; faults: Fault[]; label: string }) {
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
          EditorView.cspNonce.of(nonce), lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), lintGutter(),
          autocompletion({ override: [completeFromList(WORDS.map((word) => ({ label: word })))], aboveCursor: false }),
          keymap.of([...defaultKeymap, ...historyKeymap]), EditorView.lineWrapping, cedar, theme,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorState.readOnly.of(!told.current), EditorView.editable.of(true),
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
    const shown: Diagnostic[] = faults.map((fault) => {
      const line = editor.state.doc.line(Math.min(Math.max(fault.line, 1), editor.state.doc.lines));
      return { from: line.from, to: line.to, severity: fault.severity, message: fault.message };
    });
    editor.dispatch(setDiagnostics(editor.state, shown));
  }, [faults, text]);
  return <div ref={box} className="card" style={{ overflow: "hidden" }} />;
}
