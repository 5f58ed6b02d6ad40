// The data contracts: which data, for which purpose, how long, what may leave.
import { Link, useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { barred, useMay } from "../../api/may";
import { Deed } from "../../parts/deed";
import { Facet, Facets, List, useFilters, type Column } from "../../parts/list";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Empty } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Time } from "../../parts/time";

type Contract = Schemas["ContractShown"];

const COLUMNS: Column<Contract>[] = [
  { name: "Contract", cell: (one) => one.name },
  { name: "Version", cell: (one) => <span className="number">{one.version}</span> },
  { name: "Owner team", cell: (one) => one.owner_team },
  { name: "Proposed by", cell: (one) => <Person id={one.proposer} /> },
  { name: "State", cell: (one) => <Status state={one.state} /> },
  { name: "Until", right: true, cell: (one) => <Time at={one.ends_at} /> },
];

export default function Contracts() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const [may] = useMay([{ action: "proposeContract", kind: "platform" }]);
  return (
    <Page title="Contracts" lead="The coarse terms for data. Without one in force nothing is given; a version is signed by the data's owner, never by who proposed it."
      actions={may?.allowed ? <Link to={"/contracts/desk" as never} className="button primary">New contract</Link> : <Deed why={barred(may)}>New contract</Deed>}>
      <div className="split with-facets">
        <Facets>
          <Facet name="state" title="State" values={["draft", "proposed", "signed", "in-force", "superseded", "ended"].map((one) => [one, words(one)])} />
        </Facets>
        <List name="Contracts" queryKey={["contracts", search.state ?? ""]} columns={COLUMNS} id={(one) => `${one.id}/${one.version}`}
          onOpen={(one) => void navigate({ to: `/contracts/${one.id}` as never, search: { version: one.version } as never })}
          load={(page) => told(api.GET("/v1/contracts", { params: { query: { ...page, state: search.state } } }))}
          empty={<Empty title="No contracts"><p>A data producer proposes the first one, as a document of the Open Data Contract Standard.</p></Empty>} />
      </div>
    </Page>
  );
}
