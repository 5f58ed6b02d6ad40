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
