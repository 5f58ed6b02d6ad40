// One environment: what was built, how it is tagged, and provisioning as it happens.
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api, told } from "../../api/client";
import { Card, Facts, Page } from "../../parts/page";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";

const MOVING = new Set(["submitted", "approved", "provisioning"]);

export default function Environment() {
  const { environmentId } = useParams({ strict: false }) as { environmentId: string };
  const answer = useQuery({
    queryKey: ["environment", environmentId],
    queryFn: () => told(api.GET("/v1/environments/{environment_id}", { params: { path: { environment_id: environmentId } } })),
    refetchInterval: (query) => (query.state.data && MOVING.has(query.state.data.state) ? 1_500 : 30_000),
  });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  const one = answer.data;
  return (
    <Page title={`${words(one.tier)} environment`} crumbs={[{ to: "/activities", label: "Activities" }, { to: `/activities/${one.activity}`, label: "Activity" }]} lead={<Status state={one.state} />}>
      <div className="split with-side">
        <div className="stack">
          {one.last_error ? <Trouble error={new Error(one.last_error)} /> : null}
          <Card title="Resources">{Object.keys(one.resources).length ? <Facts of={Object.entries(one.resources).map(([name, value]): [string, React.ReactNode] => [words(name), <code key={name}>{value}</code>])} /> : <Empty title="Nothing built yet" />}</Card>
          <Card title="Provisioning" flush>
            {one.events.length ? (
              <Table label="Provisioning" head={["Resource", "Status", "When"]} rows={one.events.map((event) => [
                event.resource, <span key="s">{words(event.status.toLowerCase())} <span className="faint">{event.reason}</span></span>, <Time key="t" at={event.at} />,
              ])} />
            ) : <Empty title="No events yet" />}
          </Card>
        </div>
        <div className="stack">
          <Card title="About"><Facts of={[["Tier", words(one.tier)], ["Requested", <Time key="c" at={one.created_at} />], ["Until", <Time key="e" at={one.expires_at} />], ["Stack", one.stack ?? "none"]]} /></Card>
          <Card title="Tags"><Facts of={Object.entries(one.tags).map(([name, value]): [string, React.ReactNode] => [name.replace("sluicegate:", ""), value])} /></Card>
        </div>
      </div>
    </Page>
  );
}
