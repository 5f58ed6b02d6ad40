// A catalogue item as the API wants it in a request.
import type { Schemas } from "../../api/client";

type Item = Schemas["SourceItemShown"];
type Container = Schemas["ContainerShown"];
export type Operation = Schemas["Operation"];
type Asked = Schemas["AccessAsked"]["sources"][number];
type ServiceKind = Schemas["ServiceAsked"]["kind"];

/** `columns`: only these, where an offer has narrowed it to them; `asked` gives it as the request's body has it. */
export interface Choice { uri: string; title: string; classification: string; asked: (of: Wanted) => Asked; operations: Operation[]; columns: string[] | null; offered: Operation[] }
/** What is wanted of a choice. */
type Wanted = Pick<Choice, "operations" | "columns">;

/** What can be chosen of an item: what its kind offers; of files and tables by name, of everything else by its URI. */
export function choiceOf(item: Item): Choice | null {
  const offered = item.operations;
  const about = { uri: item.uri, title: item.title, classification: item.classification, offered, columns: null };
  if (item.kind === "s3-prefix") {
    const { account, bucket, prefix } = item;
    if (!bucket || prefix === null || prefix === undefined) return null;
    return { ...about, operations: ["select"], asked: ({ operations: chosen }) => ({ kind: "s3-prefix", account, bucket, prefix, operations: chosen }) };
  }
  const operations = offered.filter((operation) => operation === "describe" || operation === "select");
  if (item.kind === "glue-table" || item.kind === "glue-view") {
    const { account, region, database, table } = item;
    if (!database || !table) return null;
    return { ...about, operations, asked: ({ operations: chosen, columns }) => ({ kind: "glue-table", account, region, database, table, operations: chosen, ...(columns ? { columns } : {}) }) };
  }
  const kind = item.kind as ServiceKind;
  return { ...about, operations, asked: ({ operations: chosen }) => ({ kind, uri: item.uri, operations: chosen }) };
}

/** A data product or a database, as everything that is catalogued in it when it is asked for. */
export function containerChoice(one: Container): Choice {
  const kind = one.kind as Schemas["ContainerAsked"]["kind"];
  return {
    uri: one.uri, title: one.name, classification: one.classification, offered: one.operations, columns: null,
    operations: one.operations.filter((operation) => operation === "describe" || operation === "select"),
    asked: ({ operations }) => ({ kind, uri: one.uri, operations }),
  };
}
