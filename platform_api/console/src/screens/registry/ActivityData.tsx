// The data of an activity: the contracts it works under, which version it accepted, and what they cover.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { Ask } from "../../parts/ask";
import { Card } from "../../parts/page";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Level, Status } from "../../parts/status";
import { Table } from "../../parts/table";

type Activity = Schemas["ActivityShown"];

export function ActivityData({ of }: { of: Activity }) {
  const contracts = [...new Set([...of.contracts, ...of.accepted.map((one) => one.contract)])];
  if (contracts.length === 0) return <div className="card"><Empty title="No contracts yet"><p>Data is given under contracts. Its owner opens one under Contracts and accepts it for this activity.</p></Empty></div>;
  return <div className="stack">{contracts.map((id) => <Under key={id} id={id} of={of} />)}</div>;
}

function Under({ id, of }: { id: string; of: Activity }) {
  const contract = useQuery({
    queryKey: ["contract", id, "versions"],
    queryFn: () => told(api.GET("/v1/contracts/{contract_id}/versions", { params: { path: { contract_id: id }, query: { limit: 200 } } })),
  });
  const sources = useQuery({ queryKey: ["sources", "under", id], queryFn: () => told(api.GET("/v1/sources", { params: { query: { contract: id, limit: 200 } as never } })) });
  if (contract.isPending || sources.isPending) return <div className="card"><Loading rows={3} /></div>;
  if (contract.isError || sources.isError) return <Trouble error={contract.error ?? sources.error} />;
  const versions = contract.data.items;
  const inForce = versions.find((one) => one.state === "in-force");
  const accepted = of.accepted.filter((one) => one.contract === id).map((one) => one.version);
  const shown = inForce ?? versions.at(-1);
  return (
    <Card flush title={<span className="row"><Link to={`/contracts/${id}` as never} search={{ version: shown?.version ?? "" } as never}>{shown?.name ?? id}</Link>
      {inForce ? <Status state={accepted.includes(inForce.version) ? "met" : "pending"} label={accepted.includes(inForce.version) ? `${inForce.version} accepted` : `${inForce.version} not accepted yet`} /> : <Status state="ended" label="None in force" />}</span>}
      actions={inForce && !accepted.includes(inForce.version) ? <Accept activity={of} contract={inForce} /> : null}>
      {sources.data.items.length ? (
        <Table label={`Data under ${shown?.name ?? id}`} head={["Data", "Address", "Classification"]} rows={sources.data.items.map((one) => [
          <Link key="d" to="/data" search={{ open: one.uri } as never}>{one.title}</Link>, <code key="u">{one.uri}</code>, <Level key="l" of={one.classification} />,
        ])} />
      ) : <p className="secondary" style={{ padding: 16 }}>No contract in force covers data for it now.</p>}
    </Card>
  );
}

export function Accept({ activity, contract }: { activity: Activity; contract: Schemas["ContractShown"] }) {
  const queries = useQueryClient();
  const once = useOnce();
  const [may] = useMay([{ action: "acceptContract", kind: "activity", id: activity.id }]);
  return (
    <Ask name="accept-contract" button="Accept" title={`Accept version ${contract.version} of ${contract.name}?`} confirm="Accept" done="Accepted." disabled={activity.state === "active" ? barred(may) : "Contracts are accepted for active activities."}
      act={async () => {
        await once([contract.id, contract.version, activity.id], (header) => told(api.POST("/v1/contracts/{contract_id}/versions/{version}/acceptances", { params: { path: { contract_id: contract.id, version: contract.version }, header }, body: { activity: activity.id } })));
        await changed(queries, { kind: "contract", id: contract.id }, { kind: "activity", id: activity.id });
      }}>
      <p>In the name of {activity.title}: for {contract.purposes.join(", ")}. Its duties hold for everybody who gets data under it.</p>
      <ul className="stack-s">{contract.clauses.filter((one) => one.hold === "attested").map((one) => <li key={one.clause}>{one.text}</li>)}</ul>
    </Ask>
  );
}
