// A contract read as a document: what the data is, where, its tables and columns; at the end its source, word for word.
import { Card, Facts } from "../../parts/page";
import { Level } from "../../parts/status";
import { Table } from "../../parts/table";
import { textOf } from "./odcs";

interface Property { name?: string; logicalType?: string; description?: string; classification?: string; customProperties?: { property?: string; value?: unknown }[] }
interface Odcs {
  name?: string; domain?: string; tenant?: string; tags?: string[]; description?: Record<string, unknown>; team?: { name?: string; members?: { username?: string; role?: string }[] };
  servers?: { server?: string; id?: string; type?: string; location?: string; database?: string; environment?: string; format?: string }[];
  schema?: { name?: string; description?: string; properties?: Property[] }[]; slaProperties?: { property?: string; value?: unknown; unit?: string }[];
}
const HEADS: [string, string][] = [["purpose", "What it is for"], ["usage", "How it may be used"], ["limitations", "What it must not be used for"]];

export function ContractText({ document }: { document: Record<string, unknown> }) {
  const { description, domain, tenant, tags, team, servers, schema, slaProperties } = document as Odcs;
  return (
    <div className="stack">
      <Card title="What the data is">
        <div className="stack">
          {HEADS.filter(([key]) => typeof description?.[key] === "string").map(([key, head]) => <section key={key}><h3>{head}</h3><p>{String(description?.[key])}</p></section>)}
          <Facts of={[["Domain", domain ?? "–"], ["Tenant", tenant ?? "–"], ["Tags", tags?.join(", ") || "none"], ["Owner team", team?.name ?? "–"], ["People", team?.members?.map((one) => `${one.username ?? "?"} (${one.role ?? "member"})`).join(", ") || "none named"]]} />
        </div>
      </Card>
      <Card title="Where it is" flush>
        <Table label="Where the data is" head={["Server", "Kind", "Location", "Format"]} rows={(servers ?? []).map((one) => [one.server ?? one.id ?? "", one.type ?? "", <code key="l">{[one.location, one.database].filter(Boolean).join(" · ")}</code>, one.format ?? ""])} />
      </Card>
      {(schema ?? []).map((table) => (
        <Card key={table.name} title={`Table ${table.name ?? ""}`} flush>
          {table.description ? <p className="secondary" style={{ padding: "12px 16px 0" }}>{table.description}</p> : null}
          <Table label={`Columns of ${table.name ?? "a table"}`} head={["Column", "Type", "Classification", "Category and masking"]} rows={(table.properties ?? []).map((one) => [
            <code key="n">{one.name}</code>, one.logicalType ?? "", one.classification ? <Level key="c" of={one.classification} /> : "–",
            one.customProperties?.map((own) => `${own.property ?? ""}: ${typeof own.value === "string" ? own.value : JSON.stringify(own.value)}`).join("; ") ?? "",
          ])} />
        </Card>
      ))}
      {slaProperties?.length ? <Card title="What is promised"><Facts of={slaProperties.map((one): [string, string] => [one.property ?? "", `${String(one.value)} ${one.unit ?? ""}`])} /></Card> : null}
      <details><summary>The source, word for word</summary><pre className="code" tabIndex={0} style={{ marginTop: 8 }}>{textOf(document)}</pre></details>
    </div>
  );
}
