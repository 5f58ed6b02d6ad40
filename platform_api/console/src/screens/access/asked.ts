// A catalogue item as the API wants it in a request.
import type { Schemas } from "../../api/client";

export type Item = Schemas["SourceItemShown"];
export type Operation = Schemas["Operation"];
type Asked = Schemas["AccessAsked"]["sources"][number];
type ServiceKind = Schemas["ServiceAsked"]["kind"];

export interface Choice { uri: string; title: string; classification: string; asked: (operations: Operation[], columns?: string[] | null) => Asked; operations: Operation[]; offered: Operation[] }

/** What can be chosen of an item: what its kind offers; of files and tables by name, of everything else by its URI. */
export function choiceOf(item: Item): Choice | null {
  const offered = item.operations;
  const about = { uri: item.uri, title: item.title, classification: item.classification, offered };
  if (item.kind === "s3-prefix") {
    const { account, bucket, prefix } = item;
    if (!bucket || prefix === null || prefix === undefined) return null;
    return { ...about, operations: ["select"], asked: (operations) => ({ kind: "s3-prefix", account, bucket, prefix, operations }) };
  }
  const operations = offered.filter((operation) => operation === "describe" || operation === "select");
  if (item.kind === "glue-table" || item.kind === "glue-view") {
    const { account, region, database, table } = item;
    if (!database || !table) return null;
    return { ...about, operations, asked: (chosen, columns) => ({ kind: "glue-table", account, region, database, table, operations: chosen, ...(columns ? { columns } : {}) }) };
  }
  const kind = item.kind as ServiceKind;
  return { ...about, operations, asked: (chosen) => ({ kind, uri: item.uri, operations: chosen }) };
}
