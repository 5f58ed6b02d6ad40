// A catalogue item as the API wants it in a request.
import type { Schemas } from "../../api/client";

export type Item = Schemas["SourceItemShown"];
export type Operation = Schemas["Operation"];
type Asked = Schemas["AccessAsked"]["sources"][number];

export interface Choice { uri: string; title: string; classification: string; asked: (operations: Operation[]) => Asked; operations: Operation[]; offered: Operation[] }

/** What can be chosen of an item; null for a kind that the builder does not offer. */
export function choiceOf(item: Item): Choice | null {
  const about = { uri: item.uri, title: item.title, classification: item.classification };
  if (item.kind === "s3-prefix" && item.bucket && item.prefix !== null) {
    const { account, bucket, prefix } = item;
    return { ...about, operations: ["select"], offered: ["describe", "select", "insert"], asked: (operations) => ({ kind: "s3-prefix", account, bucket, prefix: prefix ?? "", operations }) };
  }
  if (item.kind === "glue-table" && item.database && item.table) {
    const { account, region, database, table } = item;
    return { ...about, operations: ["describe", "select"], offered: ["describe", "select"], asked: (operations) => ({ kind: "glue-table", account, region, database, table, operations }) };
  }
  return null;
}
