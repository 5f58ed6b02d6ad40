// What people work on: every activity that the person may see.
import { Link, useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { barred, useMay } from "../../api/may";
import { useSession } from "../../api/session";
import { Deed } from "../../parts/deed";
import { Facet, Facets, List, TextFilter, useFilters, type Column } from "../../parts/list";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { LEVELS } from "../../parts/scales";
import { Empty } from "../../parts/states";
import { Level, Status, words } from "../../parts/status";
import { Time } from "../../parts/time";

type Activity = Schemas["ActivityShown"];

const COLUMNS: Column<Activity>[] = [
  { name: "Activity", cell: (one) => one.title },
  { name: "Owner", cell: (one) => <Person id={one.owner} /> },
  { name: "Purposes", cell: (one) => one.purposes.join(", ") },
  { name: "Data up to", cell: (one) => <Level of={one.data_classification} /> },
  { name: "State", cell: (one) => <Status state={one.state} /> },
  { name: "Ends", right: true, cell: (one) => <Time at={one.ends_at} /> },
];

export default function Activities() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const session = useSession();
  const [may] = useMay([{ action: "registerActivity", kind: "platform" }]);
  const { state, classification, owner, name } = search;
  return (
    <Page title="Activities" lead="Research activities with their environments, members and data."
      actions={may?.allowed ? <Link to={"/activities/new" as never} className="button primary">Register an activity</Link> : <Deed why={barred(may)}>Register an activity</Deed>}>
      <div className="split with-facets">
        <Facets>
          <Facet name="state" title="State" values={["submitted", "active", "suspended", "retiring", "retired", "rejected"].map((one) => [one, words(one)])} />
          <Facet name="classification" title="Data up to" values={LEVELS.map((one) => [one, words(one)])} />
          {session ? <Facet name="owner" title="Owner" values={[[session.id, "Owned by me"]]} /> : null}
        </Facets>
        <div className="stack">
          <div className="filters"><TextFilter name="name" label="Short name" /></div>
          <List name="Activities" queryKey={["activities", state ?? "", classification ?? "", owner ?? "", name ?? ""]} columns={COLUMNS} id={(one) => one.id}
            onOpen={(one) => void navigate({ to: `/activities/${one.id}` as never })}
            load={(page) => told(api.GET("/v1/activities", { params: { query: { ...page, state, classification, owner, name } } }))}
            empty={<Empty title="No activities"><p>An activity is where access begins: register what you want to find out.</p></Empty>} />
        </div>
      </div>
    </Page>
  );
}
