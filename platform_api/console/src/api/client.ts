// The one way to the platform: typed by its OpenAPI document, with the session's own token on every change.
import createClient, { type Middleware } from "openapi-fetch";
import { isUnattended } from "./attended";
import { setEnded } from "./ended";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A problem document (RFC 9457) as the platform sends it; `extra` holds what this kind adds. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly requestId: string;
  readonly extra: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body.detail === "string" ? body.detail : "The platform did not say why.");
    this.name = "Problem";
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : "unexpected";
    this.title = typeof body.title === "string" ? body.title : "Something went wrong";
    this.requestId = typeof body.request_id === "string" ? body.request_id : "";
    this.extra = body;
  }
}

let csrf = "";
/** Sets the token that changes carry; the session tells it (`session.ts`). */
export function useCsrf(token: string): void {
  csrf = token;
}

/** Headers of every change, for the few calls that are not made by `api`. */
export function changeHeaders(): Record<string, string> {
  return { "X-CSRF-Token": csrf };
}

const door: Middleware = {
  onRequest({ request }) {
    if (isUnattended()) request.headers.set("Sluicegate-Unattended", "true");
    if (request.method !== "GET" && request.method !== "HEAD") request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    throw await problemOf(response);
  },
  onError({ error }) {
    return error instanceof DOMException ? undefined : unreachable();
  },
};

/** What is told where no answer comes at all. */
export function unreachable(): Problem {
  return new Problem(503, { code: "unreachable", title: "The platform cannot be reached", detail: "Nothing that you wrote here is lost. Look at your connection, and try again." });
}

/** What a failed answer says, whatever it is. Without a session one goes to sign in, unless one had begun to work here. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.status === 401) if (csrf) setEnded(true); else toSignIn();
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  const fallback = { title: "The platform did not answer as expected", detail: `HTTP ${response.status}` };
  return new Problem(response.status, typeof body === "object" && body !== null ? (body as Record<string, unknown>) : fallback);
}

/** Leaves for the identity provider and comes back to where we are; with `again` it asks who one is in any case. */
export function toSignIn(again = false): void {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/auth/sign-in?${again ? "again=true&" : ""}to=${encodeURIComponent(here)}`);
}

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(door);

/** The data of an answer that did not fail: `door` has thrown for every other. */
export async function told<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Problem(500, { title: "An empty answer", detail: "The platform answered nothing." });
  return data;
}
