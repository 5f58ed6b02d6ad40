// The common terms of a contract as a form over its source: each field is one place of the text.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Document } from "yaml";
import { purposesQuery } from "../../api/choices";
import { usePeople } from "../../api/people";
import { Field, lines } from "../../parts/field";
import { Card } from "../../parts/page";
import { Checks, optionsOf, PickMany } from "../../parts/pick";
import { TIERS } from "../../parts/scales";
import { termsPath, valueAt, type Path } from "./odcs";

const OPERATIONS: [string, string][] = [["describe", "describe"], ["select", "read"], ["insert", "write"], ["delete", "delete"]];

export function ContractForm({ document, set, problems }: { document: Document; set: (path: Path, value: unknown) => void; problems: { path: string; message: string; fix: string }[] }) {
  const teams = optionsOf([...usePeople().values()].flatMap((one) => one.teams));
  const purposes = optionsOf((useQuery(purposesQuery).data?.items ?? []).map((one) => one.name));
  const terms = termsPath(document);
  const text = (path: Path) => { const value = valueAt(document, path); return typeof value === "string" || typeof value === "number" ? String(value) : ""; };
  const list = (path: Path) => { const value = valueAt(document, path); return Array.isArray(value) ? value.map(String) : []; };
  const fault = (path: Path) => problems.filter((one) => one.path.startsWith(spelled(path))).map((one) => `${one.message}: ${one.fix}`).join("; ") || undefined;
  const field = (label: string, path: Path, more: { rows?: number; help?: string; placeholder?: string } = {}) => <Field key={label} label={label} value={text(path)} onChange={(value) => set(path, value)} fault={fault(path)} {...more} />;
  const servers = valueAt(document, ["servers"]);
  return (
    <div className="stack">
      <Card title="What it is">
        <div className="stack">
          {field("Name", ["name"])}
          <div className="grid">{field("Version", ["version"])}{field("Domain", ["domain"])}{field("Owner team", ["team", "name"])}</div>
          {field("What the data is for", ["description", "purpose"], { rows: 2 })}
          {field("How it may be used", ["description", "usage"], { rows: 2 })}
          {field("What it must not be used for", ["description", "limitations"], { rows: 2 })}
        </div>
      </Card>
      <Card title="Which data">
        <div className="stack">
          {Array.isArray(servers) ? servers.map((one: { id?: string; server?: string; type?: string }, place) => field(`Where ${one.server ?? one.id ?? place + 1} is (${one.type ?? "?"})`, ["servers", place, "location"])) : <p className="secondary">No servers yet: add one in the source.</p>}
          <p className="help secondary">Tables and columns, their classifications and categories are in the source.</p>
        </div>
      </Card>
      {terms === null ? <div className="notice warn"><strong>No usage terms</strong><span>The document has no custom property usageContract: add it in the source, or begin from the example.</span></div> : (
        <>
          <Card title="For what, by whom">
            <div className="stack">
              <PickMany label="Purposes that are allowed" options={purposes} chosen={list([...terms, "purposes", "allow"])} onChange={(value) => set([...terms, "purposes", "allow"], value)} help="A purpose includes those beneath it." />
              <PickMany label="Purposes that never are" options={purposes} chosen={list([...terms, "purposes", "deny"])} onChange={(value) => set([...terms, "purposes", "deny"], value)} />
              <PickMany label="Teams that may use it" options={teams} chosen={list([...terms, "consumers", "allowTeams"])} onChange={(value) => set([...terms, "consumers", "allowTeams"], value)} />
              <Lines label="Trainings that are needed" of={list([...terms, "consumers", "requireTraining"])} onChange={(value) => set([...terms, "consumers", "requireTraining"], value)} fault={fault([...terms, "consumers", "requireTraining"])} help="One a line." />
              {TIERS.map((tier) => <Checks key={tier} label={`In ${tier}`} of={OPERATIONS} chosen={list([...terms, "stages", tier, "operations"])}
                onChange={(value) => set(valueAt(document, [...terms, "stages", tier]) === undefined ? [...terms, "stages", tier] : value.length ? [...terms, "stages", tier, "operations"] : [...terms, "stages", tier], valueAt(document, [...terms, "stages", tier]) === undefined ? { operations: value, write: "none", share: "none", interactive: tier !== "operation" } : value)} />)}
            </div>
          </Card>
          <Card title="How long">
            <div className="grid">
              {field("From", [...terms, "effective", "from"], { help: "A moment with its zone" })}
              {field("Until before", [...terms, "effective", "until"])}
              {field("A grant lasts", [...terms, "duration", "default"], { help: "PT1H is an hour" })}
              {field("At the longest", [...terms, "duration", "max"])}
            </div>
          </Card>
        </>
      )}
    </div>
  );
}

/** A list of which each line is one; a line that is only begun stays as it is typed. */
function Lines({ label, of, onChange, fault, help }: { label: string; of: string[]; onChange: (list: string[]) => void; fault?: string | undefined; help: string }) {
  const [typed, setTyped] = useState("");
  const value = lines(typed).join("\n") === of.join("\n") ? typed : of.join("\n");
  return <Field label={label} rows={2} value={value} onChange={(text) => { setTyped(text); onChange(lines(text)); }} fault={fault} help={help} />;
}

function spelled(path: Path): string {
  return path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`), "$");
}
