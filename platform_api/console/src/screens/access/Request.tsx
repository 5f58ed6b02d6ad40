// One request for many data sources: while it is put together, each source says whether it would be granted.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { containerQuery, purposesQuery, sourceQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { useOnce } from "../../api/once";
import { useAnswered } from "../../parts/answered";
import { Deed } from "../../parts/deed";
import { Field } from "../../parts/field";
import { useFilters } from "../../parts/list";
import { Card, Page } from "../../parts/page";
import { PickOne } from "../../parts/pick";
import { isWithin } from "../../parts/purposes";
import { Empty, Loading, Trouble } from "../../parts/states";
import { words } from "../../parts/status";
import { duration } from "../../parts/time";
import { useUnsaved } from "../../parts/unsaved";
import { Answer } from "./Answer";
import { choiceOf, containerChoice, type Choice } from "./asked";
import { Catalogue } from "./Catalogue";
import { Chosen } from "./Chosen";
import { bodyOf, DURATIONS, isoOf, missing, narrowed, NOTHING, trial, type Offer, type When, type Wish } from "./wish";
import { ToAnswer } from "./ToAnswer";
import type { VerdictShown } from "./Verdict";

type Asked = Schemas["AccessAsked"];
type Made = Schemas["GrantedShown"] | Schemas["RequestedShown"] | Schemas["HeldShown"];
const WHEN: [When, string][] = [["now", "Now"], ["later", "At a time"], ["emergency", "Now, in an emergency"]];

export default function Request() {
  const [search, change] = useFilters();
  const [wish, setWish] = useState<Wish>(NOTHING);
  const answer = useRef<HTMLDivElement>(null);
  const take = useTaken(wish, setWish);
  const set = (part: Partial<Wish>) => { take.reset(); setWish((now) => ({ ...now, ...part })); };
  const activities = useQuery({ queryKey: ["activities", "active"], queryFn: () => told(api.GET("/v1/activities", { params: { query: { state: "active", limit: 200 } } })) });
  const activity = named(activities.data?.items, search.activity);
  const environments = useQuery({
    queryKey: ["environments", activity?.id], enabled: Boolean(activity),
    queryFn: () => told(api.GET("/v1/environments", { params: { query: { activity: activity?.id, state: "active", limit: 50 } } })),
  });
  const environment = named(environments.data?.items, search.environment);
  const purposes = useQuery(purposesQuery);
  const possible = (purposes.data?.items ?? []).map((one) => one.name).filter((name) => activity?.purposes.some((own) => isWithin(name, own)));
  const declarable = possible.length ? possible : activity?.purposes ?? [];
  // A purpose is declared, never taken for granted.
  const purpose = declarable.includes(wish.purpose) ? wish.purpose : "";
  const move = (to: Record<string, string | undefined>) => { take.reset(); change(to); };
  const add = (choice: Choice) => { take.reset(); setWish((now) => (now.sources.some((one) => one.uri === choice.uri) ? now : { ...now, sources: [...now.sources, choice] })); };
  const unwished = useWished(search.add, add);
  const body = bodyOf(wish, activity && environment && purpose ? { activity: activity.id, environment: environment.id, purpose } : null);
  const { preview, error, isAwaited, isOld, verdicts, held, containers } = usePreview(trial(body));
  const lengths = DURATIONS.some(([id]) => id === wish.duration) ? DURATIONS : [...DURATIONS, [wish.duration, duration(wish.duration)] as [string, string]];
  const nowhere = !activity ? "The address names no active activity of yours: choose one."
    : environments.isPending ? "Looking up its environments…"
    : environment || environments.isError ? undefined
    : environments.data.items.length === 0 ? "This activity has no active environment to use data in."
    : "The address names no active environment of this activity: choose one.";
  if (activities.isPending) return <Page title="Request access"><Loading /></Page>;
  if (!activities.data) return <Page title="Request access"><Trouble error={activities.error} retry={() => void activities.refetch()} /></Page>;
  if (activities.data.items.length === 0) return (
    <Page title="Request access"><div className="card"><Empty title="You are in no active activity"><p>Access is asked for in the name of an activity.</p><Link to="/activities" className="button">To the activities</Link></Empty></div></Page>
  );
  return (
    <Page title="Request access" lead="One request for all the data that a job needs. It is decided by contracts first, then by rules, and every source says why.">
      <div className="split with-side">
        <div className="stack">
          <Card title="What for">
            <div className="stack">
              <div className="grid">
                <PickOne label="Activity" value={activity?.id ?? ""} of={choices(activities.data.items.map((one) => [one.id, one.title]), activity)} onChange={(id) => move({ activity: id, environment: undefined })} />
                <PickOne label="Environment" value={environment?.id ?? ""} of={choices((environments.data?.items ?? []).map((one) => [one.id, words(one.tier)]), environment)} onChange={(id) => move({ environment: id })} />
                <PickOne label="Purpose" value={purpose} of={choices(declarable.map((one) => [one, one]), purpose)} onChange={(one) => set({ purpose: one })} />
                <PickOne label="How long" value={wish.duration} of={lengths} onChange={(one) => set({ duration: one })} />
                <PickOne label="When" value={wish.when} of={WHEN} onChange={(one) => set({ when: one as When })} />
                {wish.when === "later" ? <Field label="Starts" type="datetime-local" value={wish.startsAt} onChange={(startsAt) => set({ startsAt })} help="In your time zone. It is decided again when it starts." /> : null}
              </div>
              {wish.when === "emergency" ? <p className="notice warn">One other person releases it in place of the contract's approvals. It is an alarm in the audit trail, and needs a ticket, a reason and a time.</p> : null}
              {environments.isError && !environments.data ? <Trouble error={environments.error} retry={() => void environments.refetch()} /> : nowhere ? <p className="secondary" role="status">{nowhere}</p> : null}
            </div>
          </Card>
          <Card title={`Data (${wish.sources.length})`}>
            <div className="stack-s">
              {unwished ? <Trouble error={unwished} /> : null}
              {wish.sources.length === 0 ? <p className="secondary">Nothing chosen yet: search the catalogue below.</p> : (
                <ul className="stack">{wish.sources.map((one) => (
                  <Chosen key={one.uri} of={one} verdict={verdicts.get(one.uri)} container={containers.get(one.uri)} verdicts={verdicts} held={held.get(one.uri)} asking={isAwaited}
                    onChange={(operations) => set({ sources: wish.sources.map((other) => (other.uri === one.uri ? { ...other, operations } : other)) })}
                    onRemove={() => set({ sources: wish.sources.filter((other) => other.uri !== one.uri) })} />
                ))}</ul>
              )}
            </div>
          </Card>
          <Catalogue add={add} chosen={wish.sources} />
          {wish.sources.length ? <ToAnswer verdicts={[...verdicts.values()]} isOld={isAwaited} lead={() => { answer.current?.scrollIntoView(); answer.current?.focus({ preventScroll: true }); }} /> : null}
        </div>
        <div className="stack" ref={answer} tabIndex={-1} role="group" aria-label="The answer, and asking" style={{ outline: "none", scrollMarginTop: 64 }}>
          <Card title="The answer">
            <div className="stack" aria-live="polite">
              <Answer lacking={environment ? missing(wish) ?? (purpose ? undefined : "Choose the purpose that you declare.") : nowhere ?? "Its environments are not known."} preview={preview} isOld={isOld} error={error} take={take.mutate} taking={take.isPending} />
              {take.isError ? <Trouble error={take.error} /> : null}
            </div>
          </Card>
          <Ask wish={wish} set={set} body={body} preview={preview} isOld={isOld} />
        </div>
      </div>
    </Page>
  );
}

/** The one that the address names, the first where it names none, and nothing where it names one that is not there. */
function named<T extends { id: string }>(items: T[] | undefined, id: string | undefined): T | undefined {
  return id ? items?.find((one) => one.id === id) : items?.[0];
}

/** What can be chosen, and that nothing is while nothing is. */
function choices(of: [string, string][], chosen: unknown): [string, string][] {
  return chosen ? of : [["", of.length ? "choose one" : "–"], ...of];
}

function Ask({ wish, set, body, preview, isOld }: { wish: Wish; set: (part: Partial<Wish>) => void; body: Asked | null; preview: Schemas["PreviewShown"] | undefined; isOld: boolean }) {
  const navigate = useNavigate();
  const once = useOnce();
  // One source may have come with a link: that is no work of anybody's yet.
  useUnsaved(wish.sources.length > 1 || wish.why !== "" || wish.ticket !== "");
  const ask = useMutation({
    mutationFn: async () => await once(body, (header) => told(api.POST("/v1/access-requests", { body: body as Asked, params: { header } }))) as unknown as Made,
    onSuccess: (made) => void navigate({ to: ("grant" in made ? `/grants/${made.grant.id}` : `/requests/${made.request_id}`) as never, ignoreBlocker: true }),
  });
  const covered = Boolean(preview?.covered_by) && !wish.anew;
  const refused = preview?.outcome === "would-be-refused";
  const cannot = !body ? "The answer says what is still missing." : isOld ? "Its answer is awaited." : refused ? "It would be refused as it stands." : covered ? "A grant of yours gives all of it." : undefined;
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
        <Deed why={cannot} isBusy={ask.isPending} look="primary" onPress={() => ask.mutate()}>{ask.isPending ? "Making the role…" : "Request access"}</Deed>
        {refused && !isOld ? <span className="faint">As it stands it would be refused: {preview?.offers.length ? "take what is offered instead, take" : "take"} the refused sources out, or change what they ask for.</span> : null}
      </div>
    </Card>
  );
}

/** What the platform would answer now, without anything being done; the last answer stays until the next is there, and `isOld` meanwhile. */
function usePreview(wanted: Asked | null) {
  const { data: known, error, isCurrent } = useAnswered(["preview"], wanted && JSON.stringify(wanted), async (asked, signal) => (
    await told(api.POST("/v1/access-requests", { signal, body: JSON.parse(asked) as Asked })) as unknown as Schemas["PreviewShown"]
  ));
  const isAwaited = wanted !== null && !isCurrent && !error;
  return {
    preview: known, error, isAwaited,
    isOld: known !== undefined && isAwaited,
    verdicts: new Map((known?.sources as unknown as VerdictShown[] | undefined)?.map((one) => [one.source, one])),
    held: new Map(known?.held.map((one) => [one.source, one])),
    containers: new Map(known?.containers.map((one) => [one.uri, one])),
  };
}

/** A link may name a source to begin with; what keeps it from being chosen, if anything. */
function useWished(uri: string | undefined, add: (choice: Choice) => void): Error | null {
  const wanted = useQuery(sourceQuery(uri ?? ""));
  const whole = useQuery(containerQuery(uri ?? ""));
  const choice = whole.data ? containerChoice(whole.data) : wanted.data && choiceOf(wanted.data);
  useEffect(() => {
    if (choice) add(choice);
    // only when the answer to the link's own wish arrives
  }, [wanted.data, whole.data]);
  return wanted.error ?? whole.error ?? (choice === null ? new Error(`${uri} cannot be chosen here; ask for it with sluice request.`) : null);
}

/** Puts an offer in place of the wish: it is a whole request that was cleared as it stands. */
function useTaken(wish: Wish, setWish: (wish: Wish) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ request }: Offer): Promise<Wish> => {
      const sources = await Promise.all(request.sources.map(async (one) => {
        const known = wish.sources.find((chosen) => chosen.uri === one.source) ?? choiceOf(await queries.fetchQuery(sourceQuery(one.source)));
        if (!known) throw new Error(`${one.source} cannot be chosen here; ask for it with sluice request.`);
        return narrowed(known, one);
      }));
      return { ...wish, sources, purpose: request.purpose, duration: request.duration_seconds ? isoOf(request.duration_seconds) : "", mode: request.mode };
    },
    onSuccess: setWish,
  });
}
