// A rule put together without a line of Cedar: who, may or may not, do what, with which data, where and when.
import { Field } from "../../parts/field";
import { Checks, OneOf, optionsOf, PickMany, PickOne, type Option } from "../../parts/pick";
import { LEVELS, TIERS } from "../../parts/scales";
import { useChoices, type Choices } from "./choices";
import { CONDITIONS, DATA_ACTIONS, idOf, isOfData, kindOfData, type Condition, type Data, withEffect, type RuleForm, type Who } from "./form";

export function RuleFormFields({ form, onChange, isNew }: { form: RuleForm; onChange: (form: RuleForm) => void; isNew: boolean }) {
  const set = (change: Partial<RuleForm>) => onChange({ ...form, ...change });
  const known = useChoices();
  const otherActions = form.actions.filter((one) => !isOfData(one));
  return (
    <div className="stack">
      <div className="field">
        <label htmlFor="rule-title">What the rule is called</label>
        <input id="rule-title" autoFocus={isNew} value={form.title} maxLength={200} placeholder="Interns see no personal data" onChange={(e) => set({ title: e.currentTarget.value, ...(isNew ? { id: idOf(e.currentTarget.value) } : {}) })} />
        <span className="help">{form.id ? <>Known as <code>{form.id}</code></> : "Its short name is made of this."}</span>
      </div>
      <fieldset style={{ border: 0, margin: 0, padding: 0 }} className="row">
        <legend className="hidden">Effect</legend>
        {(["may", "may not"] as const).map((effect) => (
          <label key={effect} className="row" style={{ gap: 6, flexWrap: "nowrap" }}><input type="radio" name="effect" checked={form.effect === effect} onChange={() => onChange(withEffect(form, effect, isNew))} /> {effect === "may" ? "It allows" : "It forbids (and wins over every rule that allows)"}</label>
        ))}
      </fieldset>
      <WhoFields who={form.who} onChange={(who) => set({ who })} teams={known.teams} people={known.people} />
      <Checks label="To do what" of={DATA_ACTIONS} chosen={form.actions} onChange={(actions) => set({ actions })} />
      {otherActions.length ? <p className="secondary">And on the platform: {otherActions.join(", ")}</p> : null}
      <DataFields data={form.data} onChange={(data) => set({ data })} products={known.products} items={known.items} of={known.kinds} />
      <Checks label="In which tiers (none ticked: all)" of={TIERS.map((one) => [one, one])} chosen={form.tiers ?? []} onChange={(tiers) => set({ tiers })} />
      <PickMany label="For which purposes (none: all)" options={known.purposes} chosen={form.purposes ?? []} onChange={(purposes) => set({ purposes })} help="A purpose includes those beneath it." />
      <Times form={form} set={set} />
      <div className="field"><label htmlFor="rule-advice">What to tell whom it refuses</label><input id="rule-advice" value={form.advice ?? ""} placeholder="Ask for the loan facts instead." onChange={(e) => set({ advice: e.currentTarget.value || undefined })} /></div>
      <h3>Rarely needed</h3>
      <details open={saysMoreOfData(form)}>
        <summary>Only data with certain labels, or of a certain sensitivity…</summary>
        <div className="stack" style={{ marginTop: 8 }}>
          <PickMany label="Only data with one of these labels" help="None: whatever its labels." options={known.classes} chosen={form.classes?.names ?? []} onChange={(names) => set({ classes: names.length ? { match: form.classes?.match ?? "any", names } : undefined })} />
          <PickMany label="Never data with any of these labels" options={known.classes} chosen={form.without_classes ?? []} onChange={(names) => set({ without_classes: names })} />
          <div className="grid">
            <PickOne label="At least this sensitive" value={form.sensitivity_at_least ?? ""} of={[["", "any"], ...LEVELS.map((one): [string, string] => [one, one])]} onChange={(level) => set({ sensitivity_at_least: level || undefined })} />
            <PickOne label="At most this sensitive" value={form.sensitivity_at_most ?? ""} of={[["", "any"], ...LEVELS.map((one): [string, string] => [one, one])]} onChange={(level) => set({ sensitivity_at_most: level || undefined })} />
          </div>
        </div>
      </details>
      <details open={Boolean(form.except_purposes?.length)}>
        <summary>But not for certain purposes…</summary>
        <div style={{ marginTop: 8 }}>
          <PickMany label="But not for these purposes" options={known.purposes} chosen={form.except_purposes ?? []} onChange={(purposes) => set({ except_purposes: purposes })} />
        </div>
      </details>
      <Conditions id="only" label="Only if they are" of={form.conditions ?? []} known={known} isPeople={isOfPeople(form.who)} onChange={(conditions) => set({ conditions })} />
      <Conditions id="except" label="Except if they are" of={form.exceptions ?? []} known={known} isPeople={isOfPeople(form.who)} onChange={(exceptions) => set({ exceptions })} />
      <div className="field"><label htmlFor="rule-owner">Owner of the rule</label><input id="rule-owner" list="rule-owners" value={form.owner} onChange={(e) => set({ owner: e.currentTarget.value })} /><datalist id="rule-owners">{known.teams.map((one) => <option key={one.id} value={one.id} />)}</datalist></div>
    </div>
  );
}

/** What is said of the data beyond which it is stays in sight. */
function saysMoreOfData(form: RuleForm): boolean {
  return Boolean(form.classes || form.without_classes?.length || form.sensitivity_at_least || form.sensitivity_at_most);
}

function WhoFields({ who, onChange, teams, people }: { who: Who; onChange: (who: Who) => void; teams: Option[]; people: Option[] }) {
  const kinds: [string, string][] = [["everyone", "Everybody"], ["of-teams", "People and pipelines of teams"], ["named", "One person or pipeline"]];
  const change = (is: string) => onChange(is === "of-teams" ? { is, teams: [] } : is === "named" ? { is, kind: "person", id: "" } : { is: "everyone" });
  return (
    <div className="stack-s">
      <OneOf label="Who" value={who.is} of={kinds} onChange={change} />
      {who.is === "everyone" ? <span className="secondary">Everybody outside a team? Leave that team out under “Except if they are”, at the end.</span> : null}
      {who.is === "of-teams" ? <PickMany label="Teams" options={teams} chosen={who.teams} onChange={(chosen) => onChange({ ...who, teams: chosen })} /> : null}
      {who.is === "named" ? <PickMany label="Person or pipeline" options={people} chosen={who.id ? [who.id] : []} onChange={(chosen) => { const id = chosen.at(-1) ?? ""; onChange({ is: "named", id, kind: id.startsWith("wl_") ? "pipeline" : "person" }); }} /> : null}
      {who.is !== "named" ? <PickOne label="Of them" value={who.kind ?? ""} of={[["", "people and pipelines"], ["person", "people only"], ["pipeline", "pipelines only"]]} onChange={(kind) => onChange({ ...who, kind: kind || undefined } as Who)} /> : null}
    </div>
  );
}

function DataFields({ data, onChange, products, items, of: kindOf }: { data: Data; onChange: (data: Data) => void; products: Option[]; items: Option[]; of: Map<string, string> }) {
  const kinds: [string, string][] = [["anything", "All data"], ["products", "Data products"], ["exactly", "One source"]];
  const now = data.is === "within" && data.kind === "data-product" ? "products" : data.is;
  const known = kinds.some(([id]) => id === now);
  const change = (is: string) => onChange(is === "products" ? { is: "within", kind: "data-product", ids: [] } : is === "exactly" ? { is: "exactly", kind: "prefix", id: "" } : { is: "anything" });
  return (
    <div className="stack-s">
      <OneOf label="With which data" value={known ? now : "other"} of={known ? kinds : [...kinds, ["other", "as the Cedar text says"]]} onChange={change} />
      {data.is === "within" && data.kind === "data-product" ? <PickMany label="Data products" options={products} chosen={data.ids} onChange={(ids) => onChange({ ...data, ids })} /> : null}
      {data.is === "exactly" ? <PickMany label="Source" options={items} chosen={data.id ? [data.id] : []} onChange={(ids) => { const id = ids.at(-1) ?? ""; onChange({ is: "exactly", id, kind: kindOfData(kindOf.get(id)) }); }} /> : null}
    </div>
  );
}

function Times({ form, set }: { form: RuleForm; set: (change: Partial<RuleForm>) => void }) {
  const { start = "", end = "" } = form.hours ?? {};
  const hours = (from: string, to: string) => set({ hours: from || to ? { start: from, end: to } : undefined });
  const lacks = Boolean(start) !== Boolean(end) ? "Both hours, or neither." : undefined;
  return (
    <fieldset className="plain">
      <legend className="legend">Only at certain times (UTC; empty: at all times)</legend>
      <div className="grid" style={{ marginTop: 8 }}>
        <Field label="From hour" type="time" value={start} onChange={(from) => hours(from, end)} fault={start ? undefined : lacks} />
        <Field label="Until before" type="time" value={end} onChange={(to) => hours(start, to)} fault={end ? undefined : lacks} />
        <Field label="First day" type="date" value={form.first_day ?? ""} onChange={(day) => set({ first_day: day || undefined })} />
        <Field label="Last day" type="date" value={form.last_day ?? ""} onChange={(day) => set({ last_day: day || undefined })} />
      </div>
    </fieldset>
  );
}

function isOfPeople(who: Who): boolean {
  return who.kind === "person";
}

/** What is offered fits the use of data; what a rule says beyond that stays, and can be taken out. */
function Conditions({ id, label, of, known, isPeople, onChange }: { id: string; label: string; of: Condition[]; known: Choices; isPeople: boolean; onChange: (conditions: Condition[]) => void }) {
  const has = new Map(of.map((one) => [one.is, one]));
  const offered = CONDITIONS.filter((one) => has.has(one.is) || (one.ofData && (isPeople || one.is !== "training")));
  const set = (is: string, value: string) => onChange(of.map((one) => (one.is === is ? { is, value } : one)));
  return (
    <details open={of.length > 0}>
      <summary>{label}…</summary>
      <div className="stack-s" style={{ marginTop: 8 }}>
        <Checks label={`${label}, all of these`} of={offered.map((one) => [one.is, one.name])} chosen={of.map((one) => one.is)} onChange={(ids) => onChange(ids.map((is) => has.get(is) ?? { is }))} />
        {isPeople ? null : <span className="help secondary">Trainings are offered where the rule is about people only.</span>}
        {offered.filter((one) => one.takes && has.has(one.is)).map((one) => {
          const options = one.takes === "team" ? known.teams : one.takes === "activity" ? known.activities : one.takes === "zone" ? ZONES : null;
          const value = has.get(one.is)?.value ?? "";
          if (options) return <PickMany key={one.is} label={one.asks ?? ""} options={options} chosen={value ? [value] : []} onChange={(ids) => set(one.is, ids.at(-1) ?? "")} />;
          return <div key={one.is} className="field"><label htmlFor={`${id}-${one.is}`}>{one.asks}</label><input id={`${id}-${one.is}`} value={value} onChange={(e) => set(one.is, e.currentTarget.value)} /></div>;
        })}
      </div>
    </details>
  );
}

const ZONES = optionsOf(["lake", "report", "workspace"]);
