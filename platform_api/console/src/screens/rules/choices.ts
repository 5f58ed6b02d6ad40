// What a rule can speak of here: the registry's own people, teams, data, purposes, activities and labels.
import { useQuery } from "@tanstack/react-query";
import { purposesQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { usePeople } from "../../api/people";
import { optionsOf, type Option } from "../../parts/pick";

export interface Choices extends Record<"teams" | "people" | "products" | "items" | "purposes" | "classes" | "activities", Option[]> {
  /** The kind of each source, by its address. */
  kinds: Map<string, string>;
  /** The same people and sources, whole. */
  subjects: Schemas["SubjectShown"][];
  sources: Schemas["SourceItemShown"][];
}

export function useChoices(): Choices {
  const people = [...usePeople().values()];
  const items = useQuery({ queryKey: ["sources", "all"], staleTime: 60_000, queryFn: () => told(api.GET("/v1/sources", { params: { query: { limit: 200 } as never } })) }).data?.items ?? [];
  const purposes = useQuery(purposesQuery).data?.items ?? [];
  const activities = useQuery({ queryKey: ["activities", "all"], staleTime: 60_000, retry: false, queryFn: () => told(api.GET("/v1/activities", { params: { query: { limit: 200 } } })) }).data?.items ?? [];
  return {
    teams: optionsOf(people.flatMap((one) => one.teams)),
    people: people.map((one) => ({ id: one.id, name: one.name, about: one.title || one.kind })),
    products: optionsOf(items.map((one) => one.product)),
    items: items.map((one) => ({ id: one.uri, name: one.title, about: one.uri })),
    subjects: people,
    sources: items,
    kinds: new Map(items.map((one) => [one.uri, one.kind])),
    purposes: optionsOf(purposes.map((one) => one.name)),
    activities: activities.map((one) => ({ id: one.id, name: one.title, about: one.name })),
    classes: optionsOf(items.flatMap((one) => [...one.classes, ...(one.columns ?? []).flatMap((group) => group.classes)])),
  };
}
