// What the text as it stands would change, beside it while somebody types: asked a moment after the last key, given up at the next.
import { useEffect, useState } from "react";
import { streamed, type Progress } from "../../api/stream";
import { useFilters } from "../../parts/list";
import { Card } from "../../parts/page";
import { useSettled } from "../../parts/settled";
import { Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { VERDICTS, type ImpactOf } from "./Impact";

/** The newest recorded decisions that a text is tried on while it is typed; a proposal is tried on more. */
const TRIED = 1_000;

export interface Tried { text: string; impact: ImpactOf | null; progress: Progress | null; error: unknown; isStopped: boolean }

/** `text` is null while there is nothing that could be tried. */
export function useImpactOf(text: string | null): Tried & { stop: () => void; again: () => void } {
  const settled = useSettled(text, 900);
  const [round, setRound] = useState(0);
  const [stopping, setStopping] = useState<AbortController | null>(null);
  const [tried, setTried] = useState<Tried>({ text: "", impact: null, progress: null, error: null, isStopped: false });
  useEffect(() => {
    if (settled === null || settled !== text) return undefined;
    const running = new AbortController();
    setStopping(running);
    setTried((before) => ({ ...before, progress: { part: "proof", done: 0, of: null }, error: null, isStopped: false }));
    const change = (told: Partial<Tried>) => { if (!running.signal.aborted) setTried((before) => ({ ...before, ...told })); };
    streamed(`/v1/rulebooks/impact?last=${TRIED}`, { text: settled, cases: "" }, running.signal, (progress) => change({ progress }))
      .then((said) => change({ text: settled, impact: (said.impact as { impact: ImpactOf }).impact, progress: null }))
      .catch((error: unknown) => change({ error, progress: null }));
    return () => running.abort();
    // asked anew for another settled text, or when somebody asks again
  }, [settled, settled === text, round]);
  return {
    ...tried,
    stop: () => { stopping?.abort(); setTried((before) => ({ ...before, progress: null, isStopped: true })); },
    again: () => setRound(round + 1),
  };
}

export function LiveImpact({ tried, text, why }: { tried: ReturnType<typeof useImpactOf>; text: string; why: string | null }) {
  const [, change] = useFilters();
  const { impact, progress, error, isStopped } = tried;
  const isOld = impact !== null && tried.text !== text;
  const [state, word] = impact ? VERDICTS[impact.proof.verdict] ?? ["denied", impact.proof.verdict] : ["", ""];
  const ending = impact?.replay?.grants_that_would_end ?? [];
  return (
    <Card title="What would change" actions={progress ? <button type="button" className="button quiet" onClick={tried.stop}>Stop</button> : null}>
      <div className="stack" aria-live="polite">
        {why ? <p className="secondary">{why}</p> : (
          <>
            {progress ? <div className="stack-s"><span className="secondary">Finding out: {progress.part}</span><progress aria-label={`Finding out: ${progress.part}`} max={progress.of ?? undefined} value={progress.of === null ? undefined : progress.done} style={{ width: "100%" }} /></div> : null}
            {error ? <Trouble error={error} retry={tried.again} /> : null}
            {isStopped ? <div className="row"><span className="secondary">Stopped.</span><button type="button" className="button" onClick={tried.again}>Find out</button></div> : null}
            {impact ? (
              <div className="stack-s" style={isOld ? { fontStyle: "italic" } : undefined}>
                {isOld ? <span className="faint">Of the text before your last change:</span> : null}
                <span><Status state={state} label={word} /></span>
                <ul className="stack-s">{impact.lead.slice(0, 6).map((line) => <li key={line}>{line}</li>)}</ul>
                <span className="secondary">{ending.length === 0 ? "No live grant would end." : `${ending.length} live grant${ending.length === 1 ? "" : "s"} would end.`}</span>
              </div>
            ) : null}
            <button type="button" className="button" onClick={() => change({ tab: "impact" })}>The whole of it</button>
          </>
        )}
      </div>
    </Card>
  );
}
