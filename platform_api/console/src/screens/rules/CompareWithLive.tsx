// A version beside the live one: what changes in words, then the Cedar text.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";
import { liveRulesQuery } from "../../api/choices";
import { Loading, Trouble } from "../../parts/states";
import { ChangedRules } from "./ChangedRules";
import { changesBetween, type Written } from "./changes";

const Compare = lazy(() => import("./Compare"));

/** `rules` are those of `text`, null while it is no rulebook; `children` stand between the words and the text. `onEnd` is called once the end of the difference has been on the screen. */
export function CompareWithLive({ text, rules, children, onEnd }: { text: string; rules: Written[] | null; children?: ReactNode; onEnd?: () => void }) {
  const live = useQuery(liveRulesQuery);
  if (live.isPending) return <Loading />;
  if (live.isError) return <Trouble error={live.error} />;
  return (
    <div className="stack">
      <h2>In plain words</h2>
      {rules ? <ChangedRules of={changesBetween(live.data?.rules ?? [], rules)} /> : <p className="secondary">The text is not right yet, so it cannot be said in words.</p>}
      {children}
      <h2>In Cedar</h2>
      <Suspense fallback={<Loading />}><Compare before={live.data?.text ?? ""} after={text} onEnd={onEnd} /></Suspense>
    </div>
  );
}
