// One version of the rules: read or edited, tried, compared, proposed, approved by a second person, made live.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useRef, type ReactNode } from "react";
import { liveRulesQuery } from "../../api/choices";
import { api, Problem, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { useSession } from "../../api/session";
import { Deed } from "../../parts/deed";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { Tabs } from "../../parts/tabs";
import { useToast } from "../../parts/toast";
import { useUnsaved } from "../../parts/unsaved";
import { Authors } from "./Authors";
import { Cases } from "./Cases";
import { CedarPane } from "./CedarPane";
import { advised, changesBetween } from "./changes";
import { useChecked } from "./checker";
import { CompareWithLive } from "./CompareWithLive";
import { useDraft, type Saved } from "./draft";
import type { Fault } from "./faults";
import { LiveImpact, useImpactOf } from "./LiveImpact";
import { NoDraft, Overtaken } from "./Overtaken";
import { rulebookQuery } from "./rulebook";
import { RulebookActions } from "./RulebookActions";
import { RuleList } from "./RuleList";
import { WhatWouldChange } from "./WhatWouldChange";

export type Whole = Schemas["RulebookWholeShown"];

export default function Rulebook() {
  const { version } = useParams({ strict: false }) as { version: string };
  const answer = useQuery(rulebookQuery(version));
  // What is written here stays when it cannot be read anew.
  if (!answer.data) return answer.isError ? <Trouble error={answer.error} retry={() => void answer.refetch()} /> : <Loading />;
  return <Version key={answer.data.version} book={answer.data} />;
}

function Version({ book }: { book: Whole }) {
  const queries = useQueryClient();
  const session = useSession();
  const toast = useToast();
  const draft = useDraft(book);
  const { text, cases, isChanged } = draft;
  const isMine = book.state === "draft" && session !== undefined && book.authors.includes(session.id);
  useUnsaved(isChanged);
  const look = useLook(book, text, isMine);
  const live = useQuery(liveRulesQuery);
  const isSame = live.data?.text === text;
  const isToCome = ["draft", "proposed", "approved"].includes(book.state);
  const changes = useMemo(() => (isToCome && live.data ? changesBetween(live.data.rules, look.rules) : []), [isToCome, live.data, look.rules]);
  const errors = look.faults.filter((one) => one.severity === "error");
  const tried = useImpactOf(isMine && look.isRight && live.isSuccess && !isSame ? text : null);
  const why = isSame ? "The text is that of the live rules: nothing would change." : errors.length ? "It is found out as soon as the text is right." : look.unasked ? "The platform could not look at the text." : !look.isRight ? "The text is being looked at." : null;
  const save = useMutation({
    mutationFn: (sent: Saved) => told(api.PUT("/v1/rulebooks/{version}", { params: { path: { version: book.version } }, body: { title: book.title, ...sent } })),
    onSuccess: async ({ revision }, sent) => { draft.saved({ ...sent, revision }); await changed(queries, { kind: "rulebook", id: book.version }); toast("Saved."); },
  });
  const standing = { text, cases, revision: draft.base.revision };
  const notSaved = !isChanged ? "All that is written here is saved." : errors.length ? "What is wrong with its text comes first." : undefined;
  const notProposed = !isChanged ? undefined : notSaved ?? (draft.isOvertaken ? "Somebody else saved it meanwhile: choose whose stays first." : undefined);
  const onText = isMine ? draft.setText : undefined;
  const beside = (content: ReactNode) => (isMine ? <div className="split with-side">{content}<LiveImpact tried={tried} text={text} why={why} /></div> : content);
  return (
    <Page title={book.title} crumbs={[{ to: "/rules", label: "Rules" }]}
      lead={<span className="row"><Status state={book.state} /> version {book.number} by <Authors of={book.authors} />{book.approvals.length ? <span> · approved by {book.approvals.map((one) => <Person key={one.by} id={one.by} />)}</span> : null}</span>}
      actions={<>{isMine ? <Deed why={notSaved} isBusy={save.isPending} onPress={() => save.mutate(standing)}>{save.isPending ? "Saving…" : isChanged ? "Save" : "Saved"}</Deed> : null}<RulebookActions book={book} saved={draft.base.revision} save={isMine && isChanged && !notProposed ? async () => (await save.mutateAsync(standing)).revision : undefined} unsaved={notProposed} /></>}>
      <div className="stack">
        {book.state !== "draft" && isChanged ? <NoDraft book={book} draft={draft} /> : draft.isOvertaken ? <Overtaken book={book} draft={draft} takeTheirs={() => { save.reset(); draft.takeTheirs(); }} keepMine={() => { save.reset(); draft.keepMine(); }} /> : null}
        {draft.isRenewed && !isChanged ? <div className="notice" role="status"><strong>Saved elsewhere meanwhile</strong><span>What stands here now is what was saved there: read it before you propose it.</span><span><button type="button" className="button" onClick={draft.seen}>I see</button></span></div> : null}
        {save.isError && save.variables.text === text && save.variables.cases === cases ? <Trouble error={save.error} /> : null}
        {look.failed ? <div className="notice" role="status"><strong>The checker in your browser does not run: {look.failed}</strong><span>The platform checks the text instead. Formatting and completion may be missing; loading the page anew may help, once you have saved.</span></div> : null}
        {look.unasked ? <Trouble error={look.unasked} retry={look.again} /> : null}
        {errors.length ? <Errors of={errors} text={text} /> : null}
        <Tabs label="This version" of={[
          { id: "rules", name: `Rules (${look.rules.length})`, content: () => beside(<RuleList rules={look.rules} text={text} onText={errors.length ? undefined : onText} warnings={look.warnings} changes={changes} />) },
          { id: "cedar", name: "Cedar", content: () => beside(<CedarPane text={text} onText={onText} faults={look.faults} />) },
          { id: "cases", name: "Test cases", content: () => <Cases text={text} cases={cases} changes={changes} onCases={isMine ? draft.setCases : undefined} version={book.version} notYet={isChanged ? "Save first: the test bench asks what is saved." : undefined} /> },
          { id: "impact", name: "What would change", content: () => <WhatWouldChange book={book} text={text === book.text ? null : text} notYet={isMine && !look.isRight ? "The text is not right yet." : undefined} /> },
          { id: "compare", name: "Compare", content: () => <CompareWithLive text={text} cases={cases} cautions={isChanged ? [] : book.cautions} rules={isMine && !look.isRight ? null : look.rules} /> },
        ]} />
      </div>
    </Page>
  );
}

/** What is to be said of the text: the browser looks first, and only what it finds right is asked of the server, whose word counts. */
function useLook(book: Whole, text: string, isMine: boolean) {
  const local = useChecked(text, isMine);
  const isLooked = local !== null && local.text === text;
  const isClean = isLooked && !local.faults.some((one) => one.severity === "error");
  const checked = useQuery({
    queryKey: ["validate", text], retry: false, enabled: isMine && isClean,
    queryFn: () => told(api.POST("/v1/rulebooks/validate", { body: { text, cases: "" } })),
  });
  const last = useRef<Schemas["ValidationShown"] | undefined>(undefined);
  if (checked.data) last.current = checked.data;
  const { error, data } = checked;
  const faults = useMemo(() => {
    if (!isMine) return placed(book.text, null, book.warnings);
    return [...(isLooked ? local.faults : []), ...(isClean ? placed(text, error, data?.warnings ?? []) : [])];
  }, [isMine, isLooked, isClean, local, text, error, data, book]);
  const good = isMine ? last.current : undefined;
  const unasked = isClean && error && !isOfText(error) ? error : null;
  return { faults, failed: local?.failed ?? null, unasked, again: () => void checked.refetch(), isRight: isClean && checked.isSuccess, rules: good?.rules ?? book.rules, warnings: good?.warnings ?? book.warnings };
}

/** Whether an error is about the text; any other is that nobody has looked at it. */
function isOfText(error: unknown): error is Problem {
  return error instanceof Problem && (error.status === 422 || error.code === "guardrail");
}

/** What the server says, at the lines that it names. */
function placed(text: string, error: unknown, warnings: Schemas["WarningShown"][]): Fault[] {
  const errors = isOfText(error) ? ((error.extra.errors as { line?: number; message: string }[] | undefined) ?? [{ message: error.message }]) : [];
  const starts = [0, ...[...text.matchAll(/\n/g)].map((one) => (one.index ?? 0) + 1)];
  const at = (line: number, message: string, severity: Fault["severity"]): Fault => ({ from: starts[line - 1] ?? 0, to: Math.max((starts[line] ?? text.length + 1) - 1, 0), message, severity });
  return [...errors.map((one) => at(one.line ?? 1, one.message, "error")), ...warnings.map((one) => at(one.line, advised(one), "warning"))];
}

function Errors({ of, text }: { of: Fault[]; text: string }) {
  const line = (place: number) => text.slice(0, place).split("\n").length;
  return (
    <div className="notice bad" role="alert">
      <strong>The text is no rulebook yet</strong>
      <ul>{of.slice(0, 8).map((one) => <li key={one.message + one.from}>Line {line(one.from)}: {one.message}</li>)}</ul>
      {of.length > 8 ? <span>And {of.length - 8} more.</span> : null}
    </div>
  );
}
