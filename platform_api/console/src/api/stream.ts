// Answers that come as lines of JSON, one for each step, and can be given up half way.
import { changeHeaders, problemOf, Problem, unreachable } from "./client";

export interface Progress { part: string; done: number; of: number | null }

/** Reads `url` to its end; `onProgress` hears each step. Raises `Problem` for a refusal, before or on the way. */
export async function streamed(url: string, body: unknown, signal: AbortSignal, onProgress: (step: Progress) => void): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: "POST", credentials: "same-origin", signal,
    headers: { Accept: "application/x-ndjson", ...changeHeaders(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((error: unknown) => { throw signal.aborted ? error : unreachable(); });
  if (!answer.ok || answer.body === null) throw await problemOf(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (done && rest) lines.push(rest);
    for (const line of lines) {
      if (!line.trim()) continue;
      const told = JSON.parse(line) as Record<string, unknown>;
      if ("progress" in told) onProgress(told.progress as Progress);
      else if ("problem" in told) throw new Problem(500, told.problem as Record<string, unknown>);
      else return told;
    }
    if (done) throw new Problem(502, { title: "The answer broke off", detail: "The connection ended before the answer was whole. Try again." });
  }
}
