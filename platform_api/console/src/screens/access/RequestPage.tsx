// One request: what was asked, what was decided of each source and why, what it waits for, and what came of it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { Ask } from "../../parts/ask";
import { Card, Facts, Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Countdown, Time } from "../../parts/time";
import { Given } from "../approvals/Given";
import { Approved, type Approval } from "./Approved";
import { Breaches, type Breach } from "./Breaches";
import { Decided, type VerdictShown } from "./Verdict";

type Shown = Schemas["RequestShown"];
const WAITS = new Set(["awaiting-approval", "ready"]);
/** What became of one that waited, where that is not said by its name. */
const CAME_TO: Record<string, string> = { expired: "not approved in time", refused: "refused when it was decided once more" };

export default function RequestPage() {
  const { requestId } = useParams({ strict: false }) as { requestId: string };
  const queries = useQueryClient();
  const [may] = useMay([{ action: "revokeGrant", kind: "request", id: requestId }]);
  const answer = useQuery({ queryKey: ["request", requestId], queryFn: () => told(api.GET("/v1/access-requests/{request_id}", { params: { path: { request_id: requestId } } })) });
  const crumbs = [{ to: "/grants", label: "Grants" }];
  if (answer.isPending) return <Page title="Request" crumbs={crumbs}><Loading /></Page>;
  if (answer.isError) return <Page title="Request" crumbs={crumbs}><Trouble error={answer.error} retry={() => void answer.refetch()} /></Page>;
  const one = answer.data;
  const withdraw = async (reason: string) => {
    await told(api.POST("/v1/access-requests/{request_id}/withdraw", { params: { path: { request_id: one.id } }, body: { reason } }));
    await changed(queries, { kind: "request", id: one.id });
  };
  const asked = (one.decision.asked ?? {}) as { justification?: string; ticket?: string; break_glass?: boolean; containers?: { uri: string }[]; approvals?: Approval[] };
  const verdicts = (one.decision.sources ?? []) as VerdictShown[];
  const reasons = (one.decision.reasons ?? []) as Breach[];
  const rulebook = String(one.decision.rulebook ?? "");
  return (
    <Page title={`Request for ${one.purpose}`} crumbs={crumbs} lead={<span className="row"><Status state={one.outcome} /> <Person id={one.subject} /></span>}
      actions={WAITS.has(one.outcome) ? (
        <Ask name="withdraw-request" button="Withdraw" kind="danger" title="Take this request back?" reason="Why" confirm="Withdraw" done="Withdrawn." act={withdraw} disabled={barred(may)} />
      ) : one.grant ? <Link to={`/grants/${one.grant}` as never} className="button">The grant</Link> : undefined}>
      <div className="split with-side">
        <div className="stack">
          {one.waiting ? <Waits of={one} /> : null}
          {reasons.length ? <Card title="What the request as a whole exceeded"><Breaches of={reasons} /></Card> : null}
          <Card title="Data, each with its verdict and why">
            <ul className="stack">{verdicts.map((verdict) => (
              <li key={verdict.source} className="stack-s lined"><code className="anywhere">{verdict.source}</code><Decided of={verdict} outcome={one.outcome} rulebook={rulebook} purpose={one.purpose} /></li>
            ))}</ul>
          </Card>
        </div>
        <Card title="About">
          <Facts of={[
            ["Asked by", <Person key="p" id={one.subject} />], ["Decided", <Time key="d" at={one.decided_at} />],
            ["Activity", <Link key="a" to={`/activities/${one.activity}` as never}>its page</Link>],
            ["Environment", <Link key="e" to={`/environments/${one.environment}` as never}>its page</Link>],
            ...(asked.containers ? [["Asked for", <span key="w" className="stack-s">{asked.containers.map((each) => <code key={each.uri} className="anywhere">{each.uri}</code>)}</span>] as [string, React.ReactNode]] : []),
            ["Purpose", one.purpose],
            ...(rulebook ? [["Rules", <Link key="v" to={`/rules/${rulebook}` as never}>{rulebook}</Link>] as [string, React.ReactNode]] : []),
            ...(one.grant ? [["Approved by", <Approved key="y" of={asked.approvals ?? []} />] as [string, React.ReactNode]] : []),
            ["Reason", asked.justification || "none given"], ["Ticket", asked.ticket || "none"],
            ...(asked.break_glass ? [["Emergency", <Status key="b" state="stuck" label="Break-glass" />] as [string, React.ReactNode]] : []),
            ["Id", <code key="i">{one.id}</code>],
          ]} />
        </Card>
      </div>
    </Page>
  );
}

function Waits({ of: one }: { of: Shown }) {
  const waiting = one.waiting as NonNullable<Shown["waiting"]>;
  return (
    <Card title={WAITS.has(one.outcome) ? "What it waits for" : "What it waited for"}>
      <div className="stack">
        <p>{one.outcome === "awaiting-approval" ? "Approval by the people that the contract names." : one.outcome === "ready" ? "It has all that it needs, and is decided once more when it starts." : `It was ${CAME_TO[one.outcome] ?? words(one.outcome).toLowerCase()}.`}</p>
        <Facts of={[
          ...(waiting.starts_at ? [["Starts", <Time key="s" at={waiting.starts_at} />] as [string, React.ReactNode]] : []),
          ...(WAITS.has(one.outcome) ? [["Ends by itself in", <Countdown key="e" to={waiting.expires_at} />] as [string, React.ReactNode]] : []),
          ...(waiting.reason ? [["Why", waiting.reason] as [string, React.ReactNode]] : []),
        ]} />
        <Given of={waiting.approvals} />
      </div>
    </Card>
  );
}
