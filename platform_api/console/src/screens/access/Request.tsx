// One request for many data sources: while it is put together, each source says whether it would be granted.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, onceKey, told, type Schemas } from "../../api/client";
import { purposesQuery, sourceQuery } from "../../api/choices";
import { Field } from "../../parts/field";
import { useFilters } from "../../parts/list";
import { Card, Page } from "../../parts/page";
import { PickOne } from "../../parts/pick";
import { useSettled } from "../../parts/settled";
import { Empty, Loading, Trouble } from "../../parts/states";
import { words } from "../../parts/status";
import { duration } from "../../parts/time";
import { Answer } from "./Answer";
import { choiceOf, type Choice } from "./asked";
import { Catalogue } from "./Catalogue";
import { Chosen } from "./Chosen";
import { bodyOf, DURATIONS, isoOf, missing, NOTHING, trial, type Offer, type When, type Wish } from "./wish";
import type { VerdictShown } from "./Verdict";

type Asked = Schemas["AccessAsked"];
type Made = Schemas["GrantedShown"] | Schemas["RequestedShown"] | Schemas["HeldShown"];
const WHEN: [When, string][] = [["now", "Now"], ["later", "At a time"], ["emergency", "Now, in an emergency"]];

export default function Request() {
  const [search, change] = useFilters();
  const [wish, setWish] = useState<Wish>(NOTHING);
  const set = (part: Partial<Wish>) => setWish((now) => ({ ...now, ...part }));
  const activities = useQuery({ queryKey: ["activities", "active"], queryFn: () => told(api.GET("/v1/activities", { params: { query: { state: "active", limit: 200 } } })) });
  const activity = activities.data?.items.find((one) => one.id === search.activity) ?? activities.data?.items[0];
  const environments = useQuery({
    queryKey: ["environments", activity?.id], enabled: Boolean(activity),
    queryFn: () => told(api.GET("/v1/environments", { params: { query: { activity: activity?.id, state: "active", limit: 50 } } })),
  });
  const environment = environments.data?.items.find((one) => one.id === search.environment) ?? environments.data?.items[0];
  const purposes = useQuery(purposesQuery);
  const possible = (purposes.data?.items ?? []).map((one) => one.name).filter((name) => activity?.purposes.some((own) => name === own || name.startsWith(`${own}/`)));
  const purpose = possible.includes(wish.purpose) ? wish.purpose : possible[0] ?? activity?.purposes[0] ?? "";
  const add = (choice: Choice) => setWish((now) => (now.sources.some((one) => one.uri === choice.uri) ? now : { ...now, sources: [...now.sources, choice] }));
  useWished(search.add, add);
  const body = bodyOf(wish, activity && environment && purpose ? { activity: activity.id, environment: environment.id, purpose } : null);
  const { preview, verdicts, held } = usePreview(trial(body));
  const take = useTaken(wish, setWish);
  const lengths = DURATIONS.some(([id]) => id === wish.duration) ? DURATIONS : [...DURATIONS, [wish.duration, duration(wish.duration)] as [string, string]];
  if (activities.isPending) return <Page title="Request access"><Loading /></Page>;
  if (!activity) return (
    <Page title="Request access"><div className="card"><Empty title="You are in no active activity"><p>Access is asked for in the name of an activity.</p><Link to="/activities" className="button">To the activities</Link></Empty></div></Page>
  );
  return (
    <Page title="Request access" lead="One request for all the data that a job needs. It is decided by contracts first, then by rules, and every source says why.">
      <div className="split with-side">
        <div className="stack">
          <Card title="What for">
            <div className="stack">
              <div className="grid">
                <PickOne label="Activity" value={activity.id} of={activities.data?.items.map((one) => [one.id, one.title]) ?? []} onChange={(id) => change({ activity: id, environment: undefined })} />
                <PickOne label="Environment" value={environment?.id ?? ""} of={environments.data?.items.map((one) => [one.id, words(one.tier)]) ?? []} onChange={(id) => change({ environment: id })} />
                <PickOne label="Purpose" value={purpose} of={(possible.length ? possible : activity.purposes).map((one) => [one, one])} onChange={(one) => set({ purpose: one })} />
                <PickOne label="How long" value={wish.duration} of={lengths} onChange={(one) => set({ duration: one })} />
                <PickOne label="When" value={wish.when} of={WHEN} onChange={(one) => set({ when: one as When })} />
                {wish.when === "later" ? <Field label="Starts" type="datetime-local" value={wish.startsAt} onChange={(startsAt) => set({ startsAt })} help="In your time zone. It is decided again when it starts." /> : null}
              </div>
              {wish.when === "emergency" ? <p className="notice warn">One other person releases it in place of the contract's approvals. It is an alarm in the audit trail, and needs a ticket, a reason and a time.</p> : null}
              {environments.data?.items.length === 0 ? <p className="secondary">This activity has no active environment yet.</p> : null}
            </div>
          </Card>
          <Card title={`Data (${wish.sources.length})`}>
            {wish.sources.length === 0 ? <p className="secondary">Nothing chosen yet: search the catalogue below.</p> : (
              <ul className="stack">{wish.sources.map((one) => (
                <Chosen key={one.uri} of={one} verdict={verdicts.get(one.uri)} held={held.get(one.uri)} asking={preview.isFetching}
                  onChange={(operations) => set({ sources: wish.sources.map((other) => (other.uri === one.uri ? { ...other, operations } : other)) })}
                  onRemove={() => set({ sources: wish.sources.filter((other) => other.uri !== one.uri) })} />
              ))}</ul>
            )}
          </Card>
          <Catalogue add={add} chosen={wish.sources} />
        </div>
        <div className="stack">
          <Card title="The answer">
            <div className="stack" aria-live="polite">
              <Answer lacking={environment ? missing(wish) : "This activity has no active environment to use data in."} preview={preview.data} error={preview.error ?? take.error} take={take.mutate} taking={take.isPending} />
            </div>
          </Card>
          <Ask wish={wish} set={set} body={body} preview={preview.data} />
        </div>
      </div>
    </Page>
  );
}

function Ask({ wish, set, body, preview }: { wish: Wish; set: (part: Partial<Wish>) => void; body: Asked | null; preview: Schemas["PreviewShown"] | undefined }) {
  const navigate = useNavigate();
  const ask = useMutation({
    mutationFn: async () => await told(api.POST("/v1/access-requests", { body: body as Asked, params: { header: onceKey() } })) as unknown as Made,
    onSuccess: (made) => void navigate({ to: ("grant" in made ? `/grants/${made.grant.id}` : `/requests/${made.request_id}`) as never }),
  });
  const covered = Boolean(preview?.covered_by) && !wish.anew;
  const refused = preview?.outcome === "would-be-refused";
  return (
    <Card title="Ask">
      <div className="stack">
        <Field label="Why do you need it?" rows={3} maxLength={2000} value={wish.why} onChange={(why) => set({ why })} />
        <Field label="Ticket" maxLength={200} value={wish.ticket} onChange={(ticket) => set({ ticket })} help="Its reference, where there is one." />
        <fieldset className="stack-s plain">
          <legend className="legend">When one source is refused</legend>
          <label className="row"><input type="radio" name="mode" checked={wish.mode === "all"} onChange={() => set({ mode: "all" })} /> refuse the whole request</label>
          <label className="row"><input type="radio" name="mode" checked={wish.mode === "partial"} onChange={() => set({ mode: "partial" })} /> give the rest</label>
        </fieldset>
        {preview?.covered_by || wish.anew ? <label className="row"><input type="checkbox" checked={wish.anew} onChange={() => set({ anew: !wish.anew })} /> make another grant all the same</label> : null}
        {ask.isError ? <Trouble error={ask.error} /> : null}
        <button type="button" className="button primary" disabled={!body || ask.isPending || refused || covered} onClick={() => ask.mutate()}>{ask.isPending ? "Making the role…" : "Request access"}</button>
        {refused ? <span className="faint">As it stands it would be refused: take what is offered instead, take the refused sources out, or change what they ask for.</span> : null}
      </div>
    </Card>
  );
}

/** What the platform would answer now, without anything being done; the last answer stays until the next is there. */
function usePreview(wanted: Asked | null) {
  const settled = useSettled(JSON.stringify(wanted));
  const preview = useQuery({
    queryKey: ["preview", settled], enabled: settled !== "null", placeholderData: keepPreviousData, retry: false, staleTime: 0, gcTime: 60_000,
    queryFn: async ({ signal }) => await told(api.POST("/v1/access-requests", { signal, body: JSON.parse(settled) as Asked, params: { header: onceKey() } })) as unknown as Schemas["PreviewShown"],
  });
  const known = settled === "null" ? undefined : preview.data;
  return {
    preview: { ...preview, data: known },
    verdicts: new Map((known?.sources as unknown as VerdictShown[] | undefined)?.map((one) => [one.source, one])),
    held: new Map(known?.held.map((one) => [one.source, one])),
  };
}

/** A link may name a source to begin with. */
function useWished(uri: string | undefined, add: (choice: Choice) => void): void {
  const wanted = useQuery(sourceQuery(uri ?? ""));
  useEffect(() => {
    const choice = wanted.data && choiceOf(wanted.data);
    if (choice) add(choice);
    // only when the answer to the link's own wish arrives
  }, [wanted.data]);
}

/** Puts an offer in place of the wish: it is a whole request that was cleared as it stands. */
function useTaken(wish: Wish, setWish: (wish: Wish) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ request }: Offer): Promise<Wish> => {
      const sources = await Promise.all(request.sources.map(async (one) => {
        const known = wish.sources.find((chosen) => chosen.uri === one.source) ?? choiceOf(await queries.fetchQuery(sourceQuery(one.source)));
        if (!known) throw new Error(`${one.source} cannot be chosen here; ask for it with sluice request.`);
        return { ...known, operations: one.operations, asked: (operations) => known.asked(operations, one.columns) } as Choice;
      }));
      return { ...wish, sources, purpose: request.purpose, duration: request.duration_seconds ? isoOf(request.duration_seconds) : "", mode: request.mode };
    },
    onSuccess: setWish,
  });
}
