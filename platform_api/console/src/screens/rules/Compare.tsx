// Two versions side by side, unchanged stretches folded.
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { cedar } from "./cedar";

export default function Compare({ before, after }: { before: string; after: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return undefined;
    const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
    const look = EditorView.theme({ "&": { fontSize: "13px" }, ".cm-scroller": { fontFamily: "var(--mono)" }, ".cm-gutters": { backgroundColor: "var(--nav)", color: "var(--text-3)", border: "none" } });
    const side = (doc: string, label: string) => ({ doc, extensions: [EditorView.cspNonce.of(nonce), lineNumbers(), EditorState.readOnly.of(true), EditorView.lineWrapping, cedar, look, EditorView.contentAttributes.of({ "aria-label": label })] });
    const merge = new MergeView({ parent: box.current, a: side(before, "Live rules"), b: side(after, "This version"), collapseUnchanged: { margin: 2, minSize: 6 }, gutter: true });
    return () => merge.destroy();
  }, [before, after]);
  if (before === after) return <p className="secondary">The text is the same as the live one.</p>;
  return <div ref={box} className="card" style={{ maxHeight: "70vh", overflow: "auto" }} />;
}
