// What making a version live would do this moment: in place of what, whether it widens, who gains and loses, which live grants end.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { liveRulesQuery } from "../../api/choices";
import { useName } from "../../api/people";
import { Trouble } from "../../parts/states";
import { Time } from "../../parts/time";
import { named, Proved, wouldEnd, type ImpactOf } from "./Impact";
import { RunProgress, useImpactRun } from "./impactRun";
import type { Whole } from "./Rulebook";

const NAMED = 10;

/** Which version goes when another is made live. */
export function Replaced() {
  const live = useQuery(liveRulesQuery).data;
  return <p>It takes the place of {live ? <strong>version {live.number} “{live.title}”</strong> : "the version that is live now"}, from this moment on, for everybody.</p>;
}

/** Found out when the dialog opens, and again at will. `onOver` is called once it is, or cannot be; `cannot` says why somebody may not have it found out. */
export function ChangesNow({ book, cannot, onOver }: { book: Whole; cannot: string | undefined; onOver: () => void }) {
  const { found, progress, error, start } = useImpactRun();
  // The grants are all counted; of the recorded questions one is enough here.
  const count = () => start(`/v1/rulebooks/${encodeURIComponent(book.version)}/impact?last=1`, book.version);
  useEffect(() => { if (!cannot) count(); }, [book.version, cannot]);
  const isOver = Boolean(cannot || found || error);
  useEffect(() => { if (isOver) onOver(); }, [isOver]);
  const proposed = book.impact as ImpactOf | null;
  if (cannot) {
    return (
      <div className="notice">
        {proposed ? <WhoGains of={proposed} /> : null}
        <span>{proposed ? <>As of <Time at={book.proposed_at} />, when it was proposed. </> : null}You cannot have it found out anew, nor which live grants would end now: {cannot}</span>
      </div>
    );
  }
  return (
    <div className="notice" aria-live="polite">
      {progress ? <RunProgress of={progress} /> : null}
      {error ? <Trouble error={error} retry={count} /> : null}
      {found && !progress ? <><WhoGains of={found.impact} /><Ending of={found.impact} at={found.at} /><span><button type="button" className="button" onClick={count}>Find out again</button></span></> : null}
    </div>
  );
}

/** Whether it widens, by the proof, and who gains and loses what; the most sensitive first. */
function WhoGains({ of }: { of: ImpactOf }) {
  const told = of.witnesses?.told ?? of.lead;
  return (
    <>
      <Proved of={of} />
      {told.length ? <ul className="stack-s" aria-label="Who gains and who loses">{told.map((line) => <li key={line}>{line}</li>)}</ul> : <span>{of.witnesses?.none_found}</span>}
    </>
  );
}

function Ending({ of, at }: { of: ImpactOf; at: string }) {
  const name = useName();
  const ending = of.replay?.grants_that_would_end ?? [];
  return (
    <>
      <span><strong>{wouldEnd(ending)}</strong>, of {of.replay?.live_grants ?? 0}, as of <Time at={at} />. When it goes live, all are decided anew, those included that are given by then.</span>
      {ending.length ? <ul aria-label="Live grants that would end">{ending.slice(0, NAMED).map((one) => <li key={one.grant}>{name(named(one.holder))}: <code>{named(one.resource)}</code></li>)}</ul> : null}
      {ending.length > NAMED ? <span>And {ending.length - NAMED} more.</span> : null}
    </>
  );
}

/** What came of making a version live. */
export function endedBy(grants: string[]): string {
  if (grants.length === 0) return "Live, for every process. No live grant ended by it.";
  return `Live, for every process. ${grants.length === 1 ? "1 live grant no longer passes and is" : `${grants.length} live grants no longer pass and are`} being revoked.`;
}
