import { queryOptions } from "@tanstack/react-query";
import { api, told } from "../../api/client";

/** One version of the rules, whole. */
export const rulebookQuery = (version: string) => queryOptions({
  queryKey: ["rulebook", version],
  queryFn: () => told(api.GET("/v1/rulebooks/{version}", { params: { path: { version } } })),
});
