// Who has access to what: person, activity, grant, dataset, as a picture and, equally, as a table.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, told } from "../../api/client";
import { useName, usePeople } from "../../api/people";
import { useFilters } from "../../parts/list";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { PickOne } from "../../parts/pick";
import { Empty, Loading, Trouble } from "../../parts/states";
import { words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Tabs } from "../../parts/tabs";
import { clock, Time } from "../../parts/time";
import { COLUMNS, edgeKey, laidOut, through, type Path } from "./layout";

const [WIDE, HIGH, ACROSS, DOWN] = [216, 46, 288, 56];

export default function Graph() {
  const [search, change] = useFilters();
  const { person, activity, dataset } = search;
  const name = useName();
  const answer = useQuery({
    queryKey: ["access-graph", person ?? "", activity ?? "", dataset ?? ""],
    queryFn: () => told(api.GET("/v1/access-graph", { params: { query: { person, activity, dataset } } })),
  });
  const paths = answer.data?.grants ?? [];
  const choices = (chosen: string | undefined, of: [string, string][]): [string, string][] => [["", "any"], ...new Map([...(chosen ? [[chosen, chosen] as [string, string]] : []), ...of]).entries()];
  return (
    <Page title="Access graph" lead="Every live grant that you may see: from a person through an activity to data. Each thing leads to its page.">
      <div className="stack">
        <div className="grid">
          <PickOne label="Person" value={person ?? ""} of={choices(person, paths.map((one) => [one.person, name(one.person)]))} onChange={(id) => change({ person: id || undefined })} />
          <PickOne label="Activity" value={activity ?? ""} of={choices(activity, paths.map((one) => [one.activity, one.activity_title]))} onChange={(id) => change({ activity: id || undefined })} />
          <PickOne label="Data" value={dataset ?? ""} of={choices(dataset, paths.flatMap((one) => one.data.map((data): [string, string] => [data.uri, data.uri])))} onChange={(id) => change({ dataset: id || undefined })} />
        </div>
        {answer.isPending ? <div className="card"><Loading /></div> : answer.isError ? <Trouble error={answer.error} retry={() => void answer.refetch()} /> : paths.length === 0
          ? <div className="card"><Empty title="No live access"><p>{person || activity || dataset ? "None fits the filters." : "Nobody that you may see has a live grant."}</p></Empty></div>
          : <Tabs label="Picture or table" of={[{ id: "graph", name: "Picture", content: () => <Picture of={paths} /> }, { id: "table", name: "Table", content: () => <AsTable of={paths} /> }]} />}
        {answer.data?.truncated ? <p className="notice">There is more than can be drawn: the newest {paths.length} grants are shown. Filter by a person, an activity or data.</p> : null}
      </div>
    </Page>
  );
}

/** Real links in four columns, so that keyboard and screen reader have them all; the lines are for eyes only. */
function Picture({ of }: { of: Path[] }) {
  const people = usePeople();
  const [lit, setLit] = useState<string | null>(null);
  const { nodes, edges, rows } = useMemo(() => laidOut(of, (id) => people.get(id)?.name ?? id, (path) => `${words(path.tier)}, until ${clock(path.ends_at)}`), [of, people]);
  const places = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const shown = useMemo(() => (lit ? through(lit, of) : null), [lit, of]);
  const height = rows * DOWN + 28;
  const y = (row: number) => 28 + row * DOWN;
  return (
    <div className="card table-box" tabIndex={0} role="region" aria-label="Access as a picture">
      <div className="graph" style={{ height, width: ACROSS * 3 + WIDE + 32 }}>
        <svg width="100%" height="100%" aria-hidden>
          {edges.map(({ from, to }) => {
            const [a, b] = [places.get(from), places.get(to)];
            if (!a || !b) return null;
            const [x1, y1, x2, y2] = [16 + a.column * ACROSS + WIDE, y(a.row) + HIGH / 2, 16 + b.column * ACROSS, y(b.row) + HIGH / 2];
            return <path key={edgeKey(from, to)} className={shown === null ? "" : shown.edges.has(edgeKey(from, to)) ? "lit" : "dim"} d={`M${x1} ${y1} C${x1 + 36} ${y1} ${x2 - 36} ${y2} ${x2} ${y2}`} />;
          })}
        </svg>
        {COLUMNS.map((title, column) => (
          <section key={title} aria-label={title}>
            <h2 style={{ left: 16 + column * ACROSS, width: WIDE }}>{title}</h2>
            <ul>{nodes.filter((node) => node.column === column).map((node) => (
              <li key={node.id} style={{ left: 16 + column * ACROSS, top: y(node.row), width: WIDE, height: HIGH }}>
                <Link to={node.to as never} search={node.search as never} className={shown === null || shown.nodes.has(node.id) ? "node" : "node dim"} title={`${node.name}\n${node.about}`}
                  onMouseEnter={() => setLit(node.id)} onMouseLeave={() => setLit(null)} onFocus={() => setLit(node.id)} onBlur={() => setLit(null)}>
                  <span>{node.name}</span><span className="faint">{node.about}</span>
                </Link>
              </li>
            ))}</ul>
          </section>
        ))}
      </div>
    </div>
  );
}

function AsTable({ of }: { of: Path[] }) {
  return (
    <div className="card">
      <Table label="Access as a table" head={["Person", "Activity", "Grant", "Until", "Data"]} rows={of.map((one) => [
        <Link key="p" to="/grants" search={{ subject: one.person } as never}><Person id={one.person} /></Link>,
        <Link key="a" to={`/activities/${one.activity}` as never}>{one.activity_title}</Link>,
        <Link key="g" to={`/grants/${one.grant}` as never}>{one.purpose}, {one.tier}</Link>,
        <Time key="t" at={one.ends_at} />,
        <ul key="d">{one.data.map((data) => <li key={data.uri}><Link to="/data" search={{ open: data.uri } as never}>{data.title}</Link></li>)}</ul>,
      ])} />
    </div>
  );
}
