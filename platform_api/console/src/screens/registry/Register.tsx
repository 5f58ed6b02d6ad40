// Registering an activity: what its review will say stands beside the form while it is filled in.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { contractsQuery, purposesQuery, registrationQuery } from "../../api/choices";
import { api, told, type Schemas } from "../../api/client";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { usePeople } from "../../api/people";
import { useSession } from "../../api/session";
import { useAnswered } from "../../parts/answered";
import { Deed } from "../../parts/deed";
import { Field } from "../../parts/field";
import { Card, Page } from "../../parts/page";
import { PickMany, PickOne } from "../../parts/pick";
import { LEVELS } from "../../parts/scales";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Time } from "../../parts/time";
import { useToast } from "../../parts/toast";
import { useUnsaved } from "../../parts/unsaved";
import { asked, EMPTY, missing, type Order } from "./order";
import { slug } from "./slug";

const FIELDS: Record<string, keyof Order> = { name: "name", title: "title", purposes: "purposes", members: "people", contracts: "contracts", cost_center: "costCenter", monthly_budget_usd: "budget", ends_at: "endsOn", public_endpoints: "endpoints", recipients: "recipients" };
const NAMES: Partial<Record<keyof Order, string>> = { title: "title", name: "short name", purposes: "purposes", costCenter: "cost center", budget: "budget", endsOn: "last day", template: "template" };

export default function Register() {
  const navigate = useNavigate();
  const toast = useToast();
  const session = useSession();
  const [may] = useMay([{ action: "registerActivity", kind: "platform" }]);
  const [order, setOrder] = useState<Order>(EMPTY);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  useUnsaved(touched.size > 0);
  const once = useOnce();
  const registration = useQuery(registrationQuery);
  const filled = { ...order, template: order.template || (registration.data?.templates[0] ?? "") };
  const today = new Date().toISOString().slice(0, 10);
  const gaps = missing(filled, today);
  const isWhole = Object.keys(gaps).length === 0;
  const wanted = isWhole && may?.allowed ? JSON.stringify(asked(filled)) : null;
  const { data: found, error, isCurrent } = useAnswered(["registering"], wanted, (body, signal) => told(api.POST("/v1/activities/preview", { signal, body: JSON.parse(body) as Schemas["ActivityAsked"] })));
  const register = useMutation({
    mutationFn: async () => await once(asked(filled), (header) => told(api.POST("/v1/activities", { body: asked(filled), params: { header } }))) as unknown as Schemas["RegisteredShown"],
    onSuccess: (made) => { toast(made.review.state === "approved" ? "Registered and approved: its environment is being built." : "Registered: a person reviews it."); void navigate({ to: `/activities/${made.activity.id}` as never, ignoreBlocker: true }); },
  });
  const fault = (field: keyof Order) => found?.problems.filter((one) => FIELDS[one.field.split("[")[0] ?? ""] === field).map((one) => `${one.message}: ${one.fix}`).join("; ") || (touched.has(field) ? gaps[field] : undefined);
  const set = (change: Partial<Order>) => { setOrder({ ...order, ...change }); setTouched(new Set([...touched, ...Object.keys(change)])); };
  const cannot = barred(may) ?? (isWhole ? (found?.outcome === "invalid" ? "Mend what is marked first." : !isCurrent ? "Its review is being looked at." : undefined) : "It is not filled in yet.");
  return (
    <Page title="Register an activity" crumbs={[{ to: "/activities", label: "Activities" }]} lead="Access is asked for in the name of an activity. Its research environment is built as soon as its review has approved it.">
      <div className="split with-side">
        <OrderForm order={filled} set={set} fault={fault} self={session?.id} limits={registration.data} />
        <div className="stack">
          <Card title="What its review will say">
            <div className="stack" aria-live="polite">
              {may && !may.allowed && may.why !== "Asking the rules…" ? <p className="secondary">{may.why}</p> : null}
              {!isWhole ? <p className="secondary">Still to fill in: {Object.keys(gaps).map((one) => NAMES[one as keyof Order]).join(", ")}.</p>
                : error ? <Trouble error={error} /> : found ? <Outcome of={found} days={registration.data?.review_working_days} /> : may?.allowed ? <Loading rows={3} /> : null}
            </div>
          </Card>
          {register.isError ? <Trouble error={register.error} /> : null}
          <Deed why={cannot} isBusy={register.isPending} look="primary" onPress={() => register.mutate()}>{register.isPending ? "Registering…" : "Register"}</Deed>
        </div>
      </div>
    </Page>
  );
}

function OrderForm({ order, set, fault, self, limits }: { order: Order; set: (change: Partial<Order>) => void; fault: (field: keyof Order) => string | undefined; self: string | undefined; limits: Schemas["RegistrationShown"] | undefined }) {
  const people = [...usePeople().values()].filter((one) => one.id !== self);
  const purposes = useQuery(purposesQuery).data?.items ?? [];
  const contracts = useQuery(contractsQuery).data?.items ?? [];
  // The short name follows the title until somebody writes another, and again once that is emptied.
  const titled = (title: string) => set({ title, ...(order.name === "" || order.name === slug(order.title) ? { name: slug(title) } : {}) });
  return (
    <div className="stack">
      <Card title="What and who">
        <div className="stack">
          <Field label="What is to be found out" value={order.title} maxLength={200} placeholder="What drives defaults of consumer loans" onChange={titled} fault={fault("title")} />
          <Field label="Short name" value={order.name} maxLength={63} onChange={(name) => set({ name })} fault={fault("name")} help="Names its environments and tags. It is never used twice." />
          <Blame of={fault("purposes")}><PickMany label="Purposes" options={purposes.map((one) => ({ id: one.name, name: one.name, about: "" }))} chosen={order.purposes} onChange={(list) => set({ purposes: list })} help="A purpose includes those beneath it." /></Blame>
          <Blame of={fault("people")}><PickMany label="Members besides you" options={people.map((one) => ({ id: one.id, name: one.name, about: one.title || one.kind }))} chosen={order.people} onChange={(list) => set({ people: list })} help="People and pipelines. You are its owner." /></Blame>
        </div>
      </Card>
      <Card title="Data">
        <div className="stack">
          <PickOne label="Most sensitive data" value={order.classification} of={LEVELS.map((one) => [one, words(one)])} onChange={(level) => set({ classification: level as Order["classification"] })} />
          <Blame of={fault("contracts")}><PickMany label="Contracts that it works under" options={contracts.map((one) => ({ id: one.id, name: one.name, about: one.version }))} chosen={order.contracts} onChange={(list) => set({ contracts: list })} help="Optional now; its owner accepts a version of each before data is given." /></Blame>
          <Field label="Public endpoints that it needs" value={order.endpoints} rows={2} onChange={(endpoints) => set({ endpoints })} fault={fault("endpoints")} help="Host names, one a line. Any of them needs a person's review." />
          <Field label="Recipients outside" value={order.recipients} rows={2} onChange={(recipients) => set({ recipients })} fault={fault("recipients")} help="Who gets results, one a line. Any of them needs a person's review." />
        </div>
      </Card>
      <Card title="Money and time">
        <div className="grid">
          <Field label="Cost center" value={order.costCenter} maxLength={128} placeholder="CC-4711" onChange={(costCenter) => set({ costCenter })} fault={fault("costCenter")} />
          <Field label="Budget a month (USD)" value={order.budget} type="number" min="0" onChange={(budget) => set({ budget })} fault={fault("budget")} help={limits ? `Up to ${limits.max_monthly_budget_usd.toLocaleString()} without a person's review` : undefined} />
          <Field label="Last day" value={order.endsOn} type="date" onChange={(endsOn) => set({ endsOn })} fault={fault("endsOn")} help={limits ? `Up to ${limits.max_duration_days} days without a person's review` : undefined} />
          <PickOne label="Template of its environments" value={order.template} of={(limits?.templates ?? []).map((one) => [one, one])} onChange={(template) => set({ template })} />
        </div>
      </Card>
    </div>
  );
}

function Outcome({ of, days }: { of: Schemas["RegistrationPreviewShown"]; days: number | undefined }) {
  if (of.outcome === "invalid") return (
    <>
      <Status state="denied" label="It cannot be registered yet" />
      <ul className="stack-s">{of.problems.map((one) => <li key={one.field + one.message} className="secondary"><strong>{words(one.field)}</strong> {one.message}: {one.fix}</li>)}</ul>
    </>
  );
  const open = of.criteria.filter((one) => !one.met);
  return (
    <>
      {of.outcome === "approved" ? <Status state="approved" label="Approved at once" /> : <Status state="awaiting" label="A person reviews it" />}
      <p className="secondary">{of.outcome === "approved" ? "Every criterion of the fast path is met: its environment is built right away." : <>{open.length === 1 ? "One criterion is" : `${open.length} criteria are`} not met. A named reviewer decides within {days ?? 5} working days, by <Time at={of.due_at} />.</>}</p>
      <ul className="stack-s">{of.criteria.map((one) => <li key={one.id} className="stack-s" style={{ gap: 0 }}><span className="row"><Status state={one.met ? "met" : "not-met"} label={one.met ? "Met" : "Not met"} /> {one.title}</span><span className="faint">{one.found}</span></li>)}</ul>
    </>
  );
}

function Blame({ of, children }: { of: string | undefined; children: React.ReactNode }) {
  return <div className="field">{children}{of ? <span className="fault">{of}</span> : null}</div>;
}
