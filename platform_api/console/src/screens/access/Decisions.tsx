// What was decided of requests and of live grants, newest first; a row leads to its request.
import { useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { Address } from "../../parts/address";
import { counted } from "../../parts/kinds";
import { Facet, Facets, List, TextFilter, useFilters, type Column } from "../../parts/list";
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
  { name: "Asked for", cell: (one) => <Asked of={one.decision} /> },
  { name: "Refused by", cell: (one) => (one.refused_by ? REFUSED_BY[one.refused_by] ?? words(one.refused_by) : "–") },
  { name: "Rules", cell: (one) => <Address of={[one.rulebook]} brief /> },
  { name: "Decided", right: true, cell: (one) => <Time at={one.decided_at} /> },
];

interface Asked { sources?: { source: string }[]; containers?: { uri: string; sources: string[] }[] }

/** What was asked for: databases and products as such, and how many sources it came to. */
function Asked({ of: decision }: { of: Decision["decision"] }) {
  const { sources = [], containers = [] } = (decision.asked ?? {}) as Asked;
  const inside = new Set(containers.flatMap((one) => one.sources));
  const alone = sources.map((one) => one.source).filter((uri) => !inside.has(uri));
  return <Address of={[...containers.map((one) => one.uri), ...alone]} count={sources.length > 1 ? counted(sources.length, "source") : ""} />;
}

export function Decisions() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const { outcome, refused_by, activity, subject, since, until } = search;
  const filters = { outcome, refused_by, activity, subject, since, until };
  return (
    <div className="split with-facets">
      <Facets>
        <Mine />
        <Facet name="outcome" title="Outcome" values={["granted", "refused", "waiting", "kept", "ended"].map((one) => [one, words(one)])} />
        <Facet name="refused_by" title="Refused by" values={Object.entries(REFUSED_BY)} />
      </Facets>
      <div className="stack">
        <div className="filters">
          <TextFilter name="since" label="From (2026-11-23T10:00Z)" fault={timeFault} />
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
