// A rule put together without a line of Cedar: who, may or may not, do what, with which data, where and when.
import { useQuery } from "@tanstack/react-query";
import { purposesQuery } from "../../api/choices";
import { usePeople } from "../../api/people";
import { api, told } from "../../api/client";
import { Checks, PickMany, PickOne, type Option } from "../../parts/pick";
import { CONDITIONS, DATA_ACTIONS, idOf, LEVELS, TIERS, type Condition, type Data, type RuleForm, type Who } from "./form";

export function RuleFormFields({ form, onChange, isNew }: { form: RuleForm; onChange: (form: RuleForm) => void; isNew: boolean }) {
  const set = (change: Partial<RuleForm>) => onChange({ ...form, ...change });
  const known = useChoices();
  const otherActions = form.actions.filter((one) => !DATA_ACTIONS.some(([id]) => id === one));
  return (
    <div className="stack">
      <div className="field">
        <label htmlFor="rule-title">What the rule is called</label>
        <input id="rule-title" value={form.title} maxLength={200} placeholder="Interns see no personal data" onChange={(e) => set({ title: e.currentTarget.value, ...(isNew ? { id: idOf(e.currentTarget.value) } : {}) })} />
        <span className="help">{form.id ? <>Known as <code>{form.id}</code></> : "Its short name is made of this."}</span>
      </div>
      <fieldset style={{ border: 0, margin: 0, padding: 0 }} className="row">
        <legend className="hidden">Effect</legend>
        {(["may", "may not"] as const).map((effect) => (
          <label key={effect} className="row" style={{ gap: 6 }}><input type="radio" name="effect" checked={form.effect === effect} onChange={() => set({ effect })} /> {effect === "may" ? "It allows" : "It forbids (and wins over every rule that allows)"}</label>
        ))}
      </fieldset>
      <WhoFields who={form.who} onChange={(who) => set({ who })} teams={known.teams} people={known.people} />
      <Checks label="To do what" of={DATA_ACTIONS} chosen={form.actions} onChange={(actions) => set({ actions })} />
      {otherActions.length ? <p className="secondary">And on the platform: {otherActions.join(", ")}</p> : null}
      <DataFields data={form.data} onChange={(data) => set({ data })} products={known.products} items={known.items} />
      <PickMany label="Only data with one of these labels" options={known.classes} chosen={form.classes?.names ?? []} onChange={(names) => set({ classes: names.length ? { match: form.classes?.match ?? "any", names } : undefined })} />
      <div className="grid">
        <PickOne label="At least this sensitive" value={form.sensitivity_at_least ?? ""} of={[["", "any"], ...LEVELS.map((one): [string, string] => [one, one])]} onChange={(level) => set({ sensitivity_at_least: level || undefined })} />
        <PickOne label="At most this sensitive" value={form.sensitivity_at_most ?? ""} of={[["", "any"], ...LEVELS.map((one): [string, string] => [one, one])]} onChange={(level) => set({ sensitivity_at_most: level || undefined })} />
      </div>
      <Checks label="In which tiers (none ticked: all)" of={TIERS.map((one) => [one, one])} chosen={form.tiers ?? []} onChange={(tiers) => set({ tiers })} />
      <PickMany label="For which purposes (none: all)" options={known.purposes} chosen={form.purposes ?? []} onChange={(purposes) => set({ purposes })} help="A purpose includes those beneath it." />
      <Times form={form} set={set} />
      <Conditions label="Only who or what is" of={form.conditions ?? []} onChange={(conditions) => set({ conditions })} />
      <div className="grid">
        <div className="field"><label htmlFor="rule-owner">Owner of the rule</label><input id="rule-owner" list="rule-owners" value={form.owner} onChange={(e) => set({ owner: e.currentTarget.value })} /><datalist id="rule-owners">{known.teams.map((one) => <option key={one.id} value={one.id} />)}</datalist></div>
        <div className="field"><label htmlFor="rule-advice">What to tell whom it refuses</label><input id="rule-advice" value={form.advice ?? ""} onChange={(e) => set({ advice: e.currentTarget.value || undefined })} /></div>
      </div>
    </div>
  );
}

function WhoFields({ who, onChange, teams, people }: { who: Who; onChange: (who: Who) => void; teams: Option[]; people: Option[] }) {
  const kinds: [string, string][] = [["everyone", "Everybody"], ["of-teams", "People and pipelines of teams"], ["named", "One person or pipeline"]];
  const change = (is: string) => onChange(is === "of-teams" ? { is, teams: [] } : is === "named" ? { is, kind: "person", id: "" } : { is: "everyone" });
  return (
    <div className="stack-s">
      <PickOne label="Who" value={who.is} of={kinds} onChange={change} />
      {who.is === "of-teams" ? <PickMany label="Teams" options={teams} chosen={who.teams} onChange={(chosen) => onChange({ ...who, teams: chosen })} /> : null}
      {who.is === "named" ? <PickMany label="Person or pipeline" options={people} chosen={who.id ? [who.id] : []} onChange={(chosen) => { const id = chosen.at(-1) ?? ""; onChange({ is: "named", id, kind: id.startsWith("wl_") ? "pipeline" : "person" }); }} /> : null}
      {who.is !== "named" ? <PickOne label="Of them" value={who.kind ?? ""} of={[["", "people and pipelines"], ["person", "people only"], ["pipeline", "pipelines only"]]} onChange={(kind) => onChange({ ...who, kind: kind || undefined } as Who)} /> : null}
    </div>
  );
}

function DataFields({ data, onChange, products, items }: { data: Data; onChange: (data: Data) => void; products: Option[]; items: Option[] }) {
  const kinds: [string, string][] = [["anything", "All data"], ["products", "Data products"], ["exactly", "One prefix or table"]];
  const now = data.is === "within" && data.kind === "data-product" ? "products" : data.is;
  const known = kinds.some(([id]) => id === now);
  const change = (is: string) => onChange(is === "products" ? { is: "within", kind: "data-product", ids: [] } : is === "exactly" ? { is: "exactly", kind: "prefix", id: "" } : { is: "anything" });
  return (
    <div className="stack-s">
      <PickOne label="With which data" value={known ? now : "other"} of={known ? kinds : [...kinds, ["other", "as the Cedar text says"]]} onChange={change} />
      {data.is === "within" && data.kind === "data-product" ? <PickMany label="Data products" options={products} chosen={data.ids} onChange={(ids) => onChange({ ...data, ids })} /> : null}
      {data.is === "exactly" ? <PickMany label="Prefix or table" options={items} chosen={data.id ? [data.id] : []} onChange={(ids) => { const id = ids.at(-1) ?? ""; onChange({ is: "exactly", id, kind: id.startsWith("glue:") ? "table" : "prefix" }); }} /> : null}
    </div>
  );
}

function Times({ form, set }: { form: RuleForm; set: (change: Partial<RuleForm>) => void }) {
  const { start = "", end = "" } = form.hours ?? {};
  const hours = (s: string, e: string) => set({ hours: s && e ? { start: s, end: e } : s || e ? { start: s || "00:00", end: e || "23:59" } : undefined });
  return (
    <details open={Boolean(form.hours ?? form.first_day ?? form.last_day)}>
      <summary>Only at certain times (UTC)</summary>
      <div className="grid" style={{ marginTop: 8 }}>
        <div className="field"><label htmlFor="rule-from">From hour</label><input id="rule-from" type="time" value={start} onChange={(e) => hours(e.currentTarget.value, end)} /></div>
        <div className="field"><label htmlFor="rule-to">Until before</label><input id="rule-to" type="time" value={end} onChange={(e) => hours(start, e.currentTarget.value)} /></div>
        <div className="field"><label htmlFor="rule-first">First day</label><input id="rule-first" type="date" value={form.first_day ?? ""} onChange={(e) => set({ first_day: e.currentTarget.value || undefined })} /></div>
        <div className="field"><label htmlFor="rule-last">Last day</label><input id="rule-last" type="date" value={form.last_day ?? ""} onChange={(e) => set({ last_day: e.currentTarget.value || undefined })} /></div>
      </div>
    </details>
  );
}

function Conditions({ label, of, onChange }: { label: string; of: Condition[]; onChange: (conditions: Condition[]) => void }) {
  const has = new Map(of.map((one) => [one.is, one]));
  return (
    <details open={of.length > 0}>
      <summary>{label}…</summary>
      <div className="stack-s" style={{ marginTop: 8 }}>
        <Checks label="" of={CONDITIONS.map(([id, name]) => [id, name])} chosen={of.map((one) => one.is)} onChange={(ids) => onChange(ids.map((id) => has.get(id) ?? { is: id }))} />
        {CONDITIONS.filter(([id, , takes]) => takes && has.has(id)).map(([id, , takes]) => (
          <div key={id} className="field"><label htmlFor={`condition-${id}`}>{takes}</label><input id={`condition-${id}`} value={has.get(id)?.value ?? ""} onChange={(e) => onChange(of.map((one) => (one.is === id ? { is: id, value: e.currentTarget.value } : one)))} /></div>
        ))}
      </div>
    </details>
  );
}

/** What a form can be filled with: the registry's own people, teams, data and purposes. */
function useChoices(): Record<"teams" | "people" | "products" | "items" | "purposes" | "classes", Option[]> {
  const people = [...usePeople().values()];
  const items = useQuery({ queryKey: ["sources", "all"], staleTime: 60_000, queryFn: () => told(api.GET("/v1/sources", { params: { query: { limit: 200 } as never } })) }).data?.items ?? [];
  const purposes = useQuery(purposesQuery).data?.items ?? [];
  const plain = (names: string[]): Option[] => [...new Set(names)].sort().map((name) => ({ id: name, name }));
  return {
    teams: plain(people.flatMap((one) => one.teams)),
    people: people.map((one) => ({ id: one.id, name: one.name, about: one.title || one.kind })),
    products: plain(items.map((one) => one.product)),
    items: items.map((one) => ({ id: one.uri, name: one.title, about: one.uri })),
    purposes: plain(purposes.map((one) => one.name)),
    classes: plain(items.flatMap((one) => [...one.classes, ...(one.columns ?? []).flatMap((group) => group.classes)])),
  };
}
