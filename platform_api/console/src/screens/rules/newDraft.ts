import { api, onceKey, told, type Schemas } from "../../api/client";

/** A new draft of the live text, and on to it. */
export async function newDraft(title: string): Promise<string> {
  const page = await told(api.GET("/v1/rulebooks", { params: { query: { state: "live", limit: 1 } } }));
  const live = page.items[0] ? await told(api.GET("/v1/rulebooks/{version}", { params: { path: { version: page.items[0].version } } })) : null;
  const made = await told(api.POST("/v1/rulebooks", { params: { header: onceKey() }, body: { title, text: live?.text ?? "", cases: live?.cases ?? "" } }));
  return (made as Schemas["RulebookShown"]).version;
}
