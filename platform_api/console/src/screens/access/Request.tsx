// One request for many data sources: while it is put together, each source says whether it would be granted.
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { api, onceKey, told, type Schemas } from "../../api/client";
import { purposesQuery, sourceQuery } from "../../api/choices";
import { useFilters } from "../../parts/list";
import { Card, Page } from "../../parts/page";
import { PickOne } from "../../parts/pick";
import { useSettled } from "../../parts/settled";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Level, Status, words } from "../../parts/status";
import { Time } from "../../parts/time";
import { choiceOf, type Choice, type Operation } from "./asked";
import { Verdict, type VerdictShown } from "./Verdict";

type Asked = Schemas["AccessAsked"];
const DURATIONS: [string, string][] = [["", "as the contract says"], ["PT30M", "30 minutes"], ["PT1H", "1 hour"], ["PT4H", "4 hours"], ["PT8H", "8 hours"], ["PT12H", "12 hours"]];

export default function Request() {
  const [search, change] = useFilters();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Choice[]>([]);
  const [purpose, setPurpose] = useState("");
  const [duration, setDuration] = useState("");
  const [mode, setMode] = useState<"all" | "partial">("all");
  const [why, setWhy] = useState("");
  const activities = useQuery({ queryKey: ["activities", "active"], queryFn: () => told(api.GET("/v1/activities", { params: { query: { state: "active", limit: 200 } } })) });
  const activity = activities.data?.items.find((one) => one.id === search.activity) ?? activities.data?.items[0];
  const environments = useQuery({
    queryKey: ["environments", activity?.id], enabled: Boolean(activity),
    queryFn: () => told(api.GET("/v1/environments", { params: { query: { activity: activity?.id, state: "active", limit: 50 } } })),
  });
  const environment = environments.data?.items.find((one) => one.id === search.environment) ?? environments.data?.items[0];
  const purposes = useQuery(purposesQuery);
  const possible = (purposes.data?.items ?? []).map((one) => one.name).filter((name) => activity?.purposes.some((own) => name === own || name.startsWith(`${own}/`)));
  const wanted = possible.includes(purpose) ? purpose : possible[0] ?? activity?.purposes[0] ?? "";
  const body: Asked | null = activity && environment && wanted && chosen.length > 0 && chosen.every((one) => one.operations.length > 0) ? {
    activity: activity.id, environment: environment.id, purpose: wanted, mode, justification: why, dry_run: false,
    duration: duration || null, sources: chosen.map((one) => one.asked(one.operations)),
  } as Asked : null;
  const settled = useSettled(JSON.stringify(body));
  const preview = useQuery({
    queryKey: ["preview", settled], enabled: settled !== "null", placeholderData: keepPreviousData, retry: false, staleTime: 0,
    queryFn: async () => await told(api.POST("/v1/access-requests", { body: { ...(JSON.parse(settled) as Asked), dry_run: true }, params: { header: onceKey() } })) as unknown as Schemas["PreviewShown"],
  });
  const ask = useMutation({
    mutationFn: async () => await told(api.POST("/v1/access-requests", { body: body as Asked, params: { header: onceKey() } })) as unknown as Schemas["GrantedShown"],
    onSuccess: (granted) => void navigate({ to: "/grants", search: { open: granted.grant.id } as never }),
  });
  const verdicts = new Map((preview.data?.sources as unknown as VerdictShown[] | undefined)?.map((one) => [one.source, one]));
  const add = (choice: Choice) => setChosen((now) => (now.some((one) => one.uri === choice.uri) ? now : [...now, choice]));
  if (activities.isPending) return <Page title="Request access"><Loading /></Page>;
  if (!activity) return (
    <Page title="Request access"><div className="card"><Empty title="You are in no active activity"><p>Access is asked for in the name of an activity.</p><Link to="/activities" className="button">To the activities</Link></Empty></div></Page>
  );
  return (
    <Page title="Request access" lead="One request for all the data that a job needs. It is decided by contracts first, then by rules, and every source says why.">
      <div className="split with-side">
        <div className="stack">
          <Card title="What for">
            <div className="grid">
              <PickOne label="Activity" value={activity.id} of={activities.data?.items.map((one) => [one.id, one.title]) ?? []} onChange={(id) => change({ activity: id, environment: undefined })} />
              <PickOne label="Environment" value={environment?.id ?? ""} of={environments.data?.items.map((one) => [one.id, words(one.tier)]) ?? []} onChange={(id) => change({ environment: id })} />
              <PickOne label="Purpose" value={wanted} of={(possible.length ? possible : activity.purposes).map((one) => [one, one])} onChange={setPurpose} />
              <PickOne label="How long" value={duration} of={DURATIONS} onChange={setDuration} />
            </div>
            {environments.data?.items.length === 0 ? <p className="secondary">This activity has no active environment yet.</p> : null}
          </Card>
          <Card title={`Data (${chosen.length})`}>
            {chosen.length === 0 ? <p className="secondary">Nothing chosen yet: search the catalogue below.</p> : (
              <ul className="stack">{chosen.map((one) => (
                <li key={one.uri} className="stack-s" style={{ borderBottom: "1px solid var(--line)", paddingBottom: 12 }}>
                  <div className="row">
                    <strong>{one.title}</strong><Level of={one.classification} />
                    <button type="button" className="button quiet icon push" aria-label={`Remove ${one.title}`} onClick={() => setChosen(chosen.filter((c) => c.uri !== one.uri))}><IconX size={16} aria-hidden /></button>
                  </div>
                  <code>{one.uri}</code>
                  <fieldset className="row" style={{ border: 0, padding: 0, margin: 0 }}>
                    <legend className="hidden">What to do with {one.title}</legend>
                    {one.offered.map((operation) => (
                      <label key={operation} className="row" style={{ gap: 4 }}>
                        <input type="checkbox" checked={one.operations.includes(operation)} onChange={() => setChosen(chosen.map((c) => (c.uri === one.uri ? { ...c, operations: toggled(c, operation) } : c)))} />
                        {operation}
                      </label>
                    ))}
                  </fieldset>
                  <div aria-live="polite">{verdicts.get(one.uri) ? <Verdict of={verdicts.get(one.uri) as VerdictShown} /> : preview.isFetching ? <span className="faint">Asking…</span> : null}</div>
                </li>
              ))}</ul>
            )}
          </Card>
          <Catalogue add={add} chosen={chosen} first={search.add} />
        </div>
        <div className="stack">
          <Card title="The answer">
            <div className="stack" aria-live="polite">
              {settled === "null" ? <p className="secondary">Choose data, and the answer appears here before you ask.</p>
                : preview.isError ? <Trouble error={preview.error} />
                : preview.data ? (
                  <>
                    <Status state={preview.data.outcome === "would-be-granted" ? "granted" : "refused"} label={preview.data.outcome === "would-be-granted" ? "Would be granted" : "Would be refused"} />
                    {preview.data.ends_at ? <p>Until <Time at={preview.data.ends_at} />{preview.data.shortened ? <span className="secondary">: {preview.data.shortened}</span> : null}</p> : null}
                    {(preview.data.reasons as unknown as { clause: string; given: string; next_step: string }[]).map((reason) => <p key={reason.clause} className="secondary">{reason.given}. {reason.next_step}</p>)}
                  </>
                ) : <Loading rows={2} />}
            </div>
          </Card>
          <Card title="Ask">
            <div className="stack">
              <div className="field"><label htmlFor="why">Why do you need it?</label><textarea id="why" maxLength={2000} value={why} onChange={(e) => setWhy(e.currentTarget.value)} /></div>
              <fieldset className="stack-s" style={{ border: 0, padding: 0, margin: 0 }}>
                <legend className="label" style={{ fontSize: 13, fontWeight: 500 }}>When one source is refused</legend>
                <label className="row"><input type="radio" name="mode" checked={mode === "all"} onChange={() => setMode("all")} /> refuse the whole request</label>
                <label className="row"><input type="radio" name="mode" checked={mode === "partial"} onChange={() => setMode("partial")} /> give the rest</label>
              </fieldset>
              {ask.isError ? <Trouble error={ask.error} /> : null}
              <button type="button" className="button primary" disabled={!body || ask.isPending || preview.data?.outcome === "would-be-refused"} onClick={() => ask.mutate()}>{ask.isPending ? "Making the role…" : "Request access"}</button>
              {preview.data?.outcome === "would-be-refused" ? <span className="faint">As it stands it would be refused: take the refused sources out, or change what they ask for.</span> : null}
            </div>
          </Card>
        </div>
      </div>
    </Page>
  );
}

function Catalogue({ add, chosen, first }: { add: (choice: Choice) => void; chosen: Choice[]; first: string | undefined }) {
  const [text, setText] = useState("");
  const q = useSettled(text.trim());
  const found = useQuery({ queryKey: ["catalogue", q], placeholderData: keepPreviousData, queryFn: () => told(api.GET("/v1/sources", { params: { query: { q: q || undefined, limit: 20 } as never } })) });
  const wanted = useQuery(sourceQuery(first ?? ""));
  useEffect(() => {
    const choice = wanted.data && choiceOf(wanted.data);
    if (choice) add(choice);
    // only when the answer to the link's own wish arrives
  }, [wanted.data]);
  return (
    <Card title="Catalogue">
      <div className="stack-s">
        <input className="input" type="search" aria-label="Search the catalogue" placeholder="Search by name or address" value={text} onChange={(e) => setText(e.currentTarget.value)} />
        {found.isPending ? <Loading rows={3} /> : found.isError ? <Trouble error={found.error} /> : found.data.items.length === 0 ? <Empty title="Nothing of that name" /> : (
          <ul>{found.data.items.map((item) => {
            const choice = choiceOf(item);
            const has = chosen.some((one) => one.uri === item.uri);
            return (
              <li key={item.uri} className="row" style={{ padding: "8px 0", borderTop: "1px solid var(--line)" }}>
                <span className="stack-s grow" style={{ gap: 0 }}><span>{item.title}</span><code className="faint">{item.uri}</code></span>
                <Level of={item.classification} />
                <button type="button" className="button icon" disabled={!choice || has} aria-label={`Add ${item.title} ${item.uri}`} onClick={() => choice && add(choice)}><IconPlus size={16} aria-hidden /></button>
              </li>
            );
          })}</ul>
        )}
      </div>
    </Card>
  );
}

function toggled(choice: Choice, operation: Operation): Operation[] {
  return choice.operations.includes(operation) ? choice.operations.filter((one) => one !== operation) : [...choice.operations, operation];
}
