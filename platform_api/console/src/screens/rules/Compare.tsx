// Two versions side by side, unchanged stretches folded.
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { styled } from "../../parts/CodeEditor";
import { cedar } from "./cedar";

const NAMES: [string, string] = ["Live rules", "This version"];

/** `onEnd` is called once the end of the difference has been on the screen. */
export default function Compare({ before, after, names = NAMES, onEnd }: { before: string; after: string; names?: [string, string]; onEnd?: (() => void) | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const told = useRef(onEnd);
  told.current = onEnd;
  useEffect(() => {
    if (before === after) told.current?.();
    if (!box.current) return undefined;
    const look = EditorView.theme({ "&": { fontSize: "13px" }, ".cm-scroller": { fontFamily: "var(--mono)" }, ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" }, ".cm-collapsedLines": { background: "var(--nav)", color: "var(--text-2)" } });
    const side = (doc: string, label: string) => ({ doc, extensions: [styled(), lineNumbers(), EditorState.readOnly.of(true), EditorView.lineWrapping, cedar, look, EditorView.contentAttributes.of({ "aria-label": label })] });
    const merge = new MergeView({ parent: box.current, a: side(before, names[0]), b: side(after, names[1]), collapseUnchanged: { margin: 2, minSize: 6 }, gutter: true });
    const seen = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) told.current?.(); }, { root: null });
    if (end.current) seen.observe(end.current);
    return () => { seen.disconnect(); merge.destroy(); };
  }, [before, after, names]);
  if (before === after) return <p className="secondary">The text is the same as the live one.</p>;
  return (
    <div className="card" role="region" aria-label="Difference" tabIndex={0} style={{ maxHeight: onEnd ? "45vh" : "70vh", overflow: "auto" }}>
      <div ref={box} />
      <div ref={end} style={{ height: 1 }} />
    </div>
  );
}
