// One source of the request: what to do with it, whether that would be granted, and what one has of it already.
import { Link } from "@tanstack/react-router";
import { IconX } from "@tabler/icons-react";
import type { Schemas } from "../../api/client";
import { Level } from "../../parts/status";
import { Time } from "../../parts/time";
import type { Choice, Operation } from "./asked";
import { Container } from "./Container";
import { Verdict, type VerdictShown } from "./Verdict";

type Held = Schemas["OverlapShown"];

export function Chosen({ of: one, verdict, container, verdicts, held, asking, onChange, onRemove }: {
  of: Choice; verdict: VerdictShown | undefined; container: Schemas["AskedContainerShown"] | undefined; verdicts: Map<string, VerdictShown>; held: Held | undefined; asking: boolean; onChange: (operations: Operation[]) => void; onRemove: () => void;
}) {
  const has = (operation: Operation) => one.operations.includes(operation);
  return (
    <li className="stack-s lined">
      <div className="row">
        <strong>{one.title}</strong><Level of={one.classification} />
        <button type="button" className="button quiet icon push" aria-label={`Remove ${one.title} ${one.uri}`} onClick={onRemove}><IconX size={16} aria-hidden /></button>
      </div>
      <code className="anywhere">{one.uri}</code>
      <fieldset className="row plain">
        <legend className="hidden">What to do with {one.title} {one.uri}</legend>
        {one.offered.map((operation) => (
          <label key={operation} className="row" style={{ gap: 4 }}>
            <input type="checkbox" checked={has(operation)} onChange={() => onChange(has(operation) ? one.operations.filter((o) => o !== operation) : [...one.operations, operation])} />
            {operation}
          </label>
        ))}
      </fieldset>
      <div aria-live="polite" className="stack-s">
        {verdict ? <Verdict of={verdict} /> : null}
        {container ? <Container of={container} verdicts={verdicts} /> : null}
        {asking ? <span className="faint">Asking…</span> : null}
        {held ? <p className="secondary">You have {held.operations.join(", ")} of it already, until <Time at={held.ends_at} />: <Link to={`/grants/${held.grant}` as never}>that grant</Link></p> : null}
      </div>
    </li>
  );
}
