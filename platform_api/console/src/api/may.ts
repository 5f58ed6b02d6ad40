// What the person may do: asked of the rules, so that a button that would be refused says why.
import { useQuery } from "@tanstack/react-query";
import { api, told, type Schemas } from "./client";

export type Ask = Schemas["PermissionAsked"];
export interface May { allowed: boolean; why: string | null }
const UNKNOWN: May = { allowed: false, why: "Asking the rules…" };

/** An answer to each ask, in order; not allowed until the rules have answered. */
export function useMay(asks: { action: string; kind: Ask["kind"]; id?: string }[]): May[] {
  const answer = useQuery({
    queryKey: ["may", asks],
    queryFn: () => told(api.POST("/v1/permissions", { body: { asks: asks.map((ask) => ({ id: "", ...ask })) } })),
    enabled: asks.length > 0,
    staleTime: 30_000,
  });
  return asks.map((_, place) => answer.data?.answers[place] ?? UNKNOWN);
}

/** Why a control cannot be used, or undefined when it can. */
export function barred(may: May | undefined): string | undefined {
  return may?.allowed ? undefined : may?.why ?? "You may not do this.";
}
