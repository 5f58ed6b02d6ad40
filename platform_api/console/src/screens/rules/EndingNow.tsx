// Which live grants a version would end if it were made live this moment: counted when the dialog opens, and again at will.
import { useEffect } from "react";
import { useName } from "../../api/people";
import { Trouble } from "../../parts/states";
import { Time } from "../../parts/time";
import { RunProgress, useImpactRun } from "./impactRun";

const NAMED = 10;

/** `onOver` is called once it is counted, or cannot be; `cannot` says why somebody may not have it counted. */
export function EndingNow({ version, cannot, onOver }: { version: string; cannot: string | undefined; onOver: () => void }) {
  const { found, progress, error, start } = useImpactRun();
  const name = useName();
  // The grants are all counted; of the recorded questions one is enough here.
  const count = () => start(`/v1/rulebooks/${encodeURIComponent(version)}/impact?last=1`, version);
  useEffect(() => { if (!cannot) count(); }, [version, cannot]);
  const isOver = Boolean(cannot || found || error);
  useEffect(() => { if (isOver) onOver(); }, [isOver]);
  if (cannot) return <p className="secondary">You cannot have it counted which live grants would end now: {cannot} What was counted at its proposal may be out of date.</p>;
  const ending = found?.impact.replay?.grants_that_would_end ?? [];
  return (
    <div className="notice" aria-live="polite">
      {progress ? <RunProgress of={progress} /> : null}
      {error ? <Trouble error={error} retry={count} /> : null}
      {found && !progress ? (
        <>
          <span><strong>{ending.length === 0 ? "No live grant would end" : `${ending.length} live grant${ending.length === 1 ? "" : "s"} would end`}</strong>, of {found.impact.replay?.live_grants ?? 0}, as of <Time at={found.at} />. A grant that is given after that is decided, too.</span>
          {ending.length ? <ul>{ending.slice(0, NAMED).map((one) => <li key={one.grant}>{name(id(one.holder))}: <code>{id(one.resource)}</code></li>)}</ul> : null}
          {ending.length > NAMED ? <span>And {ending.length - NAMED} more.</span> : null}
          <span><button type="button" className="button" onClick={count}>Count again</button></span>
        </>
      ) : null}
    </div>
  );
}

function id(reference: string): string {
  return /^\w+::"(.*)"$/.exec(reference)?.[1] ?? reference;
}

/** What came of making a version live. */
export function endedBy(grants: string[]): string {
  if (grants.length === 0) return "Live, for every process. No live grant ended by it.";
  return `Live, for every process. ${grants.length === 1 ? "1 live grant no longer passes and is" : `${grants.length} live grants no longer pass and are`} being revoked.`;
}
