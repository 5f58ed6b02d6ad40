// Lists to choose from that several screens read: each is fetched once and shared.
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "./client";

export const purposesQuery = queryOptions({
  queryKey: ["purposes"],
  queryFn: () => told(api.GET("/v1/purposes", { params: { query: { limit: 200 } } })),
  staleTime: 300_000,
});

/** What an activity is registered with, and what its review approves by itself. */
export const registrationQuery = queryOptions({ queryKey: ["registration"], queryFn: () => told(api.GET("/v1/registration")), staleTime: 300_000 });

/** The contracts that are in force. */
export const contractsQuery = queryOptions({
  queryKey: ["contracts", "in-force", "all"],
  queryFn: () => told(api.GET("/v1/contracts", { params: { query: { state: "in-force", limit: 200 } } })),
  staleTime: 60_000,
});

/** One catalogued source, whole. */
export const sourceQuery = (uri: string) => queryOptions({
  queryKey: ["source", uri],
  queryFn: () => told(api.GET("/v1/sources/item", { params: { query: { uri } as never } })),
  enabled: uri !== "" && !isContainer(uri),
});

/** Whether the URI names a data product or a database, and no source. */
const isContainer = (uri: string) => uri.startsWith("product://") || /^glue:\/\/[^/]+\/[^/]+\/[^/]+$/.test(uri);

/** One data product or database, with the first of what is in it. */
export const containerQuery = (uri: string) => queryOptions({
  queryKey: ["container", uri],
  queryFn: () => told(api.GET(uri.startsWith("product://") ? "/v1/catalogue/products/item" : "/v1/catalogue/databases/item", { params: { query: { uri } as never } })),
  enabled: isContainer(uri),
});

/** One version of a contract. */
export const contractVersionQuery = (id: string, version: string) => queryOptions({
  queryKey: ["contract", id, version],
  queryFn: () => told(api.GET("/v1/contracts/{contract_id}/versions/{version}", { params: { path: { contract_id: id, version } } })),
  enabled: id !== "" && version !== "",
});

/** The rules that are live, with their text; null where none are. */
export const liveRulesQuery = queryOptions({
  queryKey: ["rulebook", "live"],
  queryFn: async () => {
    const page = await told(api.GET("/v1/rulebooks", { params: { query: { state: "live", limit: 1 } } }));
    const version = page.items[0]?.version;
    return version ? await told(api.GET("/v1/rulebooks/{version}", { params: { path: { version } } })) : null;
  },
});
