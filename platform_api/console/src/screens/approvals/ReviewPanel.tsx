// One architecture review: each criterion with what was found, and the decision of a named reviewer.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useSession } from "../../api/session";
import { Ask } from "../../parts/ask";
import { Facts } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { Time } from "../../parts/time";

export function ReviewPanel({ id }: { id: string }) {
  const queries = useQueryClient();
  const once = useOnce();
  const session = useSession();
  const [may] = useMay([{ action: "approveReview", kind: "review", id }]);
  const answer = useQuery({ queryKey: ["review", id], queryFn: () => told(api.GET("/v1/reviews/{review_id}", { params: { path: { review_id: id } } })) });
  if (answer.isPending) return <Panel title="Review"><Loading /></Panel>;
  if (answer.isError) return <Panel title="Review"><Trouble error={answer.error} /></Panel>;
  const review = answer.data;
  const mine = review.author === session?.id ? "You asked for it: another reviewer decides." : undefined;
  const decide = (decision: "approve" | "reject") => async (comment: string) => {
    await once([decision, comment], (header) => told(api.POST("/v1/reviews/{review_id}/decision", { params: { path: { review_id: id }, header }, body: { decision, comment } })));
    await changed(queries, { kind: "review", id }, { kind: "activity", id: review.activity });
  };
  return (
    <Panel title={<><h2>Architecture review</h2><Status state={review.state} /></>}>
      <Facts of={[
        ["Asked by", <Person key="a" id={review.author} />],
        ["Activity", <Link key="b" to={`/activities/${review.activity}` as never}>its page</Link>],
        ["Due", <Time key="c" at={review.due_at} />],
        ["Rule set", review.rule_set],
        ...(review.decided_by ? [["Decided by", <Person key="d" id={review.decided_by} />] as [string, React.ReactNode]] : []),
        ...(review.comment ? [["Comment", review.comment] as [string, string]] : []),
      ]} />
      <section className="stack-s">
        <h3>Criteria</h3>
        <ul className="stack-s">{review.criteria.map((criterion) => (
          <li key={criterion.id} className="row" style={{ alignItems: "flex-start" }}>
            <Status state={criterion.met ? "met" : "not-met"} label={criterion.met ? "Met" : "Not met"} />
            <span className="grow"><strong>{criterion.title}</strong><br /><span className="secondary">{criterion.found}</span></span>
          </li>
        ))}</ul>
      </section>
      {review.state === "open" ? (
        <div className="panel-foot"><div className="row">
          <Ask name="approve-review" button="Approve" kind="primary" title="Approve this review?" reason="Comment" confirm="Approve" done="Approved." act={decide("approve")} disabled={mine ?? barred(may)} />
          <Ask name="reject-review" button="Reject" kind="danger" title="Reject this review?" reason="Why" confirm="Reject" done="Rejected." act={decide("reject")} disabled={mine ?? barred(may)} />
        </div></div>
      ) : null}
    </Panel>
  );
}
