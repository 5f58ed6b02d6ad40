// What a version changes in the live rules, in words: for each rule its title, whom it is about, and its sentence before and after.
import { useNamed } from "../../api/people";
import { Status } from "../../parts/status";
import { whoOf, type Change, type Written } from "./changes";
import { Effect } from "./Effect";

const MARKS: Record<Change["is"], [string, string]> = { added: ["pending", "New"], changed: ["partly", "Changed"], removed: ["ended", "Removed"] };

export function Mark({ of }: { of: Change }) {
  const [state, label] = MARKS[of.is];
  return <Status state={state} label={label} />;
}

export function ChangedRules({ of }: { of: Change[] }) {
  if (of.length === 0) return <p className="secondary">No rule is added, changed or removed.</p>;
  return (
    <ul className="card" aria-label="Changed rules in words">{of.map((one) => {
      const rule = one.is === "removed" ? one.before : one.after;
      return (
        <li key={rule.id} style={{ padding: "12px 16px", borderBottom: "1px solid var(--line)" }} className="stack-s">
          <div className="row"><Mark of={one} /><Effect of={rule.effect} /><strong>{rule.title}</strong></div>
          <Words of={one} />
        </li>
      );
    })}</ul>
  );
}

/** What the change says; with its sentence before only where that is another one. */
export function Words({ of }: { of: Change }) {
  if (of.is === "added") return <Sentence rule={of.after} />;
  if (of.is === "removed") return <Sentence rule={of.before} label="Until now" />;
  const { before, after } = of;
  const isSame = before.sentence !== null && before.sentence === after.sentence;
  return (
    <>
      {before.title === after.title ? null : <p className="secondary">It was called “{before.title}”.</p>}
      {isSame ? <><Sentence rule={after} /><p className="secondary">It says the same as before: only its title, owner, advice or wording in Cedar is another.</p></> : <><Sentence rule={before} label="Before" /><Sentence rule={after} label="After" /></>}
    </>
  );
}

function Sentence({ rule, label }: { rule: Written; label?: string }) {
  const named = useNamed();
  const who = whoOf(rule);
  return (
    <>
      <p>{label ? <span className="secondary">{label}: </span> : null}{rule.sentence ? named(rule.sentence) : <span className="secondary">It has no common shape, so there is no sentence for it; its Cedar text says it all. {rule.not_a_form}</span>}</p>
      {label === "Before" ? null : <p className="secondary">Whom it is about: {who ? named(who) : "only its Cedar text says."}</p>}
    </>
  );
}
