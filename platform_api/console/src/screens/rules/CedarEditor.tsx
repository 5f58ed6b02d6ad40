// The text of the rules: completion from the schema, problems and hints at their place, formatting.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { bracketMatching } from "@codemirror/language";
import type { Diagnostic } from "@codemirror/lint";
import type { EditorState, Extension } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap } from "@codemirror/view";
import { useCallback, useRef, useState } from "react";
import { CodeEditor } from "../../parts/CodeEditor";
import { cedar } from "./cedar";
import type { Fault } from "./faults";
import { explained, wordsAt, type SchemaJson } from "./schemaWords";

const theme = EditorView.theme({
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal" },
  ".cm-hint": { padding: "6px 10px", fontFamily: "var(--sans)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)", padding: "2px 8px", borderRadius: "6px" },
});
interface Words { schema: SchemaJson | undefined; ids: Record<string, string[]> }

export default function CedarEditor({ text, onChange, faults, label, schema, ids = {} }: {
  text: string; onChange?: ((text: string) => void) | undefined; faults: Fault[]; label: string; schema?: SchemaJson | undefined; ids?: Record<string, string[]>;
}) {
  const now = useRef<Words>({ schema, ids });
  now.current = { schema, ids };
  const [extensions] = useState(() => speaking(() => now.current));
  const mends = onChange !== undefined;
  const problems = useCallback((state: EditorState) => {
    const end = state.doc.length;
    const shown = faults.map((fault): Diagnostic => {
      const to = Math.min(fault.to, end);
      const from = Math.min(fault.from, to);
      const mend = fault.instead && mends ? [{ name: `Use ${fault.instead}`, apply: (into: EditorView, start: number, stop: number) => into.dispatch({ changes: { from: start, to: stop, insert: replaced(into.state.sliceDoc(start, stop), fault.instead ?? "") } }) }] : [];
      return { from: from === to && from > 0 ? from - 1 : from, to, severity: fault.severity, message: fault.message, actions: mend };
    });
    return shown.sort((a, b) => a.from - b.from);
  }, [faults, mends]);
  return <CodeEditor text={text} onChange={onChange} label={label} extensions={extensions} problems={problems} />;
}

/** Cedar, and what is offered and told of its words; `words` gives those that are known by then. */
function speaking(words: () => Words): Extension {
  const complete = (context: CompletionContext): CompletionResult | null => {
    const { schema, ids } = words();
    const found = schema && wordsAt(schema, ruleBefore(context.state, context.pos), ids);
    if (!found || (found.words.length === 0)) return null;
    return { from: context.pos - found.replaces, options: found.words.map((word) => ({ label: word.label, detail: word.about, type: word.kind, apply: word.label.endsWith("()") ? word.label.slice(0, -1) : word.label })), validFor: /^\w*$/ };
  };
  const hint = hoverTooltip((editor, pos) => {
    const word = editor.state.wordAt(pos);
    const { schema } = words();
    const said = word && schema ? explained(schema, editor.state.sliceDoc(word.from, word.to)) : null;
    if (!word || !said) return null;
    return { pos: word.from, end: word.to, above: true, create: () => { const dom = document.createElement("div"); dom.className = "cm-hint"; dom.textContent = said; return { dom }; } };
  });
  return [
    bracketMatching(), closeBrackets(), hint, autocompletion({ override: [complete], aboveCursor: false, activateOnTyping: true }),
    keymap.of([...closeBracketsKeymap, ...completionKeymap]), cedar, theme,
  ];
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
