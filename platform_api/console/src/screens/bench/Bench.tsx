// The test bench: a question put to the rules, live or drafted, with the rules that decide it; kept, it is a test case.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { purposesQuery, sourceQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { peopleQuery, useNamed } from "../../api/people";
import { useSession } from "../../api/session";
import { useAnswered } from "../../parts/answered";
import { Ask } from "../../parts/ask";
import { Field } from "../../parts/field";
import { useFilters } from "../../parts/list";
import { Card, Page } from "../../parts/page";
import { PickMany, PickOne } from "../../parts/pick";
import { TIERS } from "../../parts/scales";
import { Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { useTyped } from "../../parts/typed";
import { useChoices } from "../rules/choices";
import { Effect } from "../rules/Effect";
import { DATA_ACTIONS } from "../rules/form";
import { rulebookQuery } from "../rules/rulebook";
import { caseOf, EMPTY, gaps, OF_COLUMNS, textOf, unknownIn, withCase, type Question } from "./question";

const NAME = "asked at the bench";
type Book = Schemas["RulebookWholeShown"];

export default function Bench() {
  const [search, change] = useFilters();
  const session = useSession();
  const [may] = useMay([{ action: "proposePolicy", kind: "rulebook" }]);
  const books = useQuery({ queryKey: ["rulebooks", "bench"], queryFn: () => told(api.GET("/v1/rulebooks", { params: { query: { limit: 200 } } })) });
  const live = books.data?.items.find((one) => one.state === "live");
  const offered = (books.data?.items ?? []).filter((one) => ["live", "draft", "proposed", "approved"].includes(one.state));
  const version = search.version ? offered.find((one) => one.version === search.version)?.version ?? "" : live?.version ?? "";
  const book = useQuery({ ...rulebookQuery(version), enabled: version !== "" });
  const [typed, setTyped] = useTyped({ trainings: search.trainings ?? "", at: search.at ?? "" }, change);
  const question = { ...EMPTY, ...Object.fromEntries(Object.entries(search).filter(([key]) => key in EMPTY)), ...typed, mfa: search.mfa !== "no" } as Question;
  const people = useQuery(peopleQuery);
  const subject = people.data?.get(question.who);
  const source = useQuery(sourceQuery(question.data));
  const item = source.data;
  const activities = useQuery({ queryKey: ["activities", "all"], staleTime: 60_000, retry: false, queryFn: () => told(api.GET("/v1/activities", { params: { query: { limit: 200 } } })) });
  const activity = activities.data?.items.find((one) => one.id === question.activity);
  const purposes = useQuery(purposesQuery);
  const open = gaps(question);
  const isKnown = question.activity === "" || activity !== undefined;
  const misfit = purposes.data ? unknownIn(question, purposes.data.items.map((one) => one.name), item) : null;
  const asked = open.length === 0 && subject && item && isKnown && purposes.data && !misfit && book.data && may?.allowed ? caseOf(question, subject, item, activity, NAME, "allow") : null;
  const answer = useAnswered(["bench", version, String(book.data?.revision)], asked && textOf(asked), (cases, signal) => told(api.POST("/v1/rulebooks/test", { signal, body: { text: book.data?.text ?? "", cases } })));
  const found = answer.data?.results.find((one) => one.name === NAME && one.suite === "rulebook");
  const failed = [books, book, people, source, purposes, ...(isKnown ? [] : [activities])].find((one) => one.isError);
  const unknown = people.data && !subject ? "The directory knows nobody of that id: choose who." : activities.data && !isKnown ? "No such activity is to be seen here: choose another." : books.data && version === "" ? (search.version ? "That version cannot be asked any more: choose which rules." : "There are no rules to ask: none are live.") : misfit;
  const drafts = offered.filter((one) => one.state === "draft" && session && one.authors.includes(session.id));
  return (
    <Page title="Test bench" lead="Put a question to the rules and see which of them decide it. The facts are today's: the person's teams, the data's classification and labels. Contracts are asked in a request, not here."
      actions={drafts.some((one) => one.version === version) ? <Link to={`/rules/${version}` as never} search={{ tab: "cases" } as never} className="button">Back to the draft</Link> : null}>
      {may && !may.allowed && may.why !== "Asking the rules…" ? <div className="notice warn"><strong>The bench is for who writes rules</strong><span>{may.why}</span></div> : null}
      <div className="split with-side">
        <Form question={question} set={change} setTyped={setTyped} item={item} version={search.version ?? version} of={offered.map((one) => [one.version, `${one.state === "live" ? "live rules" : one.state}: ${one.title}`])} choose={(to) => change({ version: to })} activities={activities.data?.items ?? []} />
        <div className="stack">
          <Card title="The answer">
            <div className="stack" aria-live="polite">
              {open.length ? <p className="secondary">Still to choose: {open.join(", ")}.</p>
                : failed ? <Trouble error={failed.error} retry={() => void failed.refetch()} />
                : unknown ? <p className="secondary">{unknown}</p>
                : answer.error ? <Trouble error={answer.error} retry={answer.again} />
                : found && book.data ? <>{answer.isCurrent ? null : <span className="faint">Of the question before your last change:</span>}<Answer found={found} book={book.data} /></>
                : may?.allowed ? <Loading rows={3} /> : <p className="secondary">{barred(may)}</p>}
            </div>
          </Card>
          {found && answer.isCurrent && subject && item ? (
            <Keep key={version} asked={version} drafts={drafts} make={(name) => caseOf(question, subject, item, activity, name, found.answer)} what={`${subject.name} ${found.answer === "allow" ? "may" : "may not"} ${verb(question.action)}: ${item.title}, for ${question.purpose} in ${question.tier}`} answer={found.answer} />
          ) : null}
        </div>
      </div>
    </Page>
  );
}

function Form({ question, set, setTyped, item, version, of, choose, activities }: { question: Question; set: (wanted: Partial<Record<keyof Question, string>>) => void; setTyped: (typed: { trainings?: string; at?: string }) => void; item: Schemas["SourceItemShown"] | undefined; version: string; of: [string, string][]; choose: (version: string) => void; activities: Schemas["ActivityShown"][] }) {
  const known = useChoices();
  const isOfColumns = OF_COLUMNS.includes(question.action);
  return (
    <Card title="The question">
      <div className="stack">
        <PickOne label="Which rules" value={version} of={of} onChange={choose} />
        <PickMany label="Who" options={known.people} chosen={question.who ? [question.who] : []} onChange={(ids) => set({ who: ids.at(-1) ?? "" })} />
        <PickOne label="Does what" value={question.action} of={DATA_ACTIONS} onChange={(action) => set({ action, group: "" })} />
        <PickMany label="With which data" options={known.items} chosen={question.data ? [question.data] : []} onChange={(ids) => set({ data: ids.at(-1) ?? "", group: "" })} />
        {isOfColumns ? <PickOne label="Which columns" value={question.group} of={[["", "choose"], ...(item?.columns ?? []).map((one): [string, string] => [one.group, `${one.group} (${one.classification})`])]} onChange={(group) => set({ group })} /> : null}
        <div className="grid">
          <PickOne label="In which tier" value={question.tier} of={TIERS.map((one) => [one, one])} onChange={(tier) => set({ tier })} />
          <PickOne label="For which purpose" value={question.purpose} of={[["", "choose"], ...known.purposes.map((one): [string, string] => [one.id, one.name])]} onChange={(purpose) => set({ purpose })} />
          <PickOne label="In which activity" value={question.activity} of={[["", "one of their own"], ...activities.map((one): [string, string] => [one.id, one.title])]} onChange={(activity) => set({ activity })} />
          <Field label="When (UTC)" type="datetime-local" value={question.at} onChange={(at) => setTyped({ at })} help="Empty: a Monday noon." />
          <Field label="Trainings" value={question.trainings} onChange={(trainings) => setTyped({ trainings })} placeholder="privacy-2026" help="With commas between." />
        </div>
        <label className="row" style={{ gap: 6 }}><input type="checkbox" checked={question.mfa} onChange={(e) => set({ mfa: e.currentTarget.checked ? "" : "no" })} /> Signed in with a second factor</label>
      </div>
    </Card>
  );
}

function Answer({ found, book }: { found: Schemas["CaseShown"]; book: Book }) {
  const named = useNamed();
  const kept = useQuery({ queryKey: ["policies", "all"], staleTime: 60_000, queryFn: () => told(api.GET("/v1/policies", { params: { query: { limit: 200 } } })) }).data?.items ?? [];
  const isAllowed = found.answer === "allow";
  return (
    <>
      <span><Status state={isAllowed ? "allowed" : "refused"} label={isAllowed ? "The rules allow it" : "The rules refuse it"} /></span>
      {found.decided_by.length === 0 ? <p>No rule allows it, and what no rule allows is refused.</p> : null}
      <ul className="stack">{found.decided_by.map((id) => {
        const rule = book.rules.find((one) => one.id === id);
        const title = rule?.title ?? kept.find((one) => one.id === id)?.title ?? id;
        return (
          <li key={id} className="stack-s" style={{ gap: 4 }}>
            <span className="row"><Effect of={isAllowed ? "permit" : "forbid"} /> {rule ? <Link to={`/rules/${book.version}` as never}>{title}</Link> : <strong>{title}</strong>}</span>
            {rule?.sentence ? <span className="secondary">{named(rule.sentence)}</span> : id.startsWith("inv-") ? <span className="secondary">It always holds; nobody edits it.</span> : null}
            {rule?.advice ? <span className="secondary">It tells them: {rule.advice}</span> : null}
          </li>
        );
      })}</ul>
    </>
  );
}

function Keep({ asked, drafts, make, what, answer }: { asked: string; drafts: Schemas["RulebookShown"][]; make: (name: string) => Record<string, unknown>; what: string; answer: string }) {
  const queries = useQueryClient();
  const [chosen, setChosen] = useState(asked);
  const version = drafts.find((one) => one.version === chosen)?.version ?? drafts[0]?.version ?? "";
  const save = async (name: string) => {
    const book = await queries.fetchQuery({ ...rulebookQuery(version), staleTime: 0 });
    const { title, text, cases, revision } = book;
    await told(api.PUT("/v1/rulebooks/{version}", { params: { path: { version } }, body: { title, text, cases: withCase(cases, make(name || what)), revision } }));
    await changed(queries, { kind: "rulebook", id: version });
  };
  return (
    <Card title="Keep it as a test case">
      <div className="stack-s">
        <p className="secondary">A version can only be proposed and made live while its test cases pass: this one holds that the rules {answer === "allow" ? "allow" : "refuse"} it.</p>
        {drafts.length ? (
          <>
            <PickOne label="In which of your drafts" value={version} of={drafts.map((one) => [one.version, one.title])} onChange={setChosen} />
            <span><Ask name="keep-case" button="Keep as a test case" title="Keep this question as a test case?" reason="What it is called (empty: as above)" optional confirm="Keep it" done="Kept with the draft." act={save}><p>It holds that {what}.</p></Ask></span>
          </>
        ) : <p>You have no draft: <Link to="/rules">begin one</Link>, and it is kept there.</p>}
      </div>
    </Card>
  );
}

function verb(action: string): string {
  return DATA_ACTIONS.find(([id]) => id === action)?.[1] ?? action;
}
