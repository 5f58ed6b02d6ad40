// The whole of what a version, or the text as it stands, would change: asked for, with its progress, and given up at will.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { streamed, type Progress } from "../../api/stream";
import { Trouble } from "../../parts/states";
import { useToast } from "../../parts/toast";
import { Impact, type ImpactOf } from "./Impact";
import type { Whole } from "./Rulebook";

/** `text` is one that is not saved, null where the version's own is meant; `barred` says why it cannot be found out. */
export function WhatWouldChange({ book, text = null, barred, isPage = false }: { book: Whole; text?: string | null; barred?: string | undefined; isPage?: boolean }) {
  const navigate = useNavigate();
  const toast = useToast();
  const [progress, setProgress] = useState<Progress | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = useMutation({
    mutationFn: async () => {
      running.current?.abort();
      running.current = new AbortController();
      const body = text === null ? undefined : { text, cases: "" };
      const said = await streamed(body ? "/v1/rulebooks/impact" : `/v1/rulebooks/${encodeURIComponent(book.version)}/impact`, body, running.current.signal, setProgress);
      return { of: text, impact: (said.impact as { impact: ImpactOf }).impact };
    },
    onSettled: () => setProgress(null),
  });
  const shown = run.data?.impact ?? (text === null ? (book.impact as ImpactOf | null) : null);
  const link = `/rules/${book.version}/impact`;
  const copy = async () => { await navigator.clipboard.writeText(window.location.origin + link); toast("The link is copied."); };
  const isOver = !["draft", "proposed", "approved"].includes(book.state);
  if (isOver && !shown) return <p className="secondary">It is over, or live: there is nothing that it would change.</p>;
  return (
    <div className="stack">
      <div className="row">
        {isOver ? null : <span title={barred}><button type="button" className="button primary" disabled={run.isPending || Boolean(barred)} onClick={() => run.mutate()}>{shown ? "Find out again" : "Find out what would change"}</button></span>}
        {run.isPending ? <button type="button" className="button" onClick={() => running.current?.abort()}>Stop</button> : null}
        {text !== null ? <span className="faint">Of the text as it stands, which is not saved yet.</span> : null}
        {isPage ? null : <button type="button" className="button quiet" onClick={() => void navigate({ to: link as never })}>Open as a page</button>}
        <button type="button" className="button quiet" onClick={() => void copy()}>Copy a link to it</button>
      </div>
      {progress ? <div role="status" className="stack-s"><span className="secondary">{progress.part}: {progress.done.toLocaleString()}{progress.of === null ? "" : ` of ${progress.of.toLocaleString()}`}</span><progress max={progress.of ?? undefined} value={progress.of === null ? undefined : progress.done} aria-label={progress.part} style={{ width: "100%" }} /></div> : null}
      {run.isError && !(run.error instanceof DOMException) ? <Trouble error={run.error} /> : null}
      {run.data && run.data.of !== text ? <p className="secondary">This is of the text before your last change.</p> : null}
      {shown ? <Impact of={shown} /> : null}
    </div>
  );
}
