// The rules of a version, each as one plain sentence; in one's own draft each can be edited, added, taken out.
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { useNamed } from "../../api/people";
import { useSession } from "../../api/session";
import { Deed } from "../../parts/deed";
import { Status } from "../../parts/status";
import type { RuleForm } from "./form";
import { RuleDialog } from "./RuleDialog";

type Written = Schemas["WrittenRuleShown"];

export function RuleList({ rules, text, onText, warnings }: { rules: Written[]; text: string; onText?: (text: string) => void; warnings: Schemas["WarningShown"][] }) {
  const session = useSession();
  const [editing, setEditing] = useState<Written | "new" | null>(null);
  const named = useNamed();
  const [find, setFind] = useState("");
  const shown = rules.filter((rule) => `${rule.title} ${rule.id} ${rule.sentence ?? ""}`.toLowerCase().includes(find.toLowerCase()));
  const replace = (rule: Written, by: string) => onText?.(withRule(text, rule.text, by));
  return (
    <div className="stack">
      <div className="filters">
        <input className="input" style={{ maxWidth: 280 }} type="search" aria-label="Find a rule" placeholder="Find a rule" value={find} onChange={(e) => setFind(e.currentTarget.value)} />
        {onText ? <button type="button" className="button primary push" onClick={() => setEditing("new")}><IconPlus size={16} aria-hidden /> New rule</button> : null}
      </div>
      <ul className="card">{shown.map((rule) => (
        <li key={rule.id} style={{ padding: "12px 16px", borderBottom: "1px solid var(--line)" }} className="stack-s">
          <div className="row">
            <Status state={rule.effect} label={rule.effect === "permit" ? "May" : "May not"} /><strong>{rule.title}</strong>
            {onText ? (
              <span className="row push">
                <Deed why={rule.form ? undefined : rule.not_a_form ?? "It has no common shape."} look="quiet icon" label={`Edit ${rule.title}`} onPress={() => setEditing(rule)}><IconPencil size={16} aria-hidden /></Deed>
                <button type="button" className="button quiet icon" aria-label={`Take out ${rule.title}`} onClick={() => replace(rule, "")}><IconTrash size={16} aria-hidden /></button>
              </span>
            ) : null}
          </div>
          <p>{rule.sentence ? named(rule.sentence) : <span className="secondary">It has no common shape, and stays a text: {rule.not_a_form}</span>}</p>
          {warnings.filter((one) => one.rule === rule.id).map((one) => <p key={one.message} className="secondary"><Status state="denied" label="Look at this" /> {one.message} {one.fix}</p>)}
        </li>
      ))}</ul>
      {editing ? (
        <RuleDialog first={editing === "new" ? null : (editing.form as unknown as RuleForm)} owner={session?.teams[0] ?? ""} onClose={() => setEditing(null)}
          onDone={(cedar) => { if (editing === "new") onText?.(`${text.trimEnd()}\n\n${cedar.trim()}\n`); else replace(editing, cedar.trim()); setEditing(null); }} />
      ) : null}
    </div>
  );
}

/** `text` with one rule's own text put in place of another; comments around it stay. */
function withRule(text: string, rule: string, by: string): string {
  const at = text.indexOf(rule);
  if (at < 0) return by ? `${text.trimEnd()}\n\n${by}\n` : text;
  const after = text.slice(at + rule.length);
  return by ? `${text.slice(0, at)}${by}${after}` : `${text.slice(0, at).trimEnd()}\n${after.replace(/^\n+/, "\n")}`;
}
