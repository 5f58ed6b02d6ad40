// A contract is written here: by form, with its source beside it. The text is the truth; the form changes places of it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { contractVersionQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { changed as tell } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useAnswered } from "../../parts/answered";
import { Ask } from "../../parts/ask";
import { Deed } from "../../parts/deed";
import { useFilters } from "../../parts/list";
import { Card, Page } from "../../parts/page";
import { Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { useToast } from "../../parts/toast";
import { useUnsaved } from "../../parts/unsaved";
import { ContractForm } from "./ContractForm";
import { Uncatalogued } from "./NotCatalogued";
import { changed, example, nextVersion, read as sourceOf, textOf, written } from "./odcs";
import type { Mark } from "./YamlEditor";

const YamlEditor = lazy(() => import("./YamlEditor"));
type Shown = Schemas["ContractShown"];

export default function ContractDesk() {
  const [{ from, version }] = useFilters();
  const found = useQuery(contractVersionQuery(from ?? "", version ?? ""));
  if (!from || !version) return <Desk title="A new contract" first={example(new Date())} />;
  // What is written here stays when it cannot be read anew.
  if (!found.data) return found.isError ? <Trouble error={found.error} retry={() => void found.refetch()} /> : <Loading />;
  return <Desk key={`${from}/${version}`} title={found.data.state === "draft" ? `Draft of ${found.data.name}` : `A new version of ${found.data.name}`} first={begun(found.data)} before={found.data} />;
}

/** A draft as it is; of any other version the next one. */
function begun(of: Shown): string {
  const text = textOf(of.document);
  return of.state === "draft" ? text : changed(text, ["version"], nextVersion(of.version));
}

function Desk({ title, first, before }: { title: string; first: string; before?: Shown }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const [text, setText] = useState(first);
  const [kept, setKept] = useState(first);
  const [read, setRead] = useState([before?.document_sha256]);
  const theirs = before?.state === "draft" && !read.includes(before.document_sha256) ? before : null;
  const take = (of: Shown) => { setText(begun(of)); setKept(begun(of)); setRead([...read, of.document_sha256]); };
  if (theirs && text === kept) take(theirs);
  useUnsaved(text !== kept);
  const [may] = useMay([{ action: "proposeContract", kind: "platform" }]);
  const source = useMemo(() => sourceOf(text), [text]);
  const { data: answer, error, isCurrent, again } = useAnswered(["contract-check"], may?.allowed && source.document !== null ? text : null, (asked, signal) => told(api.POST("/v1/contracts/validate", { signal, body: { document_yaml: asked } })), 600);
  const marks = useMemo((): Mark[] => (source.document === null ? source.faults.map((one) => ({ ...one, severity: "error" })) : [
    ...(answer?.problems ?? []).map((one): Mark => ({ line: one.line ?? 1, message: `${one.path}: ${one.message}; ${one.fix}`, severity: "error" })),
    ...(answer?.unenforceable ?? []).map((one): Mark => ({ line: one.line ?? 1, message: `${one.path}: ${one.message}; ${one.fix}`, severity: "warning" })),
  ]), [source, answer]);
  const done = async (made: Shown) => { setKept(text); setRead((before) => [...before, made.document_sha256]); await tell(queries, { kind: "contract", id: made.id }); return made; };
  const once = useOnce();
  const save = useMutation({ mutationFn: async () => done(await once(["save", text], (header) => told(api.POST("/v1/contracts/drafts", { body: { document_yaml: text }, params: { header } }))) as unknown as Shown), onSuccess: () => toast("Saved as your draft.") });
  const propose = async () => {
    const made = await done(await once(["propose", text], (header) => told(api.POST("/v1/contracts", { body: { document_yaml: text }, params: { header } }))) as unknown as Shown);
    void navigate({ to: `/contracts/${made.id}` as never, search: { version: made.version } as never, ignoreBlocker: true });
  };
  const cannot = barred(may) ?? (source.document === null ? "The source cannot be read yet." : error ? "It could not be looked at." : !isCurrent ? "It is being looked at." : undefined);
  const notSaved = cannot ?? (answer?.valid ? undefined : "Its problems come first.");
  const notProposed = notSaved ?? (answer?.proposable ? undefined : answer?.obstacles.join(" "));
  const laidOut = source.document ? written(source.document) === text : true;
  return (
    <Page title={title} crumbs={[{ to: "/contracts", label: "Contracts" }, ...(before ? [{ to: `/contracts/${before.id}`, label: before.name }] : [])]}
      lead="The form and the source are one document; the source counts. What is not in the form stays as it is written."
      actions={<>
        <Deed why={notSaved} isBusy={save.isPending} onPress={() => save.mutate()}>{save.isPending ? "Saving…" : "Save draft"}</Deed>
        <Ask name="propose-contract" button="Propose" kind="primary" title="Propose exactly this text?" confirm="Propose" done="Proposed: its owners sign it." act={propose} disabled={notProposed}>
          <p>It is a draft no longer then: it waits to be signed by {answer?.needed.join(" and ").replaceAll("-", " ")}, and you do not sign it yourself. What you change afterwards is a new version.</p>
          <Uncatalogued of={answer?.uncatalogued ?? []} />
        </Ask>
      </>}>
      <div className="stack">
        {theirs ? (
          <div className="notice warn" role="status">
            <strong>Saved elsewhere meanwhile</strong>
            <span>This draft was saved in another window after you had opened it: saving yours overwrites that.</span>
            <span className="row">
              <button type="button" className="button" onClick={() => { if (window.confirm("What you changed here is lost then. Take what is saved?")) take(theirs); }}>Take what is saved</button>
              <button type="button" className="button" onClick={() => setRead([...read, theirs.document_sha256])}>Keep mine</button>
            </span>
          </div>
        ) : null}
        {save.isError ? <Trouble error={save.error} /> : null}
        <div className="split halves">
          <div className="stack">
            {source.document === null ? <div className="notice bad" role="alert"><strong>The form waits</strong><span>The source cannot be read, so a change by the form would lose what you wrote. Mend line {source.faults[0]?.line}: {source.faults[0]?.message}</span></div> : (
              <>
                {laidOut ? null : <div className="notice"><strong>The form would lay the source out anew</strong><span>Its spaces and line breaks would be lost with your next change here; what it says and its comments stay.</span></div>}
                <ContractForm document={source.document} set={(path, value) => setText((now) => changed(now, path, value))} problems={answer?.problems ?? []} />
              </>
            )}
          </div>
          <div className="stack">
            <Card title="Source (Open Data Contract Standard)"><Suspense fallback={<Loading />}><YamlEditor text={text} onChange={setText} marks={marks} label="The contract's source" /></Suspense></Card>
            <Card title="Problems"><div className="stack-s" aria-live="polite">{error ? <Trouble error={error} retry={again} /> : null}<Problems of={answer} marks={marks} why={may?.allowed ? undefined : barred(may)} isOpen={!error} /></div></Card>
          </div>
        </div>
      </div>
    </Page>
  );
}

function Problems({ of, marks, why, isOpen }: { of: Schemas["ContractExamined"] | undefined; marks: Mark[]; why: string | undefined; isOpen: boolean }) {
  if (why) return <p className="secondary">{why}</p>;
  if (marks.length === 0 && !of) return isOpen ? <p className="secondary">Looking…</p> : null;
  return (
    <>
      {of?.valid && marks.every((one) => one.severity === "warning") ? <span><Status state={of.signable ? "met" : "awaiting"} label={of.signable ? "It can be proposed and signed" : of.proposable ? "It can be proposed, and not signed yet" : "It reads as a contract"} /></span> : null}
      <ul className="stack-s">{marks.map((one) => <li key={`${one.line}${one.message}`}><Status state={one.severity === "error" ? "not-met" : "denied"} label={`Line ${one.line}`} /> {one.message}</li>)}</ul>
      {of?.obstacles.length ? <><h3>What the registry objects to</h3><ul className="stack-s">{of.obstacles.map((one) => <li key={one}>{one}</li>)}</ul></> : null}
      <Uncatalogued of={of?.uncatalogued ?? []} />
      {of?.valid ? <p className="secondary">To be signed by: {of.needed.join(", ").replaceAll("-", " ")}.</p> : null}
    </>
  );
}
