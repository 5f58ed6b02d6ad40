// A version beside the live one.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { liveRulesQuery } from "../../api/choices";
import { Loading, Trouble } from "../../parts/states";

const Compare = lazy(() => import("./Compare"));

/** `onEnd` is called once the end of the difference has been on the screen. */
export function CompareWithLive({ text, onEnd }: { text: string; onEnd?: () => void }) {
  const live = useQuery(liveRulesQuery);
  if (live.isPending) return <Loading />;
  if (live.isError) return <Trouble error={live.error} />;
  return <Suspense fallback={<Loading />}><Compare before={live.data?.text ?? ""} after={text} onEnd={onEnd} /></Suspense>;
}
