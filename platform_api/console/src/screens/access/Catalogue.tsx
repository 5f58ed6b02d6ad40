// The catalogue to choose from: by words, kind and sensitivity, a page at a time.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { api, told, type Schemas } from "../../api/client";
import { kindName } from "../../parts/kinds";
import { Card } from "../../parts/page";
import { PickOne } from "../../parts/pick";
import { LEVELS } from "../../parts/scales";
import { useSettled } from "../../parts/settled";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Level, words } from "../../parts/status";
import { choiceOf, containerChoice, type Choice } from "./asked";

const CONTAINERS = { "data-product": "/v1/catalogue/products", "glue-database": "/v1/catalogue/databases" } as const;
const KINDS = ["data-product", "glue-database", "s3-prefix", "glue-table", "dynamodb-table", "redshift-database", "redshift-workgroup", "rds-database", "kinesis-stream", "secret", "bedrock-model", "image-repository", "package-repository"];
const PAGE = 15;
const MOST = 200;

export function Catalogue({ add, chosen }: { add: (choice: Choice) => void; chosen: Choice[] }) {
  const [text, setText] = useState("");
  const [kind, setKind] = useState("");
  const [classification, setLevel] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const q = useSettled(text.trim());
  const found = useQuery({
    queryKey: ["sources", "catalogue", q, kind, classification, limit], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => listed(kind, { q: q || undefined, classification: classification || undefined, limit }, signal),
  });
  return (
    <Card title="Catalogue">
      <div className="stack-s">
        <input className="input" type="search" aria-label="Search the catalogue" placeholder="Search by name or address" value={text} onChange={(e) => { setText(e.currentTarget.value); setLimit(PAGE); }} />
        <div className="grid">
          <PickOne label="Kind" value={kind} of={[["", "any"], ...KINDS.map((one): [string, string] => [one, kindName(one)])]} onChange={setKind} />
          <PickOne label="Sensitivity" value={classification} of={[["", "any"], ...LEVELS.map((one): [string, string] => [one, words(one)])]} onChange={setLevel} />
        </div>
        {found.isPending ? <Loading rows={3} /> : found.isError ? <Trouble error={found.error} /> : found.data.items.length === 0 ? <Empty title="Nothing of that name" /> : (
          <ul>{found.data.items.map(({ item, title, choice }) => {
            const has = chosen.some((one) => one.uri === item.uri);
            return (
              <li key={item.uri} className="row lined-top">
                <span className="stack-s grow" style={{ gap: 0 }}><span>{title}</span><code className="faint anywhere">{item.uri}</code></span>
                <Level of={item.classification} />
                <button type="button" className="button icon" disabled={!choice || has} aria-label={`Add ${title} ${item.uri}`} onClick={() => choice && add(choice)}><IconPlus size={16} aria-hidden /></button>
              </li>
            );
          })}</ul>
        )}
        {found.data?.next_cursor && limit < MOST ? <button type="button" className="button" onClick={() => setLimit(Math.min(MOST, limit * 3))}>Show more</button> : null}
      </div>
    </Card>
  );
}

interface Found { item: Schemas["SourceItemShown"] | Schemas["ContainerShown"]; title: string; choice: Choice | null }

/** Sources, or the data products and databases that they are in: each as it can be chosen. */
async function listed(kind: string, filters: { q?: string; classification?: string; limit: number }, signal: AbortSignal): Promise<{ items: Found[]; next_cursor: string | null }> {
  if (kind in CONTAINERS) {
    const page = await told(api.GET(CONTAINERS[kind as keyof typeof CONTAINERS], { signal, params: { query: filters as never } }));
    return { items: page.items.map((item) => ({ item, title: `${item.name}, all ${item.sources} of it`, choice: containerChoice(item) })), next_cursor: page.next_cursor };
  }
  const page = await told(api.GET("/v1/sources", { signal, params: { query: { ...filters, kind: kind || undefined } as never } }));
  return { items: page.items.map((item) => ({ item, title: item.title, choice: choiceOf(item) })), next_cursor: page.next_cursor };
}
