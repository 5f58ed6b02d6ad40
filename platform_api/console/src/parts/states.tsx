// What a screen shows when it has nothing to show yet, nothing at all, or may not.
import { IconAlertTriangle, IconInbox, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Problem } from "../api/client";

export function Loading({ rows = 6, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className="stack-s" role="status" aria-label={label} style={{ padding: 16 }}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" style={{ width: `${92 - ((row * 17) % 38)}%` }} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <IconInbox size={28} stroke={1.5} aria-hidden />
      {title ? <strong>{title}</strong> : null}
      {children}
    </div>
  );
}

/** An error as the platform told it: what, why, what to do, and the id to ask an operator about. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  if (problem?.code === "sign-in-again") return <SignInAgain />;
  if (problem?.status === 403 || problem?.status === 404) {
    return (
      <div className="empty" role="alert">
        <IconLock size={28} stroke={1.5} aria-hidden />
        <strong>{problem.status === 403 ? "You may not see this" : "Not here, or not for you"}</strong>
        <span>{problem.message}</span>
      </div>
    );
  }
  return (
    <div className="notice bad" role="alert">
      <strong className="row"><IconAlertTriangle size={16} aria-hidden /> {problem?.title ?? "The console has stumbled"}</strong>
      <span style={{ whiteSpace: "pre-line" }}>{problem?.message ?? (error instanceof Error ? error.message : String(error))}</span>
      {problem?.requestId ? <span className="faint">Request {problem.requestId}</span> : null}
      {retry ? <span><button type="button" className="button" onClick={retry}>Try again</button></span> : null}
    </div>
  );
}

/** What stands for a thing that is not there (yet): that it is looked up, that there is none (`none`), or what went wrong. */
export function Absent({ of, none }: { of: { isPending: boolean; error: unknown; refetch: () => unknown }; none: string }) {
  const isNone = of.error instanceof Problem && of.error.status === 404;
  if (of.isPending || isNone) return <p className="secondary">{isNone ? none : "Looking it up…"}</p>;
  return <Trouble error={of.error} retry={() => void of.refetch()} />;
}

/** In a tab of its own, so that nothing that was typed here is lost; coming back, this one reads its session anew. */
function SignInAgain() {
  return (
    <div className="notice warn" role="alert">
      <strong className="row"><IconLock size={16} aria-hidden /> You signed in more than an hour ago</strong>
      <span>What lets another's wish pass wants a fresh sign-in. Come back here after it and press the button again.</span>
      <a href="/auth/sign-in?again=true&to=/signed-in" target="_blank" rel="noreferrer">Sign in again, in a new tab</a>
    </div>
  );
}
