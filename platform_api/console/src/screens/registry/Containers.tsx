// Data products and databases: what the catalogued data is in, and one of them beside the list with all that it holds.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, told, type Schemas } from "../../api/client";
import { kindName, ofKind } from "../../parts/kinds";
import { Facet, Facets, List, TextFilter, useFilters, type Column } from "../../parts/list";
import { Facts } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { LEVELS } from "../../parts/scales";
import { Absent, Empty } from "../../parts/states";
import { Level, words } from "../../parts/status";

type Container = Schemas["ContainerShown"];
export type Containers = "products" | "databases";
const NAMES = { products: "Data products", databases: "Databases" };

const COLUMNS: Column<Container>[] = [
  { name: "Name", cell: (one) => one.name },
  { name: "Of", cell: (one) => (one.account ? <span className="mono">{one.account} {one.region}</span> : one.domains.join(", ")) },
  { name: "Owner", cell: (one) => one.owners.join(", ") },
  { name: "Highest classification", cell: (one) => <Level of={one.classification} /> },
  { name: "Sources", cell: (one) => one.sources, right: true, beside: false },
  { name: "Contracts", cell: (one) => <Covered of={one} />, beside: false },
];

export function Containers({ of: which }: { of: Containers }) {
  const [search] = useFilters();
  const { q, classification, owner, label, contract, domain } = search;
  const filters = { q, classification, owner, label, contract, domain };
  return (
    <div className="split with-facets">
      <Facets><Levels /></Facets>
      <div className={search.open ? "split with-side" : "split"}>
        <div className="stack">
          <div className="filters"><TextFilter name="q" label="Search by name, owner or domain" /></div>
          <List name={NAMES[which]} queryKey={["containers", which, filters]} columns={COLUMNS} id={(one) => one.uri}
            load={(page) => told(api.GET(`/v1/catalogue/${which}`, { params: { query: { ...page, ...filters } as never } }))}
            empty={<Empty title="Nothing of that kind"><p>A product or a database is here as soon as something of it is catalogued. Take a filter away, or look among the sources.</p></Empty>} />
        </div>
        {search.open ? <OneContainer which={which} uri={search.open} /> : null}
      </div>
    </div>
  );
}

function OneContainer({ which, uri }: { which: Containers; uri: string }) {
  const found = useInfiniteQuery({
    queryKey: ["container", which, uri, "pages"], initialPageParam: "",
    queryFn: ({ pageParam }) => told(api.GET(`/v1/catalogue/${which}/item`, { params: { query: { uri, ...(pageParam ? { cursor: pageParam } : {}) } as never } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const one = found.data?.pages[0];
  if (!one) return <Panel title={<h2>{uri}</h2>}><Absent of={found} none="Nothing of it is catalogued, or it is not for you." /></Panel>;
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={<><h2>{one.name}</h2><span><Level of={one.classification} /></span></>}>
      <Facts of={[
        ["Address", <code key="a" className="anywhere">{one.uri}</code>],
        ["Kind", kindName(one.kind)],
        ["Owner", one.owners.join(", ")],
        ["Domain", one.domains.join(", ")],
        ...(one.account ? [["Account", <span key="n" className="mono">{one.account}</span>] as [string, ReactNode]] : []),
        ["Labels", one.classes.join(", ") || "none"],
        ["Sources", Object.entries(one.counts).map(([kind, count]) => ofKind(count, kind)).join(", ")],
        ["Contracts", <Covered key="c" of={one} />],
      ]} />
      <section className="stack-s">
        <h3>What is in it</h3>
        <ul>{items.map((item) => (
          <li key={item.uri} className="row lined-top">
            <span className="stack-s grow" style={{ gap: 0 }}>
              <Link to="/data" search={{ open: item.uri } as never}>{item.title}</Link>
              <code className="faint anywhere">{item.uri}</code>
              <span className="secondary">{item.contract ? `under ${item.contract.name} ${item.contract.version}` : "under no contract"}</span>
            </span>
            <Level of={item.classification} />
          </li>
        ))}</ul>
        {found.hasNextPage ? <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Show more</button> : null}
      </section>
      <Link to="/request" search={{ add: one.uri } as never} className="button">Request access to all of it</Link>
    </Panel>
  );
}

/** The contracts in force that cover something of it, each with how much. */
function Covered({ of: one }: { of: Container }) {
  if (one.contracts.length === 0) return <span className="faint">none in force</span>;
  return (
    <span className="stack-s" style={{ gap: 0 }}>{one.contracts.map((each) => (
      <span key={each.id}><Link to={`/contracts/${each.id}` as never}>{each.name} {each.version}</Link> <span className="secondary">{each.sources === one.sources ? "all" : `${each.sources} of ${one.sources}`}</span></span>
    ))}</span>
  );
}

/** The way from a source to its product or its database. */
export function Within({ of: item, tab, children }: { of: Schemas["SourceItemShown"]; tab: Containers; children: ReactNode }) {
  const uri = item.within.find((one) => one.startsWith("product://") === (tab === "products"));
  return uri ? <Link to="/data" search={{ tab, open: uri } as never}>{children}</Link> : <>{children}</>;
}

export function Levels() {
  return <Facet name="classification" title="Classification" values={LEVELS.map((one) => [one, words(one)])} />;
}
