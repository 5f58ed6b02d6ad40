// What can be done with a version now, by whom; what cannot be done says why.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useSession } from "../../api/session";
import { Ask } from "../../parts/ask";
import { Time } from "../../parts/time";
import { CompareWithLive } from "./CompareWithLive";
import { EndingNow, endedBy } from "./EndingNow";
import type { Whole } from "./Rulebook";

export function RulebookActions({ book, unsaved }: { book: Whole; unsaved: boolean }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const session = useSession();
  const [isRead, setRead] = useState(false);
  const [isCounted, setCounted] = useState(false);
  const thing = { kind: "rulebook" as const, id: book.version };
  const [propose, approve, activate] = useMay([{ action: "proposePolicy", ...thing }, { action: "approvePolicy", ...thing }, { action: "activatePolicy", ...thing }]);
  const once = useOnce();
  const path = { version: book.version };
  const own = session && book.authors.includes(session.id) ? "You wrote it: somebody else judges it." : undefined;
  const notMine = own ? undefined : "Only its author does this.";
  const dirty = unsaved ? "Save first." : undefined;
  const again = () => changed(queries, thing);
  // Each deed has a key of its own: what is asked, and its last word, never passes on to the deed of the next state.
  switch (book.state) {
    case "draft":
      return (
        <>
          <Ask key="give-up" name="give-up-rules" button="Give up" title="Give this draft up?" reason="Why" confirm="Give it up" done="Given up." disabled={notMine ?? barred(propose)} act={async (reason) => { await once(["withdraw", book.version, reason], (header) => told(api.POST("/v1/rulebooks/{version}/withdraw", { params: { path, header }, body: { reason } }))); await again(); }} />
          <Ask key="propose" name="propose-rules" button="Propose" kind="primary" title="Propose this version?" confirm="Propose" done="Proposed: a second person approves it." disabled={dirty ?? notMine ?? barred(propose)} act={async () => { await once(["propose", book.version, book.digest], (header) => told(api.POST("/v1/rulebooks/{version}/propose", { params: { path, header } }))); await again(); }}>
            <p>Its test cases have to pass. What it would change is found out now and kept for who approves; then its text is fixed.</p>
          </Ask>
        </>
      );
    case "proposed":
      return (
        <>
          <Ask key="reject" name="reject-rules" button="Reject" kind="danger" title="Reject this version?" reason="Why" confirm="Reject" done="Rejected." disabled={own ?? barred(approve)} act={async (reason) => { await once(["reject", book.version, reason], (header) => told(api.POST("/v1/rulebooks/{version}/reject", { params: { path, header }, body: { reason } }))); await again(); }} />
          <Ask key="approve" name="approve-rules" button="Approve" kind="primary" wide first={isRead ? undefined : "Read the difference to its end first."} title="Approve this version?" confirm="Approve" done="Approved." disabled={own ?? barred(approve)} act={async () => { await once(["approve", book.version, book.digest, book.against], (header) => told(api.POST("/v1/rulebooks/{version}/approve", { params: { path, header }, body: { digest: book.digest, against: book.against ?? "" } }))); await again(); }}>
            <p>Your approval is for exactly this text in place of exactly the version that is live now. It ends when either changes.</p>
            <CompareWithLive text={book.text} rules={book.rules} onEnd={() => setRead(true)}>
              <h2>What would change, as of <Time at={book.proposed_at} /></h2>
              <ul>{((book.impact as { lead?: string[] } | null)?.lead ?? []).map((line) => <li key={line}>{line}</li>)}</ul>
            </CompareWithLive>
          </Ask>
        </>
      );
    case "approved":
      return (
        <Ask key="make-live" name="make-rules-live" button="Make live" kind="primary" title="Make this version live?" first={isCounted ? undefined : "It is being counted which live grants would end."} onOpenChange={() => setCounted(false)} confirm="Make it live" done={(made) => endedBy(made.ended_grants)} disabled={barred(activate)} act={async () => { const done = await once(["activate", book.version], (header) => told(api.POST("/v1/rulebooks/{version}/activate", { params: { path, header } }))) as unknown as Schemas["ActivatedShown"]; await again(); return done; }}>
          <p>It counts from this moment on. Live grants are decided anew at once, and those that no longer pass are revoked.</p>
          <EndingNow version={book.version} cannot={barred(propose)} onOver={() => setCounted(true)} />
        </Ask>
      );
    case "retired":
      return (
        <Ask key="roll-back" name="roll-back-rules" button="Roll back to this" title="Go back to these rules?" confirm="Draft them anew" done="A new draft with this text." disabled={barred(propose)} act={async () => { const made = await once(["rollback", book.version], (header) => told(api.POST("/v1/rulebooks/{version}/rollback", { params: { path, header } }))) as unknown as Schemas["RulebookShown"]; await again(); void navigate({ to: `/rules/${made.version}` as never }); }}>
          <p>A new version with this text is drafted; it is proposed and approved as any other.</p>
        </Ask>
      );
    default:
      return null;
  }
}
