// Names for ids: the directory, read once and kept.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, told, type Schemas } from "./client";

type Subject = Schemas["SubjectShown"];

async function everybody(): Promise<Map<string, Subject>> {
  const found = new Map<string, Subject>();
  let cursor: string | undefined;
  do {
    const page = await told(api.GET("/v1/subjects", { params: { query: { limit: 200, cursor } } }));
    page.items.forEach((one) => found.set(one.id, one));
    cursor = page.next_cursor ?? undefined;
  } while (cursor && found.size < 2_000);
  return found;
}

export const peopleQuery = queryOptions({ queryKey: ["subjects"], queryFn: everybody, staleTime: 5 * 60_000, retry: false });
const NOBODY = new Map<string, Subject>();

/** The same map as long as nothing of it has changed. */
export function usePeople(): Map<string, Subject> {
  return useQuery(peopleQuery).data ?? NOBODY;
}

/** The name of an id; the id itself where the directory does not know it, `system:…` as it is. */
export function useName(): (id: string) => string {
  const people = usePeople();
  return (id) => people.get(id)?.name ?? id;
}

const IDS = /\b(?:pe|wl)_[0-9A-Z]{26}\b/g;

/** A sentence with names in place of the ids that it speaks of. */
export function useNamed(): (sentence: string) => string {
  const name = useName();
  return (sentence) => sentence.replace(IDS, (id) => name(id));
}
