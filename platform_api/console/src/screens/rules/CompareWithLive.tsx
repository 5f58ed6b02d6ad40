// A version beside the live one: what changes in words, then the Cedar text, then the test cases.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useRef, type ReactNode } from "react";
import { liveRulesQuery } from "../../api/choices";
import { Loading, Trouble } from "../../parts/states";
import { Cautions } from "./Cautions";
import { ChangedRules } from "./ChangedRules";
import { changesBetween, type Written } from "./changes";

const Compare = lazy(() => import("./Compare"));

const CASES: [string, string] = ["Test cases of the live rules", "Test cases of this version"];

/** `rules` are those of `text`, null while it is no rulebook; `children` stand between the words and the text. `onEnd` is called once the ends of all that differs have been on the screen. */
export function CompareWithLive({ text, cases, rules, cautions, children, onEnd }: { text: string; cases: string; rules: Written[] | null; cautions: string[]; children?: ReactNode; onEnd?: () => void }) {
  const live = useQuery(liveRulesQuery);
  const read = useRef(new Set<string>());
  if (live.isPending) return <Loading />;
  if (live.isError) return <Trouble error={live.error} />;
  const before = live.data?.cases ?? "";
  const parts = before === cases ? ["text"] : ["text", "cases"];
  const seen = (part: string) => () => { read.current.add(part); if (parts.every((one) => read.current.has(one))) onEnd?.(); };
  return (
    <div className="stack">
      <Cautions of={cautions} />
      <h2>In plain words</h2>
      {rules ? <ChangedRules of={changesBetween(live.data?.rules ?? [], rules)} /> : <p className="secondary">The text is not right yet, so it cannot be said in words.</p>}
      {children}
      <h2>In Cedar</h2>
      <Suspense fallback={<Loading />}><Compare before={live.data?.text ?? ""} after={text} onEnd={onEnd ? seen("text") : undefined} /></Suspense>
      <h2>Test cases</h2>
      {before === cases ? <p className="secondary">They are those of the live rules, unchanged.</p> : <Suspense fallback={<Loading />}><Compare before={before} after={cases} names={CASES} label="Difference of the test cases" onEnd={onEnd ? seen("cases") : undefined} /></Suspense>}
    </div>
  );
}
