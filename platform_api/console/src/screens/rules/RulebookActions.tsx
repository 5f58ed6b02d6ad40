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
import { Cautions } from "./Cautions";
import { ChangesNow, endedBy, Replaced } from "./ChangesNow";
import { CompareWithLive } from "./CompareWithLive";
import type { Whole } from "./Rulebook";

/** `saved` is the revision of what stands here, which may be newer than `book` for a moment; `save` saves it where it is not saved yet and can be, and `unsaved` says why it cannot. */
export function RulebookActions({ book, saved, save, unsaved }: { book: Whole; saved: number; save: (() => Promise<number>) | undefined; unsaved: string | undefined }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const session = useSession();
  // What stands here when a dialog opens is what its deed is about: what another saves meanwhile is not read yet.
  const revision = Math.max(book.revision, saved);
  const [seen, see] = useState({ ...book, revision });
  const opened = (isOpen: boolean) => { if (isOpen) see({ ...book, revision }); };
  const [digestRead, setRead] = useState("");
  const [isCounted, setCounted] = useState(false);
  const thing = { kind: "rulebook" as const, id: book.version };
  const [propose, approve, activate] = useMay([{ action: "proposePolicy", ...thing }, { action: "approvePolicy", ...thing }, { action: "activatePolicy", ...thing }]);
  const once = useOnce();
  const path = { version: book.version };
  const own = session && book.authors.includes(session.id) ? "You wrote it: somebody else judges it." : undefined;
  const notMine = own ? undefined : "Only its author does this.";
  const read = { revision: seen.revision };
  const called = `version ${book.number} “${book.title}”`;
  const proposed = async () => {
    const revision = save ? await save() : seen.revision;
    see({ ...seen, revision });
    await once(["propose", book.version, revision], (header) => told(api.POST("/v1/rulebooks/{version}/propose", { params: { path, header }, body: { revision } })));
    await again();
  };
  const again = () => changed(queries, thing);
  // Each deed has a key of its own: what is asked, and its last word, never passes on to the deed of the next state.
  switch (book.state) {
    case "draft":
      return (
        <>
          <Ask key="give-up" name="give-up-rules" button="Give up" title="Give this draft up?" reason="Why" confirm="Give it up" done="Given up." disabled={notMine ?? barred(propose)} onOpenChange={opened} act={async (reason) => { await once(["withdraw", book.version, reason, read], (header) => told(api.POST("/v1/rulebooks/{version}/withdraw", { params: { path, header }, body: { reason, ...read } }))); await again(); }} />
          <Ask key="propose" name="propose-rules" button="Propose" kind="primary" title={`Propose ${called}?`} confirm="Propose" done="Proposed: a second person approves it." disabled={notMine ?? unsaved ?? barred(propose)} onOpenChange={opened} act={proposed}>
            <p>{save ? "What you changed is saved first. " : ""}Its test cases have to pass. What it would change is found out now and kept for who approves; then its text is fixed.</p>
            <Cautions of={seen.cautions} />
          </Ask>
        </>
      );
    case "proposed":
      return (
        <>
          <Ask key="reject" name="reject-rules" button="Reject" kind="danger" title={`Reject ${called}?`} reason="Why" confirm="Reject" done="Rejected." disabled={own ?? barred(approve)} onOpenChange={opened} act={async (reason) => { await once(["reject", book.version, reason, read], (header) => told(api.POST("/v1/rulebooks/{version}/reject", { params: { path, header }, body: { reason, ...read } }))); await again(); }} />
          <Ask key="approve" name="approve-rules" button="Approve" kind="primary" wide first={digestRead === seen.digest ? undefined : "Read the difference to its end first."} title={`Approve ${called}?`} confirm="Approve" done="Approved." disabled={own ?? barred(approve)} onOpenChange={opened} act={async () => { await once(["approve", book.version, seen.digest, seen.against], (header) => told(api.POST("/v1/rulebooks/{version}/approve", { params: { path, header }, body: { digest: seen.digest, against: seen.against ?? "" } }))); await again(); }}>
            <p>Your approval is for exactly this text in place of exactly the version that is live now. It ends when either changes.</p>
            <CompareWithLive text={seen.text} cases={seen.cases} rules={seen.rules} cautions={seen.cautions} onEnd={() => setRead(seen.digest)}>
              <h2>What would change, as of <Time at={seen.proposed_at} /></h2>
              <ul>{((seen.impact as { lead?: string[] } | null)?.lead ?? []).map((line) => <li key={line}>{line}</li>)}</ul>
            </CompareWithLive>
          </Ask>
        </>
      );
    case "approved":
      return (
        <Ask key="make-live" name="make-rules-live" button="Make live" kind="primary" wide title={`Make ${called} live?`} first={isCounted ? undefined : "It is being found out what changes by it."} onOpenChange={(isOpen) => { opened(isOpen); setCounted(false); }} confirm="Make it live" done={(made) => endedBy(made.ended_grants)} disabled={barred(activate)} act={async () => { const done = await once(["activate", book.version, read], (header) => told(api.POST("/v1/rulebooks/{version}/activate", { params: { path, header }, body: read }))) as unknown as Schemas["ActivatedShown"]; await again(); return done; }}>
          <Replaced />
          <Cautions of={seen.cautions} />
          <ChangesNow book={seen} cannot={barred(propose)} onOver={() => setCounted(true)} />
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
