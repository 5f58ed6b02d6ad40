// What was decided of requests and of live grants, newest first; a row leads to its request.
import { useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { Address } from "../../parts/address";
import { Facet, List, TextFilter, useFilters, type Column } from "../../parts/list";
import { Person } from "../../parts/person";
import { Empty } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Time, timeFault } from "../../parts/time";
import { Mine } from "./Mine";

type Decision = Schemas["DecisionShown"];

/** What can refuse a request, in words. */
export const REFUSED_BY: Record<string, string> = { invariants: "Tier rules that always hold", contract: "Contract", rules: "Editable rules", columns: "Columns", request: "The request itself" };

const COLUMNS: Column<Decision>[] = [
  { name: "Asked by", cell: (one) => <Person id={one.subject} /> },
  { name: "Outcome", cell: (one) => <Status state={one.outcome} /> },
  { name: "Refused by", cell: (one) => (one.refused_by ? REFUSED_BY[one.refused_by] ?? words(one.refused_by) : "–") },
  { name: "Rules", cell: (one) => <Address of={[one.rulebook]} /> },
  { name: "Decided", right: true, cell: (one) => <Time at={one.decided_at} /> },
];

export function Decisions() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const { outcome, refused_by, activity, subject, since, until } = search;
  const filters = { outcome, refused_by, activity, subject, since, until };
  return (
    <div className="split with-facets">
      <div className="facets">
        <Mine />
        <Facet name="outcome" title="Outcome" values={["granted", "refused", "kept", "ended"].map((one) => [one, words(one)])} />
        <Facet name="refused_by" title="Refused by" values={Object.entries(REFUSED_BY)} />
      </div>
      <div className="stack">
        <div className="filters">
          <TextFilter name="since" label="From, such as 2026-11-23T10:00Z" fault={timeFault} />
          <TextFilter name="until" label="Until before" fault={timeFault} />
        </div>
        <List name="Decisions" queryKey={["decisions", filters]} columns={COLUMNS} id={(one) => one.id}
          onOpen={(one) => void navigate({ to: `/requests/${one.request}` as never })}
          load={(page) => told(api.GET("/v1/decisions", { params: { query: { ...page, ...filters } } }))}
          empty={<Empty title="No decisions fit"><p>Take a filter away.</p></Empty>} />
      </div>
    </div>
  );
}
