// A text with numbered lines, its history and its problems at their place. Tab leaves it.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useLayoutEffect, useRef } from "react";

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", maxHeight: "72vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", fontVariantLigatures: "none" },
  ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-content": { caretColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", maxWidth: "480px" },
});

/** Lets an editor add its styles under the page's policy. */
export function styled(): Extension {
  return EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "");
}

/** `extensions` (the language, further keys) and whether there is an `onChange` count when it is first drawn; `problems` gives those of the text as it is. */
export function CodeEditor({ text, onChange, label, extensions, problems }: {
  text: string; onChange?: ((text: string) => void) | undefined; label: string; extensions: Extension; problems: (state: EditorState) => Diagnostic[];
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef(onChange);
  told.current = onChange;
  useEffect(() => {
    if (!box.current) return undefined;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          styled(), lineNumbers(), history(), drawSelection(), highlightActiveLine(), lintGutter(), extensions, theme, EditorView.lineWrapping,
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
  // At once with the page: a key that is pressed before it would be overwritten.
  useLayoutEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== text) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, problems(editor.state)));
  }, [problems, text]);
  return <div ref={box} className="card" style={{ overflow: "hidden" }} />;
}
