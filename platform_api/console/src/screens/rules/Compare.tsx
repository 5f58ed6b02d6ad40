// Two versions side by side, or one below the other where there is no room; unchanged stretches folded.
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { styled } from "../../parts/CodeEditor";
import { cedar } from "./cedar";

const NAMES: [string, string] = ["Live rules", "This version"];
const NARROW = window.matchMedia("(max-width: 719px)");
const FOLDED = { margin: 2, minSize: 6 };
const WORDS = EditorState.phrases.of({ "$ unchanged lines": "Show $ unchanged lines" });
// The signs that the editor puts around folded lines are in few fonts.
const LOOK = EditorView.theme({
  "&": { fontSize: "13px" }, ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none" }, ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" },
  ".cm-collapsedLines": { background: "var(--nav)", color: "var(--text-2)", "&:before, &:after": { content: "none" } },
});

function useNarrow(): boolean {
  return useSyncExternalStore((heard) => { NARROW.addEventListener("change", heard); return () => NARROW.removeEventListener("change", heard); }, () => NARROW.matches);
}

/** `onEnd` is called once the end of the difference has been on the screen. */
export default function Compare({ before, after, names = NAMES, label = "Difference", onEnd }: { before: string; after: string; names?: [string, string]; label?: string; onEnd?: (() => void) | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const told = useRef(onEnd);
  told.current = onEnd;
  const isNarrow = useNarrow();
  useEffect(() => {
    if (before === after) told.current?.();
    if (!box.current) return undefined;
    const side = (doc: string, label: string) => ({ doc, extensions: [styled(), lineNumbers(), EditorState.readOnly.of(true), EditorView.lineWrapping, cedar, LOOK, WORDS, EditorView.contentAttributes.of({ "aria-label": label })] });
    const old = side(before, names[0]);
    const now = side(after, names[1]);
    const merge = isNarrow
      ? new EditorView({ parent: box.current, doc: after, extensions: [now.extensions, unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: FOLDED, gutter: true })] })
      : new MergeView({ parent: box.current, a: old, b: now, collapseUnchanged: FOLDED, gutter: true });
    const seen = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) told.current?.(); }, { root: null });
    if (end.current) seen.observe(end.current);
    return () => { seen.disconnect(); merge.destroy(); };
  }, [before, after, names, isNarrow]);
  if (before === after) return <p className="secondary">Nothing differs: it is the same, to the letter.</p>;
  return (
    <div className="card" role="region" aria-label={label} tabIndex={0} style={{ maxHeight: onEnd ? "45vh" : "70vh", overflow: "auto" }}>
      <div ref={box} />
      <div ref={end} style={{ height: 1 }} />
    </div>
  );
}
