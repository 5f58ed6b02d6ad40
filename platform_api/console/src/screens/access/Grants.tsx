// Live grants and those that ended: who, what, until when, and the way to take one back.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { Address } from "../../parts/address";
import { Facet, Facets, List, useFilters, type Column } from "../../parts/list";
import { Facts, Page } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Person } from "../../parts/person";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Tabs } from "../../parts/tabs";
import { clock, Countdown, Time } from "../../parts/time";
import { Ended, Ending, ENDING } from "./Ending";
import { Decisions } from "./Decisions";
import { grantQuery } from "./Grant";
import { GrantActions } from "./GrantActions";
import { Mine } from "./Mine";

type Grant = Schemas["GrantShown"];
type Request = Schemas["RequestShown"];

const COLUMNS: Column<Grant>[] = [
  { name: "Holder", cell: (grant) => <Person id={grant.subject} /> },
  { name: "State", cell: (grant) => <Status state={grant.state} /> },
  { name: "Data", cell: (grant) => <Address of={grant.sources.map((one) => one.uri)} /> },
  { name: "Tier", beside: false, cell: (grant) => words(grant.tier) },
  { name: "Left, or ended", right: true, beside: false, cell: (grant) => (ENDING.has(grant.state) ? <Ended of={grant} /> : <Countdown to={grant.ends_at} />) },
];

const REQUESTS: Column<Request>[] = [
  { name: "Asked by", cell: (one) => <Person id={one.subject} /> },
  { name: "Purpose", cell: (one) => one.purpose },
  { name: "Outcome", cell: (one) => <Status state={one.outcome} /> },
  { name: "Decided", right: true, cell: (one) => <Time at={one.decided_at} /> },
];

export default function Grants() {
  return (
    <Page title="Grants" lead="Access that was given: until when, and whether AWS was seen to refuse it after it was taken back.">
      <Tabs label="Grants, requests and decisions" of={[
        { id: "grants", name: "Grants", content: () => <Given /> },
        { id: "requests", name: "Requests", content: () => <Asked /> },
        { id: "decisions", name: "Decisions", content: () => <Decisions /> },
      ]} />
    </Page>
  );
}

function Given() {
  const [search] = useFilters();
  const { state, activity, subject, ends_before } = search;
  return (
    <div className="split with-facets">
      <Facets>
        <Mine />
        <Facet name="state" title="State" values={["active", "minting", "revoking", "denied", "expiring", "stuck", "closed"].map((one) => [one, words(one)])} />
        {ends_before ? <Facet name="ends_before" title="Ends before" values={[[ends_before, clock(ends_before)]]} /> : null}
      </Facets>
      <div className={search.open ? "split with-side" : "split"}>
        <List name="Grants" queryKey={["grants", state ?? "", activity ?? "", subject ?? "", ends_before ?? ""]} columns={COLUMNS} id={(grant) => grant.id}
          load={(page) => told(api.GET("/v1/grants", { params: { query: { ...page, state, activity, subject, ends_before } } }))}
          empty={<Empty title="No grants"><p>{state ? "None is in this state." : "Nobody has been given access yet."}</p></Empty>} />
        {search.open ? <OneGrant key={search.open} id={search.open} /> : null}
      </div>
    </div>
  );
}

function Asked() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const { outcome, activity, subject } = search;
  return (
    <div className="split with-facets">
      <Facets>
        <Mine />
        <Facet name="outcome" title="Outcome" values={["awaiting-approval", "ready", "granted", "refused", "declined", "expired", "withdrawn"].map((one) => [one, words(one)])} />
      </Facets>
      <List name="Requests" queryKey={["requests", outcome ?? "", activity ?? "", subject ?? ""]} columns={REQUESTS} id={(one) => one.id}
        onOpen={(one) => void navigate({ to: `/requests/${one.id}` as never })}
        load={(page) => told(api.GET("/v1/access-requests", { params: { query: { ...page, outcome, activity, subject } } }))}
        empty={<Empty title="No requests"><p>{outcome ? "None came to this." : "Nobody has asked for access yet."}</p></Empty>} />
    </div>
  );
}

function OneGrant({ id }: { id: string }) {
  const answer = useQuery(grantQuery(id));
  if (answer.isPending) return <Panel title="Grant"><Loading /></Panel>;
  if (answer.isError) return <Panel title="Grant"><Trouble error={answer.error} /></Panel>;
  const grant = answer.data;
  return (
    <Panel title={<><h2>{grant.purpose}</h2><Status state={grant.state} /></>}>
      <Link to={`/grants/${grant.id}` as never} className="button">The whole grant, with its policy in words</Link>
      {ENDING.has(grant.state) ? <Ending of={grant} /> : null}
      <Facts of={[
        ["Holder", <Person key="h" id={grant.subject} />],
        ["Data", <ul key="d" className="stack-s">{grant.sources.map((one) => <li key={one.uri}><code>{one.uri}</code> <span className="faint">{one.operations.join(", ")}</span></li>)}</ul>],
        ["Tier", words(grant.tier)],
        ENDING.has(grant.state) ? ["Ended", <Ended key="e" of={grant} />] : ["Ends", <Time key="e" at={grant.ends_at} />],
        ["Decided by", <Link key="r" to={`/rules/${grant.rulebook}` as never}>rules {grant.rulebook}</Link>],
      ]} />
      <div className="panel-foot"><GrantActions grant={grant} /></div>
    </Panel>
  );
}
