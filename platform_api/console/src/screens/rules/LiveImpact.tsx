// What the text as it stands would change, beside it while somebody types: asked a moment after the last key, given up at the next.
import { useEffect, useState } from "react";
import { useFilters } from "../../parts/list";
import { Card } from "../../parts/page";
import { useSettled } from "../../parts/settled";
import { Trouble } from "../../parts/states";
import { Time } from "../../parts/time";
import { Proved, wouldEnd } from "./Impact";
import { RunProgress, useImpactRun, type ImpactRun } from "./impactRun";

/** The newest recorded decisions that a text is tried on while it is typed; a proposal is tried on more. */
const TRIED = 1_000;

/** `text` is null while there is nothing that could be tried. */
export function useImpactOf(text: string | null): ImpactRun & { again: () => void } {
  const settled = useSettled(text, 900);
  const [round, setRound] = useState(0);
  const run = useImpactRun();
  const { start, giveUp } = run;
  useEffect(() => {
    if (settled === null || settled !== text) return undefined;
    start(`/v1/rulebooks/impact?last=${TRIED}`, settled, { text: settled, cases: "" });
    return giveUp;
    // asked anew for another settled text, or when somebody asks again
  }, [settled, settled === text, round]);
  return { ...run, again: () => setRound(round + 1) };
}

export function LiveImpact({ tried, text, why }: { tried: ReturnType<typeof useImpactOf>; text: string; why: string | null }) {
  const [, change] = useFilters();
  const { found, progress, error, isStopped } = tried;
  const impact = found?.impact;
  const isOld = found !== null && found.text !== text;
  const ending = impact?.replay?.grants_that_would_end ?? [];
  return (
    <Card title="What would change" actions={progress ? <button type="button" className="button quiet" onClick={tried.stop}>Stop</button> : null}>
      <div className="stack" aria-live="polite">
        {why ? <p className="secondary">{why}</p> : (
          <>
            {progress ? <RunProgress of={progress} /> : null}
            {error ? <Trouble error={error} retry={tried.again} /> : null}
            {isStopped ? <div className="row"><span className="secondary">Stopped.</span><button type="button" className="button" onClick={tried.again}>Find out</button></div> : null}
            {impact ? (
              <div className="stack-s" style={isOld ? { fontStyle: "italic" } : undefined}>
                {isOld ? <span className="faint">Of the text before your last change:</span> : null}
                <Proved of={impact} />
                <ul className="stack-s">{impact.lead.slice(0, 6).map((line) => <li key={line}>{line}</li>)}</ul>
                <span className="secondary">{wouldEnd(ending)}. As of <Time at={found?.at} />.</span>
              </div>
            ) : null}
            <button type="button" className="button" onClick={() => change({ tab: "impact" })}>The whole of it</button>
          </>
        )}
      </div>
    </Card>
  );
}
