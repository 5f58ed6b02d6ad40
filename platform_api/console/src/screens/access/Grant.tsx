// One grant, whole: what it gives and why each statement of its policy is there, how it came about and how it ends.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { counted } from "../../parts/kinds";
import { Card, Facts, Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Countdown, inWords, Time } from "../../parts/time";
import { ContractName } from "../contracts/ContractName";
import { Ended, Ending, ENDING } from "./Ending";
import { GrantActions } from "./GrantActions";
import { Profile } from "./Profile";
import { UseIt } from "./UseIt";

export type GrantShown = Schemas["GrantShown"];

/** One grant by its id. */
export const grantQuery = (id: string) => ({
  queryKey: ["grant", id],
  queryFn: () => told(api.GET("/v1/grants/{grant_id}", { params: { path: { grant_id: id } } })),
});

export default function Grant() {
  const { grantId } = useParams({ strict: false }) as { grantId: string };
  const answer = useQuery(grantQuery(grantId));
  if (answer.isPending) return <Page title="Grant"><Loading /></Page>;
  if (answer.isError) return <Page title="Grant" crumbs={[{ to: "/grants", label: "Grants" }]}><Trouble error={answer.error} retry={() => void answer.refetch()} /></Page>;
  const grant = answer.data;
  return (
    <Page title={`Access for ${grant.purpose}`} crumbs={[{ to: "/grants", label: "Grants" }]} actions={<GrantActions grant={grant} />}
      lead={<span className="row"><Status state={grant.state} /> {ENDING.has(grant.state) ? null : <>ends in <Countdown to={grant.ends_at} /></>} <Person id={grant.subject} /></span>}>
      <div className="split with-side">
        <div className="stack">
          {ENDING.has(grant.state) ? <Ending of={grant} /> : null}
          {grant.state === "active" ? <UseIt of={grant} /> : null}
          {grant.last_error ? <Trouble error={new Error(grant.last_error)} /> : null}
          <Card title="Data" flush>
            {grant.containers.length ? <ul className="secondary" style={{ padding: 16 }}>{grant.containers.map((one) => <li key={one.uri}>Asked for as <code className="anywhere">{one.uri}</code>: {given(one.sources, grant)}</li>)}</ul> : null}
            <Table label="Data" head={["Source", "To do", "Columns", "Rows"]} rows={grant.sources.map((one) => [
              <code key="u">{one.uri}</code>, one.operations.join(", "), one.columns?.join(", ") ?? "all that it holds", one.row_filter ? <code key="r">{one.row_filter}</code> : "all",
            ])} />
          </Card>
          {grant.principals.map((one) => <Profile key={one.part} of={one} alone={grant.principals.length === 1} />)}
          {grant.artefacts.length ? (
            <Card title="Beside its roles" flush>
              <Table label="Beside its roles" head={["What", "Name", "For", "State", "Since", "Lifted"]} rows={grant.artefacts.map((one) => [
                words(one.mechanism), <code key="n">{one.name}</code>, <code key="s">{one.source}</code>, <Status key="t" state={one.state} />, <Time key="c" at={one.created_at} />, <Time key="e" at={one.ended_at} none="not yet" />,
              ])} />
            </Card>
          ) : null}
        </div>
        <div className="stack">
          <Card title="About"><Facts of={about(grant)} /></Card>
          <Card title="In time"><InTime of={grant} /></Card>
          <Card title="Ends at the latest">
            <div className="stack-s">
              <Facts of={grant.ends_at_the_latest.map((one): [string, React.ReactNode] => [words(one.what), <Time key={one.what} at={one.until} none="when the platform has ended it" />])} />
              <p className="secondary">{grant.ends_at_the_latest.length === 0 ? "Nothing of it can be used any more." : grant.worst_case_end ? <>After <Time at={grant.worst_case_end} /> nothing of it can be used, whatever fails.</> : "Something of it has no end of its own."}</p>
            </div>
          </Card>
        </div>
      </div>
    </Page>
  );
}

/** How many of the sources of what was asked for as a whole are given. */
function given(sources: string[], grant: GrantShown): string {
  const count = sources.filter((uri) => grant.sources.some((one) => one.uri === uri)).length;
  return count === sources.length ? `${count === 1 ? "the one source" : `all ${count} sources`} in it` : `${count} of the ${counted(sources.length, "source")} in it`;
}

function about(grant: GrantShown): [string, React.ReactNode][] {
  return [
    ["Holder", <Person key="h" id={grant.subject} />],
    ["Activity", <Link key="a" to={`/activities/${grant.activity}` as never}>its page</Link>],
    ["Environment", <Link key="e" to={`/environments/${grant.environment}` as never}>{words(grant.tier)}</Link>],
    ["Contracts", <ul key="c">{grant.contracts.map((one) => <li key={one.id}><Link to={`/contracts/${one.id}` as never} search={{ version: one.version } as never}><ContractName id={one.id} version={one.version} /> {one.version}</Link></li>)}</ul>],
    ["Decided by", <Link key="r" to={`/rules/${grant.rulebook}` as never}>rules {grant.rulebook}</Link>],
    ["Request", <Link key="q" to={`/requests/${grant.request}` as never}>what was asked and decided</Link>],
    ...(grant.renews ? [["Renews", <Link key="n" to={`/grants/${grant.renews}` as never}>the grant before ({grant.renewals})</Link>] as [string, React.ReactNode]] : []),
    ["Id", <code key="i">{grant.id}</code>],
  ];
}

/** How it came about, each step with its time, and what followed. */
function InTime({ of }: { of: GrantShown }) {
  const longest = Math.max(1, ...of.steps.map((one) => one.milliseconds));
  const total = of.steps.reduce((sum, one) => sum + one.milliseconds, 0);
  const several = of.principals.length > 1;
  return (
    <div className="stack">
      <Facts of={[["Asked", <Time key="a" at={of.created_at} />], ...(ENDING.has(of.state) ? [["Ended", <Ended key="e" of={of} />]] as [string, React.ReactNode][] : []), [ENDING.has(of.state) ? "Would have ended" : "Ends", <Time key="u" at={of.ends_at} />], ...(of.shortened ? [["Shortened", inWords(of.shortened)] as [string, string]] : [])]} />
      {of.steps.length ? (
        <section className="stack-s">
          <h3>Making it took {ms(total)}</h3>
          <div className="bars lying"><ol>{of.steps.map((one, place) => (
            <li key={place}>
              <span className="row">
                <span>{words(one.step)}{several ? <span className="faint"> ({of.principals.find((p) => p.part === one.part)?.profile})</span> : null}</span>
                <span className="number push">{ms(one.milliseconds)}</span>
              </span>
              <span className="column" aria-hidden><span className="bar" style={{ width: `${(100 * one.milliseconds) / longest}%`, background: "var(--chart-1)" }} /></span>
            </li>
          ))}</ol></div>
        </section>
      ) : null}
      <p className="secondary">{of.sessions === 0 ? "No session has been handed out." : <>{of.sessions} {of.sessions === 1 ? "session has" : "sessions have"} been handed out; the last ends <Time at={of.last_session_end} />.</>}</p>
    </div>
  );
}

function ms(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
