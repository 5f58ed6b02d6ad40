// The decision behind a record: what was decided by which rules, and whether it comes out the same when it is taken again.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, told } from "../../api/client";
import { Facts } from "../../parts/page";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { inWords, Time } from "../../parts/time";
import { Approved, type Approval } from "../access/Approved";
import { Breaches, type Breach } from "../access/Breaches";
import { Decided, type VerdictShown } from "../access/Verdict";

export function DecisionStory({ request, grant }: { request?: string; grant?: string }) {
  const query = { limit: 1, ...(request ? { request } : { grant }) };
  const found = useQuery({ queryKey: ["decisions", request ?? grant], queryFn: () => told(api.GET("/v1/decisions", { params: { query: query as never } })) });
  const one = found.data?.items[0];
  const again = useMutation({ mutationFn: (decision_id: string) => told(api.GET("/v1/decisions/{decision_id}/explanation", { params: { path: { decision_id } } })) });
  if (found.isPending) return <Loading rows={2} label="Looking the decision up" />;
  if (found.isError) return <Trouble error={found.error} />;
  if (!one) return null;
  const story = again.data;
  const asked = (one.decision.asked ?? {}) as { purpose?: string; approvals?: Approval[] };
  const sources = (one.decision.sources ?? []) as VerdictShown[];
  return (
    <section className="stack-s" aria-label="The decision">
      <h3>The decision</h3>
      <Facts of={[["Outcome", <Status key="o" state={one.outcome} />], ["Taken", <Time key="t" at={one.decided_at} />], ["Rules", <Link key="r" to={`/rules/${one.rulebook}` as never}>{one.rulebook}</Link>], ...(asked.purpose ? [["Purpose", asked.purpose] as [string, string]] : []), ...(one.outcome === "granted" ? [["Approved by", <Approved key="a" of={asked.approvals ?? []} />] as [string, ReactNode]] : []), ...(one.reason ? [["Why", inWords(one.reason)] as [string, string]] : [])]} />
      <Breaches of={(one.decision.reasons ?? []) as Breach[]} />
      {sources.map((each) => (
        <details key={each.source} open={sources.length <= 3} className="lined">
          <summary><code className="anywhere">{each.source}</code></summary>
          <Decided of={each} outcome={one.outcome} rulebook={one.rulebook} purpose={asked.purpose} />
        </details>
      ))}
      <button type="button" className="button" style={{ justifySelf: "start" }} disabled={again.isPending} onClick={() => again.mutate(one.id)}>{again.isPending ? "Deciding…" : "Take it once more"}</button>
      {again.isError ? <Trouble error={again.error} /> : null}
      {story ? (
        <div className="stack-s" role="status">
          <Status state={story.matches ? "passed" : "failed"} label={story.matches ? "From what is on record it comes out the same" : story.recomputed ? `It comes out otherwise at ${story.differences.length} places` : "It cannot be taken again"} />
          {story.notes.map((note) => <p key={note} className="secondary">{note}</p>)}
          {story.rules.map((rule) => <p key={rule.id}><strong>{rule.title}</strong> <span className="faint">{words(rule.effect)}, of {rule.owner}</span></p>)}
          <p className="secondary">{story.facts.differing.length ? `Since then ${story.facts.differing.length} of its facts have changed: ${story.facts.differing.slice(0, 5).map((one) => one.path).join(", ")}${story.facts.differing.length > 5 ? "…" : ""}` : "Its facts are the same today."}</p>
        </div>
      ) : null}
    </section>
  );
}
