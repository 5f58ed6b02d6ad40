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
  waiting.forEach((answer, id) => answer({ id, failed: why }));
  waiting.clear();
}

export function askCedar(schema: string, question: Question): Promise<Told> {
  if (worker === null) {
    worker = new Worker(new URL("./cedar.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Told>) => { waiting.get(data.id)?.(data); waiting.delete(data.id); };
    worker.onerror = (event) => { event.preventDefault(); broken("the checker could not be started"); };
  }
  const asked: Asked = { id: (next += 1), schema, ...question };
  return new Promise((resolve) => {
    const timer = window.setTimeout(() => broken("the checker takes too long"), PATIENCE);
    waiting.set(asked.id, (said) => { window.clearTimeout(timer); if ("failed" in said && said.failed.includes("RuntimeError")) broken(said.failed); resolve(said); });
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

interface Checked { text: string; faults: Fault[] }

/** What Cedar says of a text once it has not changed for a moment; null before. Where it cannot run, the server is asked instead. */
export function useChecked(text: string, enabled: boolean): Checked | null {
  const answer = useQuery({ ...schemaQuery, enabled });
  const schema = answer.data?.text;
  const settled = useSettled(text, 300);
  const [found, setFound] = useState<Checked | null>(null);
  useEffect(() => {
    if (!enabled || schema === undefined) return undefined;
    let isCurrent = true;
    void askCedar(schema, { kind: "check", text: settled }).then((said) => {
      if (isCurrent) setFound({ text: settled, faults: "faults" in said ? said.faults : [] });
    });
    return () => { isCurrent = false; };
  }, [settled, schema, enabled]);
  const isWithout = enabled && schema === undefined && answer.isError;
  return useMemo(() => (isWithout ? { text: settled, faults: [] } : found), [isWithout, settled, found]);
}
