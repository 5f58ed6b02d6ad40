// One activity: its environments, people, data, grants, reviews and history.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { Card, Facts, Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Level, Status, words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Tabs } from "../../parts/tabs";
import { Time } from "../../parts/time";
import type { ReactNode } from "react";
import { ActivityActions } from "./ActivityActions";
import { ActivityData } from "./ActivityData";

type Shown = Schemas["ActivityShown"];

export default function Activity() {
  const { activityId } = useParams({ strict: false }) as { activityId: string };
  const answer = useQuery({
    queryKey: ["activity", activityId],
    queryFn: () => told(api.GET("/v1/activities/{activity_id}", { params: { path: { activity_id: activityId } } })),
  });
  const environments = useQuery({
    queryKey: ["activity", activityId, "environments"],
    queryFn: () => told(api.GET("/v1/environments", { params: { query: { activity: activityId, limit: 50 } } })),
  });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  const one = answer.data;
  return (
    <Page title={one.title} crumbs={[{ to: "/activities", label: "Activities" }]}
      lead={<span className="row"><Status state={one.state} /> <span className="mono">{one.name}</span></span>}
      actions={<ActivityActions of={one} environments={environments.data?.items} />}>
      <div className="split with-side">
        <Tabs label="The activity" of={[
          { id: "environments", name: "Environments", content: () => <Environments found={environments} /> },
          { id: "data", name: "Data", content: () => <ActivityData of={one} /> },
          { id: "grants", name: "Grants", content: () => <Grants of={one} /> },
          { id: "reviews", name: "Reviews", content: () => <Reviews of={one} /> },
          { id: "history", name: "History", content: () => <History of={one} /> },
        ]} />
        <div className="stack">
          <Card title="About">
            <Facts of={[
              ["Owner", <Person key="o" id={one.owner} />],
              ["Purposes", one.purposes.join(", ")],
              ["Data up to", <Level key="l" of={one.data_classification} />],
              ["Cost center", one.cost_center],
              ["Ends", <Time key="e" at={one.ends_at} />],
              ["Registered", <Time key="c" at={one.created_at} />],
            ]} />
          </Card>
          <Card title={`Members (${one.members.length})`}>
            <ul className="stack-s">{one.members.map((id) => <li key={id}><Person id={id} /></li>)}</ul>
          </Card>
        </div>
      </div>
    </Page>
  );
}

/** A short list of the activity's own, with what to say when it is empty. */
function Short<T>({ queryKey, load, empty, row, head }: { queryKey: string[]; load: () => Promise<{ items: T[] }>; empty: string; head: string[]; row: (one: T) => ReactNode[] }) {
  const answer = useQuery({ queryKey, queryFn: load });
  if (answer.isPending) return <Loading rows={3} />;
  if (answer.isError) return <Trouble error={answer.error} />;
  if (answer.data.items.length === 0) return <div className="card"><Empty title={empty} /></div>;
  return <div className="card"><Table label={head[0] ?? ""} head={head} rows={answer.data.items.map(row)} /></div>;
}

function Environments({ found }: { found: UseQueryResult<Schemas["Listed_EnvironmentShown_"]> }) {
  if (found.isPending) return <Loading rows={3} />;
  if (found.isError) return <Trouble error={found.error} />;
  if (found.data.items.length === 0) return <div className="card"><Empty title="No environments" /></div>;
  return (
    <div className="card">
      <Table label="Environments" head={["Environment", "State", "Asked for", "Until"]} rows={found.data.items.map((one) => [
        <Link key="i" to={`/environments/${one.id}` as never}>{words(one.tier)}</Link>, <Status key="s" state={one.state} />, <Time key="c" at={one.created_at} />, <Time key="t" at={one.expires_at} />,
      ])} />
    </div>
  );
}

function Grants({ of }: { of: Shown }) {
  return <Short queryKey={["grants", "activity", of.id]} empty="No grants" head={["Holder", "Data", "State", "Ends"]}
    load={() => told(api.GET("/v1/grants", { params: { query: { activity: of.id, limit: 50 } } }))}
    row={(one) => [<Link key="i" to="/grants" search={{ open: one.id } as never}><Person id={one.subject} /></Link>, <code key="d">{one.sources.map((s) => s.uri).join(", ")}</code>, <Status key="s" state={one.state} />, <Time key="t" at={one.ends_at} />]} />;
}

function Reviews({ of }: { of: Shown }) {
  return <Short queryKey={["reviews", "activity", of.id]} empty="No reviews" head={["Review", "State", "Not met", "Due"]}
    load={() => told(api.GET("/v1/reviews", { params: { query: { activity: of.id, limit: 50 } } }))}
    row={(one) => [<Link key="i" to="/approvals" search={{ open: one.id } as never}>{one.rule_set}</Link>, <Status key="s" state={one.state} />, one.criteria.filter((c) => !c.met).map((c) => c.title).join(", ") || "every criterion is met", <Time key="t" at={one.due_at} />]} />;
}

function History({ of }: { of: Shown }) {
  return <Short queryKey={["history", of.id]} empty="Nothing on record" head={["What", "Who", "When"]}
    load={() => told(api.GET("/v1/audit", { params: { query: { activity: of.id, limit: 50 } } }))}
    row={(one) => [<Link key="i" to="/audit" search={{ activity: of.id, open: String(one.seq) } as never}>{one.action}</Link>, one.actor_name ?? one.actor, <Time key="t" at={one.at} />]} />;
}
