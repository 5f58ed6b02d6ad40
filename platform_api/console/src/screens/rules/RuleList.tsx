// The rules of a version, each as one plain sentence, what is new or changed first; in one's own draft each can be edited, added, taken out.
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { useNamed } from "../../api/people";
import { useSession } from "../../api/session";
import { Deed } from "../../parts/deed";
import { Status } from "../../parts/status";
import { Mark, Words } from "./ChangedRules";
import { advised, type Change, type Written } from "./changes";
import { Effect } from "./Effect";
import type { RuleForm } from "./form";
import { RuleDialog } from "./RuleDialog";

interface Listed { rules: Written[]; text: string; onText?: (text: string) => void; warnings: Schemas["WarningShown"][]; changes: Change[] }

/** `changes` are what differs from the live rules, empty where nothing is compared. */
export function RuleList({ rules, text, onText, warnings, changes }: Listed) {
  const session = useSession();
  const [editing, setEditing] = useState<Written | "new" | null>(null);
  const [find, setFind] = useState("");
  const arrived = useArrival(rules);
  const named = useNamed();
  const fits = (rule: Written) => `${rule.title} ${rule.id} ${rule.sentence ?? ""}`.toLowerCase().includes(find.toLowerCase());
  const moved = changes.filter((one) => fits(one.is === "removed" ? one.before : one.after));
  const marked = new Set(changes.flatMap((one) => (one.is === "removed" ? [] : [one.after.id])));
  const others = rules.filter((rule) => !marked.has(rule.id) && fits(rule));
  const replace = (rule: Written, by: string) => onText?.(withRule(text, rule.text, by));
  const done = (cedar: string) => {
    if (editing === "new") onText?.(`${text.trimEnd()}\n\n${cedar.trim()}\n`);
    else if (editing) replace(editing, cedar.trim());
    arrived.expect(cedar.trim());
    setFind("");
    setEditing(null);
  };
  const item = (rule: Written, mark: ReactNode, said: ReactNode, isThere = true) => (
    <li key={rule.id} ref={isThere ? arrived.at(rule) : undefined} tabIndex={-1} style={{ padding: "12px 16px", borderBottom: "1px solid var(--line)" }} className="stack-s">
      <div className="row">
        {mark}<Effect of={rule.effect} /><strong style={{ flex: "1 1 0", minWidth: "12em" }}>{rule.title}</strong>
        {onText && isThere ? (
          <span className="row push">
            <Deed why={rule.form ? undefined : rule.not_a_form ?? "It has no common shape."} look="quiet icon" label={`Edit ${rule.title}`} onPress={() => setEditing(rule)}><IconPencil size={16} aria-hidden /></Deed>
            <button type="button" className="button quiet icon" aria-label={`Take out ${rule.title}`} onClick={() => replace(rule, "")}><IconTrash size={16} aria-hidden /></button>
          </span>
        ) : null}
      </div>
      {said}
      {isThere ? warnings.filter((one) => one.rule === rule.id).map((one) => <p key={one.message} className="secondary"><Status state="denied" label="Look at this" /> {advised(one)}</p>) : null}
    </li>
  );
  return (
    <div className="stack">
      <div className="filters">
        <input className="input" style={{ maxWidth: 280 }} type="search" aria-label="Find a rule" placeholder="Find a rule" value={find} onChange={(e) => setFind(e.currentTarget.value)} />
        {onText ? <button type="button" className="button primary push" onClick={() => setEditing("new")}><IconPlus size={16} aria-hidden /> New rule</button> : null}
      </div>
      {moved.length ? (
        <>
          <h2>New or changed against the live rules ({moved.length})</h2>
          <ul className="card" aria-label="New or changed">{moved.map((one) => (one.is === "removed" ? item(one.before, <Mark of={one} />, <Words of={one} />, false) : item(one.after, <Mark of={one} />, <Words of={one} />)))}</ul>
          <h2>As they are live ({others.length})</h2>
        </>
      ) : null}
      <ul className="card" aria-label="Rules">{others.map((rule) => item(rule, null, <p>{rule.sentence ? named(rule.sentence) : <span className="secondary">It has no common shape, and stays a text: {rule.not_a_form}</span>}</p>))}</ul>
      {editing ? <RuleDialog first={editing === "new" ? null : (editing.form as unknown as RuleForm)} owner={session?.teams[0] ?? ""} onClose={() => setEditing(null)} onDone={done} /> : null}
    </div>
  );
}

/** Brings the rule of an expected text on the screen, with the focus on it, as soon as it is among `rules`. */
function useArrival(rules: Written[]) {
  const expected = useRef<string | null>(null);
  const place = useRef<HTMLLIElement | null>(null);
  useEffect(() => {
    if (expected.current === null || !place.current) return;
    expected.current = null;
    place.current.scrollIntoView({ block: "center" });
    place.current.focus({ preventScroll: true });
    place.current = null;
  }, [rules]);
  return {
    expect: (text: string) => { expected.current = text; place.current = null; },
    at: (rule: Written) => (node: HTMLLIElement | null) => { if (node && rule.text.trim() === expected.current) place.current = node; },
  };
}

/** `text` with one rule's own text put in place of another; comments around it stay. */
function withRule(text: string, rule: string, by: string): string {
  const at = text.indexOf(rule);
  if (at < 0) return by ? `${text.trimEnd()}\n\n${by}\n` : text;
  const after = text.slice(at + rule.length);
  return by ? `${text.slice(0, at)}${by}${after}` : `${text.slice(0, at).trimEnd()}\n${after.replace(/^\n+/, "\n")}`;
}
