// Live grants and those that ended: who, what, until when, and the way to take one back.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, told, type Schemas } from "../../api/client";
import { Ask } from "../../parts/ask";
import { Facet, List, useFilters, type Column } from "../../parts/list";
import { Facts, Page } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Person } from "../../parts/person";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Countdown, Time } from "../../parts/time";

type Grant = Schemas["GrantShown"];
const ENDING = new Set(["revoking", "expiring", "denied", "stuck", "closed", "abandoned"]);

const COLUMNS: Column<Grant>[] = [
  { name: "Holder", cell: (grant) => <Person id={grant.subject} /> },
  { name: "Data", cell: (grant) => <span className="mono">{grant.sources.map((one) => one.uri).join(", ")}</span> },
  { name: "Tier", cell: (grant) => words(grant.tier) },
  { name: "State", cell: (grant) => <Status state={grant.state} /> },
  { name: "Left", right: true, cell: (grant) => (ENDING.has(grant.state) ? <Time at={grant.ends_at} /> : <Countdown to={grant.ends_at} />) },
];

export default function Grants() {
  const [search] = useFilters();
  return (
    <Page title="Grants" lead="Access that was given: until when, and whether AWS was seen to refuse it after it was taken back.">
      <div className={`split with-facets`}>
        <div className="facets">
          <Facet name="state" title="State" values={["active", "minting", "revoking", "denied", "expiring", "stuck", "closed"].map((one) => [one, words(one)])} />
        </div>
        <div className={search.open ? "split with-side" : "split"}>
          <List name="Grants" queryKey={["grants", search.state ?? ""]} columns={COLUMNS} id={(grant) => grant.id}
            load={(page) => told(api.GET("/v1/grants", { params: { query: { ...page, state: search.state, activity: search.activity } } }))}
            empty={<Empty title="No grants"><p>{search.state ? "None is in this state." : "Nobody has been given access yet."}</p></Empty>} />
          {search.open ? <OneGrant id={search.open} /> : null}
        </div>
      </div>
    </Page>
  );
}

function OneGrant({ id }: { id: string }) {
  const queries = useQueryClient();
  const answer = useQuery({
    queryKey: ["grant", id],
    queryFn: () => told(api.GET("/v1/grants/{grant_id}", { params: { path: { grant_id: id } } })),
  });
  if (answer.isPending) return <Panel title="Grant"><Loading /></Panel>;
  if (answer.isError) return <Panel title="Grant"><Trouble error={answer.error} /></Panel>;
  const grant = answer.data;
  const revoke = async (reason: string) => {
    await told(api.POST("/v1/grants/{grant_id}/revoke", { params: { path: { grant_id: id } }, body: { reason } }));
    await queries.invalidateQueries({ queryKey: ["grant", id] });
    await queries.invalidateQueries({ queryKey: ["grants"] });
  };
  return (
    <Panel title={<><h2>{grant.purpose}</h2><Status state={grant.state} /></>}>
      <Facts of={[
        ["Holder", <Person key="h" id={grant.subject} />],
        ["Data", <ul key="d" className="stack-s">{grant.sources.map((one) => <li key={one.uri}><code>{one.uri}</code> <span className="faint">{one.operations.join(", ")}</span></li>)}</ul>],
        ["Tier", words(grant.tier)],
        ["Ends", <Time key="e" at={grant.ends_at} />],
        ["Decided by", `rulebook ${grant.rulebook}`],
        ["Refused by AWS", grant.denial ? `${grant.denial.count} times, ${grant.denial.where}` : "not seen"],
      ]} />
      <Ask button="Revoke" kind="danger" title="Take this access back?" reason="Why" confirm="Revoke" done="The grant is being revoked." act={revoke}
        disabled={ENDING.has(grant.state) ? "It is ending already." : undefined}>
        <p>No new session is given, and every session that is out is denied. What has been read has been read.</p>
      </Ask>
    </Panel>
  );
}
