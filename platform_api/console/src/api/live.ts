// What has changed, as it happens: one stream of events for all tabs of a browser, and where there is none, asking
// every half minute. Either way the queries concerned are asked again, and screens need no timers of their own.
import type { Query, QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import type { Schemas } from "./client";

type Changed = Schemas["ChangedThing"];
type Said = { up: boolean } | { changed: Changed[] } | { anew: true } | { ask: true };

const NAME = "sluicegate.live";
const ASK_EVERY = 30_000;
const TRY_AGAIN = 60_000;
/** Changes of one moment are asked for together. */
const GATHER = 100;

/** By the kind of what changed: the first words of the queries that show it, besides those about the very thing. */
const LISTS: Record<Changed["kind"], string[]> = {
  activity: ["activities", "reviews", "waiting", "overview", "may", "history"],
  contract: ["contracts", "waiting", "sources", "source", "containers", "container"],
  environment: ["environments", "activities", "activity", "workspace", "history"],
  grant: ["grants", "overview", "access-graph", "requests", "decisions", "workspace", "history"],
  request: ["requests", "waiting", "overview", "decisions"],
  review: ["reviews", "waiting", "activities", "history"],
  rulebook: ["rulebooks", "policies", "policy", "waiting", "may"],
};
const ALL = new Set([...Object.keys(LISTS), ...Object.values(LISTS).flat()]);

/** Whether a query shows the thing: `["grant", id, …]` shows that grant, `["grants", …]` may show any. */
export function shows(key: readonly unknown[], thing: Changed): boolean {
  const [first, id] = key;
  if (first === thing.kind) return typeof id !== "string" || id === thing.id || id === "live";
  return typeof first === "string" && LISTS[thing.kind].includes(first);
}

/** Asks again for what shows a thing that was changed here: at once, whether or not the stream is there to tell of it. */
export async function changed(queries: QueryClient, ...things: Changed[]): Promise<void> {
  await queries.invalidateQueries({ predicate: (query) => things.some((thing) => shows(query.queryKey, thing)) });
}

let up: boolean | null = null;
const listeners = new Set<() => void>();

function become(now: boolean): void {
  if (up === now) return;
  up = now;
  listeners.forEach((tell) => tell());
}

/** Whether changes are told as they happen; null until that is known. */
export function useIsLive(): boolean | null {
  return useSyncExternalStore((tell) => { listeners.add(tell); return () => listeners.delete(tell); }, () => up);
}

/** Keeps the queries of a signed-in person up to date while the screen that calls it is there. */
export function useLive(queries: QueryClient, signedIn: boolean): void {
  useEffect(() => (signedIn ? follow(queries) : undefined), [queries, signedIn]);
}

function follow(queries: QueryClient): () => void {
  const channel = new BroadcastChannel(NAME);
  const over = new AbortController();
  const again = gathered(queries);
  let leads = false;
  const hear = (said: Said) => {
    if ("up" in said) become(said.up);
    else if ("changed" in said) again((query) => said.changed.some((thing) => shows(query.queryKey, thing)));
    else if ("anew" in said) again(isOfAll);
    else if (leads && up !== null) channel.postMessage({ up });
  };
  const say = (said: Said) => { hear(said); channel.postMessage(said); };
  channel.onmessage = (message: MessageEvent<Said>) => hear(message.data);
  channel.postMessage({ ask: true });
  // Browsers allow few connections to one server: the tab that holds the lock listens for all of them.
  navigator.locks.request(NAME, { signal: over.signal }, () => { leads = true; return lead(say, over.signal); }).catch(() => undefined);
  const timer = window.setInterval(() => { if (up !== true && !document.hidden) again(isOfAll); }, ASK_EVERY);
  return () => { over.abort(); window.clearInterval(timer); channel.close(); };
}

/** Listens until `over`; the browser connects again by itself, unless it was refused. */
function lead(say: (said: Said) => void, over: AbortSignal): Promise<void> {
  let source: EventSource | null = null;
  let retry = 0;
  const leave = (wait: number) => { source?.close(); say({ up: false }); retry = window.setTimeout(open, wait); };
  const open = () => {
    const stream = new EventSource("/v1/events");
    source = stream;
    stream.addEventListener("hello", (event) => {
      say({ up: true });
      if (!(JSON.parse(event.data as string) as { resumed: boolean }).resumed) say({ anew: true });
    });
    stream.addEventListener("changed", (event) => say(JSON.parse(event.data as string) as Said));
    stream.addEventListener("reset", () => say({ anew: true }));
    stream.addEventListener("end", (event) => {
      const isOver = (event.data as string).includes("session");
      leave(isOver ? TRY_AGAIN : 2_000);
      if (isOver) say({ anew: true }); // what is asked then finds that nobody is signed in
    });
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) leave(TRY_AGAIN); else say({ up: false }); });
  };
  open();
  return new Promise((done) => over.addEventListener("abort", () => { window.clearTimeout(retry); source?.close(); done(); }));
}

function isOfAll(query: Query): boolean {
  return typeof query.queryKey[0] === "string" && ALL.has(query.queryKey[0]);
}

/** Asks again for what any of the conditions of the last moment fits. */
function gathered(queries: QueryClient): (which: (query: Query) => boolean) => void {
  let wanted: ((query: Query) => boolean)[] = [];
  return (which) => {
    if (wanted.push(which) > 1) return;
    window.setTimeout(() => {
      const all = wanted;
      wanted = [];
      void queries.invalidateQueries({ predicate: (query) => all.some((one) => one(query)) });
    }, GATHER);
  };
}
