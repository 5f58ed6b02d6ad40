// Said beside an edit that cannot be saved as it is, for the version has moved meanwhile: nothing is lost either way.
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useOnce } from "../../api/once";
import { Loading, Trouble } from "../../parts/states";
import { words } from "../../parts/status";
import type { Draft } from "./draft";
import { drafted } from "./newDraft";
import type { Whole } from "./Rulebook";

const Compare = lazy(() => import("./Compare"));
const NAMES: [string, string] = ["What is saved", "Yours"];

export function Overtaken({ book, draft, takeTheirs, keepMine }: { book: Whole; draft: Draft; takeTheirs: () => void; keepMine: () => void }) {
  const [isShown, show] = useState(false);
  return (
    <div className="notice warn" role="status">
      <strong>Changed elsewhere meanwhile</strong>
      <span>This version was saved in another window after you had opened it, so what you changed here cannot be saved as it is. Take what is saved, or keep yours: saving it then overwrites the other.</span>
      <span className="row">
        <button type="button" className="button" aria-expanded={isShown} onClick={() => show(!isShown)}>See the difference</button>
        <button type="button" className="button" onClick={() => { if (window.confirm("What you changed here is lost then. Take theirs?")) takeTheirs(); }}>Take theirs</button>
        <button type="button" className="button" onClick={keepMine}>Keep mine</button>
      </span>
      {isShown ? (
        <Suspense fallback={<Loading rows={3} />}>
          {book.text === draft.text ? null : <Compare before={book.text} after={draft.text} names={NAMES} />}
          {book.cases === draft.cases ? null : <Compare before={book.cases} after={draft.cases} names={NAMES} label="Difference of the test cases" />}
        </Suspense>
      ) : null}
    </div>
  );
}

/** It is no draft any more, so nothing can be saved in it: what was written goes on in a draft of its own. */
export function NoDraft({ book, draft }: { book: Whole; draft: Draft }) {
  const navigate = useNavigate();
  const once = useOnce();
  const keep = useMutation({
    mutationFn: () => drafted(once, { title: book.title, text: draft.text, cases: draft.cases }),
    onSuccess: (version) => { void navigate({ to: `/rules/${version}` as never, ignoreBlocker: true }); },
  });
  return (
    <div className="notice warn" role="status">
      <strong>No draft any more: {words(book.state)}</strong>
      <span>What you changed here is not saved, and cannot be saved in this version. It can be kept as a new draft.</span>
      {keep.isError ? <Trouble error={keep.error} /> : null}
      <span><button type="button" className="button" disabled={keep.isPending} onClick={() => keep.mutate()}>Keep it as a new draft</button></span>
    </div>
  );
}
