// The catalogue: what data there is, how sensitive it is, and which contract covers it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sourceQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { Address } from "../../parts/address";
import { kindName } from "../../parts/kinds";
import { Facet, Facets, List, TextFilter, useFilters, type Column } from "../../parts/list";
import { Facts, Page } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Absent, Empty } from "../../parts/states";
import { Level } from "../../parts/status";
import { Tabs } from "../../parts/tabs";
import { Containers, Levels, Within } from "./Containers";

type Item = Schemas["SourceItemShown"];

const COLUMNS: Column<Item>[] = [
  { name: "Data", cell: (item) => item.title },
  { name: "Address", cell: (item) => <Address of={[item.uri]} /> },
  { name: "Product", cell: (item) => item.product },
  { name: "Classification", cell: (item) => <Level of={item.classification} /> },
  { name: "Contract", beside: false, cell: (item) => (item.contract ? `${item.contract.name} ${item.contract.version}` : <span className="faint">none</span>) },
];

export default function Data() {
  return (
    <Page title="Data" lead="What is catalogued. Without a contract in force nobody is given access to it.">
      <Tabs label="Look at" of={[
        { id: "sources", name: "Sources", content: () => <Sources /> },
        { id: "products", name: "Data products", content: () => <Containers of="products" /> },
        { id: "databases", name: "Databases", content: () => <Containers of="databases" /> },
      ]} />
    </Page>
  );
}

function Sources() {
  const [search] = useFilters();
  const { q, kind, classification, product } = search;
  return (
    <div className="split with-facets">
      <Facets>
        <Levels />
        <Facet name="kind" title="Kind" values={[["s3-prefix", "Files (S3 prefix)"], ["glue-table", "Table (Glue)"], ["glue-view", "View (Glue)"]]} />
      </Facets>
      <div className={search.open ? "split with-side" : "split"}>
        <div className="stack">
          <div className="filters"><TextFilter name="q" label="Search by name or address" /></div>
          <List name="Data" queryKey={["sources", q, kind, classification, product]} columns={COLUMNS} id={(item) => item.uri}
            load={(page) => told(api.GET("/v1/sources", { params: { query: { ...page, q, kind, classification, product } as never } }))}
            empty={<Empty title="Nothing of that kind"><p>Take a filter away, or ask the data's producer to have it catalogued.</p></Empty>} />
        </div>
        {search.open ? <OneItem uri={search.open} /> : null}
      </div>
    </div>
  );
}

function OneItem({ uri }: { uri: string }) {
  const found = useQuery(sourceQuery(uri));
  const item = found.data;
  if (!item) return <Panel title={<h2>{uri}</h2>}><Absent of={found} none="It is not catalogued, or not for you." /></Panel>;
  return (
    <Panel title={<><h2>{item.title}</h2><span><Level of={item.classification} /></span></>}>
      <Facts of={[
        ["Address", <code key="a">{item.uri}</code>],
        ["Kind", kindName(item.kind)],
        ["Product", <Within key="p" of={item} tab="products">{item.product} ({item.domain})</Within>],
        ...(item.database ? [["Database", <Within key="d" of={item} tab="databases">{item.database}</Within>] as [string, React.ReactNode]] : []),
        ["Account", <span key="n" className="mono">{item.account}</span>],
        ["Labels", item.classes.join(", ") || "none"],
        ["Contract", item.contract ? <Link key="c" to={`/contracts/${item.contract.id}` as never}>{item.contract.name} {item.contract.version}</Link> : "none in force"],
      ]} />
      {item.columns ? (
        <section className="stack-s">
          <h3>Columns by classification</h3>
          {item.columns.map((group) => (
            <div key={group.group} className="stack-s" style={{ gap: 4 }}>
              <span className="row"><strong>{group.group}</strong> <Level of={group.classification} /> {group.classes.map((one) => <span key={one} className="chip">{one}</span>)}</span>
              <span className="mono secondary">{group.columns.join(", ")}</span>
            </div>
          ))}
        </section>
      ) : null}
      <Link to="/request" search={{ add: item.uri } as never} className="button">Request access to it</Link>
    </Panel>
  );
}
