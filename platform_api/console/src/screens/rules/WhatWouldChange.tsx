// The whole of what a version, or the text as it stands, would change: asked for, with its progress, and given up at will.
import { useNavigate } from "@tanstack/react-router";
import { barred, useMay } from "../../api/may";
import { Deed } from "../../parts/deed";
import { Trouble } from "../../parts/states";
import { useCopy } from "../../parts/toast";
import { Time } from "../../parts/time";
import { Impact, type ImpactOf } from "./Impact";
import { RunProgress, useImpactRun } from "./impactRun";
import type { Whole } from "./Rulebook";

/** `text` is one that is not saved, null where the version's own is meant; `notYet` says why it cannot be found out so far. */
export function WhatWouldChange({ book, text = null, notYet, isPage = false }: { book: Whole; text?: string | null; notYet?: string | undefined; isPage?: boolean }) {
  const navigate = useNavigate();
  const copy = useCopy();
  const [may] = useMay([{ action: "proposePolicy", kind: "rulebook", id: book.version }]);
  const { found, progress, error, start, stop } = useImpactRun();
  const cannot = barred(may) ?? notYet;
  const now = text ?? book.text;
  const findOut = () => (text === null ? start(`/v1/rulebooks/${encodeURIComponent(book.version)}/impact`, now) : start("/v1/rulebooks/impact", now, { text, cases: "" }));
  const shown = found?.impact ?? (text === null ? (book.impact as ImpactOf | null) : null);
  const at = found?.at ?? book.proposed_at;
  const link = `/rules/${book.version}/impact`;
  const isOver = !["draft", "proposed", "approved"].includes(book.state);
  if (isOver && !shown) return <p className="secondary">It is over, or live: there is nothing that it would change.</p>;
  return (
    <div className="stack">
      <div className="row">
        {isOver ? null : <Deed why={cannot} isBusy={progress !== null} look="primary" onPress={findOut}>{shown ? "Find out again" : "Find out what would change"}</Deed>}
        {progress ? <button type="button" className="button" onClick={stop}>Stop</button> : null}
        {text !== null ? <span className="faint">Of the text as it stands, which is not saved yet.</span> : null}
        {isPage ? null : <button type="button" className="button quiet" onClick={() => void navigate({ to: link as never })}>Open as a page</button>}
        <button type="button" className="button quiet" onClick={() => copy(window.location.origin + link, "The link is copied.")}>Copy a link to it</button>
      </div>
      {progress ? <div role="status"><RunProgress of={progress} /></div> : null}
      {error ? <Trouble error={error} /> : null}
      {found && found.text !== now ? <p className="secondary">This is of the text before your last change.</p> : null}
      {shown ? <p className="secondary">Counted <Time at={at} />{found ? "" : ", when it was proposed"}. {isOver ? "" : "What was granted or asked since is not in it: find out again to count anew."}</p> : null}
      {shown ? <Impact of={shown} /> : null}
    </div>
  );
}
