// The text of the rules: completion from the schema, problems and hints at their place, formatting. Tab leaves it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { cedar } from "./cedar";
import type { Fault } from "./faults";
import { explained, wordsAt, type SchemaJson } from "./schemaWords";

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", maxHeight: "70vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", fontVariantLigatures: "none" },
  ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-content": { caretColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", maxWidth: "480px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal" },
  ".cm-hint": { padding: "6px 10px", fontFamily: "var(--sans)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)", padding: "2px 8px", borderRadius: "6px" },
});

export default function CedarEditor({ text, onChange, faults, label, schema, ids = {} }: {
  text: string; onChange?: ((text: string) => void) | undefined; faults: Fault[]; label: string; schema?: SchemaJson | undefined; ids?: Record<string, string[]>;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const now = useRef({ onChange, schema, ids });
  now.current = { onChange, schema, ids };
  useEffect(() => {
    if (!box.current) return undefined;
    const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
    const complete = (context: CompletionContext): CompletionResult | null => {
      const found = now.current.schema && wordsAt(now.current.schema, ruleBefore(context.state, context.pos), now.current.ids);
      if (!found || (found.words.length === 0)) return null;
      return { from: context.pos - found.replaces, options: found.words.map((word) => ({ label: word.label, detail: word.about, type: word.kind, apply: word.label.endsWith("()") ? word.label.slice(0, -1) : word.label })), validFor: /^\w*$/ };
    };
    const hint = hoverTooltip((editor, pos) => {
      const word = editor.state.wordAt(pos);
      const said = word && now.current.schema ? explained(now.current.schema, editor.state.sliceDoc(word.from, word.to)) : null;
      if (!word || !said) return null;
      return { pos: word.from, end: word.to, above: true, create: () => { const dom = document.createElement("div"); dom.className = "cm-hint"; dom.textContent = said; return { dom }; } };
    });
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce), lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), lintGutter(), hint,
          autocompletion({ override: [complete], aboveCursor: false, activateOnTyping: true }),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap]), EditorView.lineWrapping, cedar, theme,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorState.readOnly.of(!now.current.onChange), EditorView.editable.of(true),
          EditorView.updateListener.of((update) => { if (update.docChanged) now.current.onChange?.(update.state.doc.toString()); }),
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
    const end = editor.state.doc.length;
    const shown = faults.map((fault): Diagnostic => {
      const to = Math.min(fault.to, end);
      const from = Math.min(fault.from, to);
      const mend = fault.instead && now.current.onChange ? [{ name: `Use ${fault.instead}`, apply: (into: EditorView, start: number, stop: number) => into.dispatch({ changes: { from: start, to: stop, insert: replaced(into.state.sliceDoc(start, stop), fault.instead ?? "") } }) }] : [];
      return { from: from === to && from > 0 ? from - 1 : from, to, severity: fault.severity, message: fault.message, actions: mend };
    });
    editor.dispatch(setDiagnostics(editor.state, shown.sort((a, b) => a.from - b.from)));
  }, [faults, text]);
  return <div ref={box} className="card" style={{ overflow: "hidden" }} />;
}

/** From the end of the rule before to the cursor: what the words at the cursor depend on. */
function ruleBefore(state: EditorState, pos: number): string {
  const text = state.sliceDoc(Math.max(0, pos - 4_000), pos);
  const ended = text.lastIndexOf(";\n");
  return ended < 0 ? text : text.slice(ended + 2);
}

/** The place of a missing attribute is the whole expression: only its last name is another. */
function replaced(wrong: string, instead: string): string {
  return wrong.includes("::") || !wrong.includes(".") ? instead : `${wrong.slice(0, wrong.lastIndexOf(".") + 1)}${instead}`;
}
