// Asks the worker that runs Cedar; one is started when a text is first looked at, and anew when it has broken down.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, told } from "../../api/client";
import { useSettled } from "../../parts/settled";
import type { Asked, Told } from "./cedar.worker";
import type { Fault } from "./faults";
import type { SchemaJson } from "./schemaWords";

type Question = { kind: "check" | "format"; text: string } | { kind: "schema" };
const PATIENCE = 20_000;
let worker: Worker | null = null;
let next = 0;
const waiting = new Map<number, (told: Told) => void>();

function broken(why: string) {
  worker?.terminate();
  worker = null;
  const open = [...waiting];
  waiting.clear();
  for (const [id, answer] of open) answer({ id, failed: why });
}

export function askCedar(schema: string, question: Question): Promise<Told> {
  if (worker === null) {
    worker = new Worker(new URL("./cedar.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const answer = waiting.get(data.id);
      waiting.delete(data.id);
      answer?.(data);
      if ("failed" in data) broken(data.failed);
    };
    worker.onerror = (event) => { event.preventDefault(); broken("the checker could not be started"); };
  }
  const asked: Asked = { id: (next += 1), schema, ...question };
  return new Promise((resolve) => {
    const timer = window.setTimeout(() => broken("the checker takes too long"), PATIENCE);
    waiting.set(asked.id, (said) => { window.clearTimeout(timer); resolve(said); });
    worker?.postMessage(asked);
  });
}

export const schemaQuery = { queryKey: ["cedar-schema"], queryFn: () => told(api.GET("/v1/rulebooks/schema")), staleTime: Infinity };

/** What rules may speak of, for completion. */
export function useSchemaWords(): SchemaJson | undefined {
  const schema = useQuery(schemaQuery).data?.text;
  return useQuery({
    queryKey: ["cedar-schema", "read"], enabled: schema !== undefined, staleTime: Infinity, retry: false,
    queryFn: async () => { const said = await askCedar(schema ?? "", { kind: "schema" }); if (!("schema" in said)) throw new Error("the schema cannot be read"); return said.schema as SchemaJson; },
  }).data;
}

/** `failed` says why Cedar does not run here: what is wrong is then for the server to find. */
interface Checked { text: string; faults: Fault[]; failed: string | null }

/** What Cedar says of a text once it has not changed for a moment; null before. */
export function useChecked(text: string, enabled: boolean): Checked | null {
  const answer = useQuery({ ...schemaQuery, enabled });
  const schema = answer.data?.text;
  const settled = useSettled(text, 300);
  const [found, setFound] = useState<Checked | null>(null);
  useEffect(() => {
    if (!enabled || schema === undefined) return undefined;
    let isCurrent = true;
    void askCedar(schema, { kind: "check", text: settled }).then((said) => {
      if (isCurrent) setFound({ text: settled, faults: "faults" in said ? said.faults : [], failed: "failed" in said ? said.failed : null });
    });
    return () => { isCurrent = false; };
  }, [settled, schema, enabled]);
  const isWithout = enabled && schema === undefined && answer.isError;
  return useMemo(() => (isWithout ? { text: settled, faults: [], failed: "it got no schema" } : found), [isWithout, settled, found]);
}
