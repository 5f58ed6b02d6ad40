// One environment: what was built, how it is tagged, and provisioning as it happens.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, told } from "../../api/client";
import { Card, Facts, Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Level, Status, words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";
import { ContractName } from "../contracts/ContractName";

const MOVING = new Set(["submitted", "approved", "provisioning"]);

export default function Environment() {
  const { environmentId } = useParams({ strict: false }) as { environmentId: string };
  const answer = useQuery({
    queryKey: ["environment", environmentId],
    queryFn: () => told(api.GET("/v1/environments/{environment_id}", { params: { path: { environment_id: environmentId } } })),
  });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  const one = answer.data;
  const steps = [...one.events].sort((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <Page title={`${words(one.tier)} environment`} crumbs={[{ to: "/activities", label: "Activities" }, { to: `/activities/${one.activity}`, label: "Activity" }]} lead={<span className="row" role="status"><Status state={one.state} />{MOVING.has(one.state) ? <span className="secondary">{one.state === "submitted" ? "its review is open" : `being built, ${one.events.length} steps so far`}</span> : null}</span>}>
      <div className="split with-side">
        <div className="stack">
          {one.last_error ? <Trouble error={new Error(one.last_error)} /> : null}
          <Card title="Resources">{Object.keys(one.resources).length ? <Facts of={Object.entries(one.resources).map(([name, value]): [string, React.ReactNode] => [words(name), <code key={name}>{value}</code>])} /> : <Empty title="Nothing built yet" />}</Card>
          <Card title={`Provisioning (${steps.length})`} flush>
            {steps.length ? (
              <Table label="Provisioning, the newest first" head={["Resource", "Status", "When"]} rows={steps.map((event) => [
                event.resource, <span key="s"><Status state={signOf(event.status)} label={words(event.status.toLowerCase())} /> <span className="faint">{event.reason}</span></span>, <Time key="t" at={event.at} />,
              ])} />
            ) : <Empty title="No events yet" />}
          </Card>
        </div>
        <div className="stack">
          <Card title="About"><Facts of={[["Tier", words(one.tier)], ["Requested", <Time key="c" at={one.created_at} />], ["Until", <Time key="e" at={one.expires_at} />], ["Stack", one.stack ?? "none"], ["Review", one.review ? <Link key="r" to="/approvals" search={{ open: one.review } as never}>Open it</Link> : "none"]]} /></Card>
          <Workspace id={one.id} />
          <Card title="Tags"><Facts of={Object.entries(one.tags).map(([name, value]): [string, React.ReactNode] => [name.replace("sluicegate:", ""), name === "sluicegate:owner" ? <Person key={name} id={value} /> : value])} /></Card>
        </div>
      </div>
    </Page>
  );
}

/** What lies in its workspace, as far as the platform knows. */
function Workspace({ id }: { id: string }) {
  const answer = useQuery({ queryKey: ["workspace", id], queryFn: () => told(api.GET("/v1/environments/{environment_id}/workspace", { params: { path: { environment_id: id } } })) });
  if (answer.isPending) return <Card title="Workspace"><Loading rows={2} /></Card>;
  if (answer.isError) return <Card title="Workspace"><Trouble error={answer.error} /></Card>;
  const { label, quarantined_at, quarantined_for, legal_hold } = answer.data;
  return (
    <Card title="Workspace">
      <div className="stack">
        {quarantined_at ? <div className="notice warn"><strong>Quarantined since <Time at={quarantined_at} /></strong><span>{quarantined_for}</span></div> : null}
        {legal_hold ? <div className="notice warn"><strong>Legal hold</strong><span>{legal_hold.reason}</span></div> : null}
        {label.marks.length ? <Facts of={[["May hold", <Level key="l" of={label.classification} />], ["Labels", label.classes.join(", ") || "none"], ["Under", <span key="u" className="stack-s" style={{ gap: 0 }}>{label.marks.map((one) => <Link key={one.contract + one.version} to={`/contracts/${one.contract}` as never} search={{ version: one.version } as never}><ContractName id={one.contract} version={one.version} /> {one.version}</Link>)}</span>]]} />
          : <p className="secondary">Nothing was delivered there yet.</p>}
      </div>
    </Card>
  );
}

function signOf(status: string): string {
  return status.endsWith("FAILED") ? "failed" : status.endsWith("COMPLETE") ? "met" : "provisioning";
}
