// Everything that waits for somebody's word, in one inbox. One's own is locked and says why.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, told } from "../../api/client";
import { useSession } from "../../api/session";
import { counted } from "../../parts/kinds";
import { Facet, Facets, useFilters } from "../../parts/list";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { Ago } from "../../parts/time";
import { AccessPanel } from "./AccessPanel";
import { ReviewPanel } from "./ReviewPanel";

interface Waiting {
  id: string; kind: "access" | "review" | "contract" | "rules"; emergency?: boolean; title: string; by: string[]; since: string; due: string | null; to: string | null; search?: Record<string, string>;
}
const KINDS: [string, string][] = [["access", "Access"], ["review", "Architecture reviews"], ["contract", "Contracts"], ["rules", "Rules"]];

/** What waits, oldest first; a list that the person may not see adds nothing. */
async function waiting(): Promise<Waiting[]> {
  const [requests, reviews, contracts, rulebooks] = await Promise.allSettled([
    told(api.GET("/v1/access-requests", { params: { query: { outcome: "awaiting-approval", limit: 200 } } })),
    told(api.GET("/v1/reviews", { params: { query: { state: "open", limit: 200 } } })),
    told(api.GET("/v1/contracts", { params: { query: { state: "proposed", limit: 200 } } })),
    told(api.GET("/v1/rulebooks", { params: { query: { state: "proposed", limit: 50 } } })),
  ]);
  const found: Waiting[] = [];
  if (requests.status === "fulfilled") for (const one of requests.value.items) {
    const waits = one.waiting;
    found.push({ id: one.id, kind: "access", emergency: waits?.break_glass, title: one.purpose, by: [one.subject], since: waits?.created_at ?? one.decided_at, due: waits?.expires_at ?? null, to: null });
  }
  if (reviews.status === "fulfilled") for (const one of reviews.value.items) {
    found.push({ id: one.id, kind: "review", title: `${counted(one.criteria.filter((c) => !c.met).length, "criterion", "criteria")} to judge`, by: [one.author], since: one.created_at, due: one.due_at, to: null });
  }
  if (contracts.status === "fulfilled") for (const one of contracts.value.items) {
    found.push({ id: `${one.id}/${one.version}`, kind: "contract", title: `${one.name} ${one.version}`, by: [one.proposer], since: one.created_at, due: null, to: `/contracts/${one.id}`, search: { version: one.version } });
  }
  if (rulebooks.status === "fulfilled") for (const one of rulebooks.value.items) {
    found.push({ id: one.version, kind: "rules", title: one.title, by: one.authors, since: one.proposed_at ?? one.created_at, due: null, to: `/rules/${one.version}` });
  }
  if ([requests, reviews, contracts, rulebooks].every((one) => one.status === "rejected")) throw (reviews as PromiseRejectedResult).reason;
  return found.sort((a, b) => a.since.localeCompare(b.since));
}

export const waitingQuery = { queryKey: ["waiting"], queryFn: waiting };

export default function Approvals() {
  const [search, change] = useFilters();
  const answer = useQuery(waitingQuery);
  const shown = (answer.data ?? []).filter((one) => !search.kind || one.kind === search.kind);
  return (
    <Page title="Approvals" lead="What waits for a second person: nobody approves what they asked for.">
      <div className="split with-facets">
        <Facets><Facet name="kind" title="Kind" values={KINDS} /></Facets>
        <div className={search.open ? "split with-side" : "split"}>
          {answer.isPending ? <div className="card"><Loading /></div> : answer.isError ? <Trouble error={answer.error} retry={() => void answer.refetch()} /> : shown.length === 0
            ? <div className="card"><Empty title="Nothing waits"><p>New reviews, contracts and rules appear here by themselves.</p></Empty></div>
            : (
              <div className="card"><div className="table-box" tabIndex={0} role="region" aria-label="Waiting">
                <table className="table">
                  <thead><tr><th scope="col">What</th><th scope="col">Asked by</th><th scope="col">You</th><th scope="col" className="not-beside">Since</th><th scope="col" className="not-beside">Due</th></tr></thead>
                  <tbody>{shown.map((one) => (
                    <tr key={one.id} aria-current={search.open === one.id ? "true" : undefined}>
                      <td><Open one={one} open={() => change({ open: one.id })} /></td>
                      <td>{one.by.map((id, at) => <span key={id}>{at ? ", " : ""}<Person id={id} /></span>)}</td>
                      <td><Mine by={one.by} /></td>
                      <td className="not-beside"><Ago at={one.since} /></td>
                      <td className="not-beside"><Ago at={one.due} /></td>
                    </tr>
                  ))}</tbody>
                </table>
              </div></div>
            )}
          {search.open?.startsWith("rq_") ? <AccessPanel key={search.open} id={search.open} /> : null}
          {search.open?.startsWith("rv_") ? <ReviewPanel key={search.open} id={search.open} /> : null}
        </div>
      </div>
    </Page>
  );
}

function Open({ one, open }: { one: Waiting; open: () => void }): ReactNode {
  const what = <><span className="chip">{KINDS.find(([kind]) => kind === one.kind)?.[1]}</span> {one.emergency ? <Status state="stuck" label="Emergency" /> : null} {one.title}</>;
  return one.to
    ? <Link to={one.to as never} search={one.search as never}>{what}</Link>
    : <button type="button" style={{ all: "unset", cursor: "pointer", fontWeight: 500 }} className="row-button" onClick={open}>{what}</button>;
}

function Mine({ by }: { by: string[] }) {
  const session = useSession();
  return session && by.includes(session.id) ? <Status state="draft" label="Yours: somebody else decides" /> : <Status state="pending" label="Open" />;
}
