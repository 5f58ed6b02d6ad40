// What happened, by whom, and the proof that nothing was taken out of it.
import { IconCopy } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, told, type Schemas } from "../../api/client";
import { Address } from "../../parts/address";
import { Facet, Facets, List, PAGE, TextFilter, useFilters, type Column, type Search } from "../../parts/list";
import { Card, Facts, Page } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Empty, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Time, timeFault } from "../../parts/time";
import { useCopy } from "../../parts/toast";
import { DecisionStory } from "./DecisionStory";

type RecordShown = Schemas["AuditShown"];

const COLUMNS: Column<RecordShown>[] = [
  { name: "What", cell: (one) => one.action },
  { name: "Who", cell: (one) => one.actor_name ?? one.actor },
  { name: "When", cell: (one) => <Time at={one.at} /> },
  { name: "About", beside: false, cell: (one) => <Address of={Object.values(one.about)} /> },
  { name: "No.", right: true, beside: false, cell: (one) => one.seq },
];
const OFTEN: [string, string][] = [
  ["access.refused", "Refused requests"], ["grant.opened", "Grants opened"], ["credentials.delivered", "Credentials delivered"],
  ["grant.revoking", "Revocations"], ["rulebook.activated", "Rules made live"], ["contract.signed", "Contracts signed"], ["session.signed-in", "Sign-ins"],
];

/** What the trail can be filtered by. */
const TOLD = new Set(["activity", "grant", "environment", "contract", "rulebook"]);

export default function Audit() {
  const [search] = useFilters();
  const filters = filtersOf(search);
  return (
    <Page title="Audit trail" lead="Every change commits together with its record. The records are the leaves of a hash tree: a changed or missing one is found."
      actions={<a className="button" href="/v1/audit/export" download="audit.jsonl">Export</a>}>
      <div className="split with-facets">
        <div className="stack">
          <Proof />
          <Facets>
            <Facet name="action" title="Often looked for" values={OFTEN} />
          </Facets>
        </div>
        <div className={search.open ? "split with-side" : "split"}>
          <div className="stack">
            <div className="filters">
              <TextFilter name="action" label="Action (grant.revoking)" />
              <TextFilter name="actor" label="Actor's id" />
              <TextFilter name="grant" label="Grant's id" />
              <TextFilter name="activity" label="Activity's id" />
              <TextFilter name="since" label="From (2026-11-23T10:00Z)" fault={timeFault} />
              <TextFilter name="until" label="Until before" fault={timeFault} />
            </div>
            <List name="Records" queryKey={["audit", filters]} columns={COLUMNS} id={(one) => String(one.seq)}
              load={(page) => told(api.GET("/v1/audit", { params: { query: { ...page, ...filters } } }))}
              empty={<Empty title="No records fit"><p>Take a filter away.</p></Empty>} />
          </div>
          {search.open ? <OneRecord seq={Number(search.open)} /> : null}
        </div>
      </div>
    </Page>
  );
}

function filtersOf({ actor, action, activity, grant, contract, environment, rulebook, since, until }: Search) {
  return { actor, action, activity, grant, contract, environment, rulebook, since, until };
}

function Proof() {
  const root = useQuery({ queryKey: ["audit-root"], queryFn: () => told(api.GET("/v1/audit/root")) });
  const copy = useCopy();
  const verify = useMutation({ mutationFn: () => told(api.POST("/v1/audit/verify", { body: {} })) });
  return (
    <Card title="Proof">
      <div className="stack-s">
        {root.data ? <Facts of={[["Records", <span key="n" className="number">{root.data.size}</span>]]} /> : null}
        {root.data ? (
          <span className="command">
            <span className="grow"><span className="faint">Root</span><br /><code className="anywhere">{root.data.root}</code></span>
            <button type="button" className="button icon" aria-label="Copy the root" onClick={() => copy(root.data.root, "The root is copied.")}><IconCopy size={16} aria-hidden /></button>
          </span>
        ) : null}
        <button type="button" className="button" disabled={verify.isPending} onClick={() => verify.mutate()}>{verify.isPending ? "Verifying…" : "Verify the log"}</button>
        <div aria-live="polite">
          {verify.data ? <Status state={verify.data.ok ? "passed" : "failed"} label={verify.data.ok ? `All ${verify.data.size} records are whole` : `${verify.data.bad.length} findings`} /> : null}
        </div>
        {verify.isError ? <Trouble error={verify.error} /> : null}
      </div>
    </Card>
  );
}

function OneRecord({ seq }: { seq: number }) {
  const [search] = useFilters();
  const filters = filtersOf(search);
  const found = useQuery({
    // The very page that the list beside it shows: it is not fetched a second time.
    queryKey: ["audit", filters, search.cursor ?? ""],
    queryFn: () => told(api.GET("/v1/audit", { params: { query: { cursor: search.cursor, limit: PAGE, ...filters } } })),
    select: (page) => page.items.find((one) => one.seq === seq) ?? null,
  });
  const one = found.data;
  return (
    <Panel title={<><h2>{one?.action ?? `Record ${seq}`}</h2><span className="faint">No. {seq}</span></>}>
      {one ? (
        <>
          <Facts of={[
            ["Who", one.actor_name ? `${one.actor_name} (${one.actor})` : one.actor],
            ["When", <Time key="t" at={one.at} />],
            ...Object.entries(one.about).map(([kind, id]): [string, ReactNode] => [words(kind), TOLD.has(kind) ? <Link key={kind} to="/audit" search={{ [kind]: id } as never} title="Everything on record about it">{id}</Link> : id]),
            ["Leaf", <code key="l" style={{ overflowWrap: "anywhere" }}>{one.leaf}</code>],
          ]} />
          {one.about.request || one.about.grant ? <DecisionStory key={one.about.request ?? one.about.grant} request={one.about.request} grant={one.about.grant} /> : null}
          <section className="stack-s"><h3>Particulars</h3><pre className="code" tabIndex={0}>{JSON.stringify(one.details, null, 2)}</pre></section>
        </>
      ) : <p className="secondary">{found.isPending ? "Looking it up…" : "It is not on this page of the list any more."}</p>}
    </Panel>
  );
}
