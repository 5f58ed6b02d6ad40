// Finding out what a text of rules would change: step by step, and given up at will.
import { useEffect, useRef, useState } from "react";
import { streamed, type Progress } from "../../api/stream";
import type { ImpactOf } from "./Impact";

export interface ImpactRun {
  /** The last answer, the text that it is of, and when it was found. */
  found: { text: string; at: string; impact: ImpactOf } | null;
  /** Of the run that is under way, null while none is. */
  progress: Progress | null;
  error: unknown;
  isStopped: boolean;
  /** Gives up what is under way and asks `url`: of `text`, which is sent as `body` unless it is saved there. */
  start: (url: string, text: string, body?: { text: string; cases: string }) => void;
  stop: () => void;
  /** Leaves what is under way without a word: another run is about to begin. */
  giveUp: () => void;
}

export function useImpactRun(): ImpactRun {
  const running = useRef<AbortController | null>(null);
  const [state, setState] = useState<Pick<ImpactRun, "found" | "progress" | "error" | "isStopped">>({ found: null, progress: null, error: null, isStopped: false });
  useEffect(() => () => running.current?.abort(), []);
  const start: ImpactRun["start"] = (url, text, body) => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const change = (told: Partial<typeof state>) => { if (!own.signal.aborted) setState((before) => ({ ...before, ...told })); };
    change({ progress: { part: "proof", done: 0, of: null }, error: null, isStopped: false });
    streamed(url, body, own.signal, (progress) => change({ progress }))
      .then((said) => { const { at, impact } = said.impact as { at: string; impact: ImpactOf }; change({ found: { text, at, impact }, progress: null }); })
      .catch((error: unknown) => change({ error, progress: null }));
  };
  const stop = () => {
    running.current?.abort();
    setState((before) => (before.progress ? { ...before, progress: null, isStopped: true } : before));
  };
  return { ...state, start, stop, giveUp: () => running.current?.abort() };
}

export function RunProgress({ of: { part, done, of } }: { of: Progress }) {
  return (
    <div className="stack-s">
      <span className="secondary">Finding out: {part}{done ? `, ${done.toLocaleString()}${of === null ? "" : ` of ${of.toLocaleString()}`}` : ""}</span>
      <progress aria-label={`Finding out: ${part}`} max={of ?? undefined} value={of === null ? undefined : done} style={{ width: "100%" }} />
    </div>
  );
}
