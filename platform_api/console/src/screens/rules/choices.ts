// What a rule can speak of here: the registry's own people, teams, data, purposes, activities and labels.
import { useQuery } from "@tanstack/react-query";
import { purposesQuery } from "../../api/choices";
import { api, told } from "../../api/client";
import { usePeople } from "../../api/people";
import type { Option } from "../../parts/pick";

export interface Choices extends Record<"teams" | "people" | "products" | "items" | "purposes" | "classes" | "activities", Option[]> {
  /** The kind of each source, by its address. */
  kinds: Map<string, string>;
}

export function useChoices(): Choices {
  const people = [...usePeople().values()];
  const items = useQuery({ queryKey: ["sources", "all"], staleTime: 60_000, queryFn: () => told(api.GET("/v1/sources", { params: { query: { limit: 200 } as never } })) }).data?.items ?? [];
  const purposes = useQuery(purposesQuery).data?.items ?? [];
  const activities = useQuery({ queryKey: ["activities", "all"], staleTime: 60_000, retry: false, queryFn: () => told(api.GET("/v1/activities", { params: { query: { limit: 200 } } })) }).data?.items ?? [];
  const plain = (names: string[]): Option[] => [...new Set(names)].sort().map((name) => ({ id: name, name }));
  return {
    teams: plain(people.flatMap((one) => one.teams)),
    people: people.map((one) => ({ id: one.id, name: one.name, about: one.title || one.kind })),
    products: plain(items.map((one) => one.product)),
    items: items.map((one) => ({ id: one.uri, name: one.title, about: one.uri })),
    kinds: new Map(items.map((one) => [one.uri, one.kind])),
    purposes: plain(purposes.map((one) => one.name)),
    activities: activities.map((one) => ({ id: one.id, name: one.title, about: one.name })),
    classes: plain(items.flatMap((one) => [...one.classes, ...(one.columns ?? []).flatMap((group) => group.classes)])),
  };
}
