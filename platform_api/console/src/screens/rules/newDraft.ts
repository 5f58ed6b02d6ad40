import type { QueryClient } from "@tanstack/react-query";
import { liveRulesQuery } from "../../api/choices";
import { api, onceKey, told, type Schemas } from "../../api/client";

/** A new draft of the rules that are live this moment; its version. */
export async function newDraft(queries: QueryClient, title: string): Promise<string> {
  const live = await queries.fetchQuery({ ...liveRulesQuery, staleTime: 0 });
  const made = await told(api.POST("/v1/rulebooks", { params: { header: onceKey() }, body: { title, text: live?.text ?? "", cases: live?.cases ?? "" } }));
  return (made as Schemas["RulebookShown"]).version;
}
