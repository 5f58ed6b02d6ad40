// One version of the rules: read or edited, tried, compared, proposed, approved by a second person, made live.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { api, Problem, told, type Schemas } from "../../api/client";
import { useSession } from "../../api/session";
import { streamed, type Progress } from "../../api/stream";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { useSettled } from "../../parts/settled";
import { Status } from "../../parts/status";
import { Tabs } from "../../parts/tabs";
import { useToast } from "../../parts/toast";
import { Cases } from "./Cases";
import { CompareWithLive } from "./CompareWithLive";
import type { Fault } from "./CedarEditor";
import { Impact, type ImpactOf } from "./Impact";
import { RulebookActions } from "./RulebookActions";
import { RuleList } from "./RuleList";

const CedarEditor = lazy(() => import("./CedarEditor"));
export type Whole = Schemas["RulebookWholeShown"];

export default function Rulebook() {
  const { version } = useParams({ strict: false }) as { version: string };
  const answer = useQuery({ queryKey: ["rulebook", version], queryFn: () => told(api.GET("/v1/rulebooks/{version}", { params: { path: { version } } })) });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  return <Version key={answer.data.version} book={answer.data} />;
}

function Version({ book }: { book: Whole }) {
  const queries = useQueryClient();
  const session = useSession();
  const toast = useToast();
  const [text, setText] = useState(book.text);
  const [cases, setCases] = useState(book.cases);
  const isMine = book.state === "draft" && session !== undefined && book.authors.includes(session.id);
  const isChanged = text !== book.text || cases !== book.cases;
  useBlocker({ shouldBlockFn: ({ current, next }) => isChanged && current.pathname !== next.pathname && !window.confirm("What you changed is not saved. Leave anyway?"), enableBeforeUnload: () => isChanged });
  const settled = useSettled(text, 500);
  const checked = useQuery({
    queryKey: ["validate", settled], retry: false, enabled: isMine,
    queryFn: () => told(api.POST("/v1/rulebooks/validate", { body: { text: settled, cases: "" } })),
  });
  const faults = faultsOf(checked.error, checked.data?.warnings ?? (isMine ? [] : book.warnings));
  const save = useMutation({
    mutationFn: () => told(api.PUT("/v1/rulebooks/{version}", { params: { path: { version: book.version } }, body: { title: book.title, text, cases, revision: book.revision } })),
    onSuccess: async () => { await queries.invalidateQueries({ queryKey: ["rulebook", book.version] }); toast("Saved."); },
  });
  const rules = isMine ? checked.data?.rules ?? book.rules : book.rules;
  return (
    <Page title={book.title} crumbs={[{ to: "/rules", label: "Rules" }]}
      lead={<span className="row"><Status state={book.state} /> version {book.number} by {book.authors.map((id, at) => <span key={id}>{at ? ", " : ""}<Person id={id} /></span>)}{book.approvals.length ? <span> · approved by {book.approvals.map((one) => <Person key={one.by} id={one.by} />)}</span> : null}</span>}
      actions={<>{isMine ? <button type="button" className="button" disabled={!isChanged || save.isPending} onClick={() => save.mutate()}>{save.isPending ? "Saving…" : isChanged ? "Save" : "Saved"}</button> : null}<RulebookActions book={book} unsaved={isChanged} /></>}>
      <div className="stack">
        {save.isError ? <Trouble error={save.error} /> : null}
        {faults.some((one) => one.severity === "error") ? <div className="notice bad" role="alert"><strong>The text is no rulebook yet</strong><ul>{faults.filter((one) => one.severity === "error").map((one) => <li key={one.message + one.line}>Line {one.line}: {one.message}</li>)}</ul></div> : null}
        <Tabs label="This version" of={[
          { id: "rules", name: `Rules (${rules.length})`, content: () => <RuleList rules={rules} text={text} onText={isMine ? setText : undefined} warnings={checked.data?.warnings ?? book.warnings} /> },
          { id: "cedar", name: "Cedar", content: () => <Suspense fallback={<Loading />}><CedarEditor text={text} onChange={isMine ? setText : undefined} faults={faults} label="The rules in Cedar" /></Suspense> },
          { id: "cases", name: "Test cases", content: () => <Cases text={text} cases={cases} onCases={isMine ? setCases : undefined} /> },
          { id: "impact", name: "What would change", content: () => <WhatWouldChange book={book} unsaved={isChanged} /> },
          { id: "compare", name: "Compare", content: () => <CompareWithLive text={text} /> },
        ]} />
      </div>
    </Page>
  );
}

function faultsOf(error: unknown, warnings: Schemas["WarningShown"][]): Fault[] {
  const errors = error instanceof Problem ? ((error.extra.errors as { line?: number; message: string }[] | undefined) ?? []) : [];
  return [
    ...errors.map((one): Fault => ({ line: one.line ?? 1, message: one.message, severity: "error" })),
    ...warnings.map((one): Fault => ({ line: one.line, message: `${one.message} ${one.fix}`, severity: "warning" })),
  ];
}

function WhatWouldChange({ book, unsaved }: { book: Whole; unsaved: boolean }) {
  const navigate = useNavigate();
  const [progress, setProgress] = useState<Progress | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = useMutation({
    mutationFn: async () => {
      running.current?.abort();
      running.current = new AbortController();
      const told = await streamed(`/v1/rulebooks/${encodeURIComponent(book.version)}/impact`, undefined, running.current.signal, setProgress);
      return (told.impact as { impact: ImpactOf }).impact;
    },
    onSettled: () => setProgress(null),
  });
  const shown = run.data ?? (book.impact as ImpactOf | null);
  if (book.state === "live" || book.state === "retired") return shown ? <Impact of={shown} /> : <p className="secondary">It is, or was, live: there is nothing it would change.</p>;
  return (
    <div className="stack">
      <div className="row">
        <button type="button" className="button primary" disabled={run.isPending || unsaved} onClick={() => run.mutate()}>{shown ? "Find out again" : "Find out what would change"}</button>
        {run.isPending ? <button type="button" className="button" onClick={() => running.current?.abort()}>Stop</button> : null}
        {unsaved ? <span className="faint">Save first: the saved text is what is tried.</span> : null}
        <button type="button" className="button quiet" onClick={() => { void navigator.clipboard.writeText(`${window.location.origin}/rules/${book.version}?tab=impact`); void navigate({ to: ".", search: { tab: "impact" } as never }); }}>Copy a link to this page</button>
      </div>
      {progress ? <div role="status" className="stack-s"><span className="secondary">{progress.part}: {progress.done.toLocaleString()}{progress.of === null ? "" : ` of ${progress.of.toLocaleString()}`}</span><progress max={progress.of ?? undefined} value={progress.of === null ? undefined : progress.done} aria-label={progress.part} style={{ width: "100%" }} /></div> : null}
      {run.isError && !(run.error instanceof DOMException) ? <Trouble error={run.error} /> : null}
      {shown ? <Impact of={shown} /> : null}
    </div>
  );
}
