import type { QueryClient } from "@tanstack/react-query";
import { liveRulesQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import type { Once } from "../../api/once";

/** A new draft; its version. */
export async function drafted(once: Once, body: { title: string; text: string; cases: string }): Promise<string> {
  const made = await once(["draft", body], (header) => told(api.POST("/v1/rulebooks", { params: { header }, body })));
  return (made as Schemas["RulebookShown"]).version;
}

/** A new draft of the rules that are live this moment; its version. */
export async function newDraft(once: Once, queries: QueryClient, title: string): Promise<string> {
  const live = await queries.fetchQuery({ ...liveRulesQuery, staleTime: 0 });
  return await drafted(once, { title, text: live?.text ?? "", cases: live?.cases ?? "" });
}
