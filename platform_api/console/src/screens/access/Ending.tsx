// How far the end of a grant is: told, seen to be refused, closed. Nothing is claimed before it was seen.
import type { Schemas } from "../../api/client";
import { Card } from "../../parts/page";
import { Status } from "../../parts/status";
import { Time } from "../../parts/time";
import { Because } from "./Because";

export const ENDING = new Set(["revoking", "expiring", "denied", "stuck", "closed", "abandoned"]);

/** When what ends or has ended could no longer be used: when AWS was told to refuse, or its own end where that came first. */
export function Ended({ of: grant }: { of: Schemas["GrantShown"] }) {
  const isOver = Date.parse(grant.ends_at) <= Date.now();
  if (grant.shut_at && !(isOver && grant.ends_at < grant.shut_at)) return <Time at={grant.shut_at} />;
  if (isOver) return <Time at={grant.ends_at} />;
  return <span className="faint">{grant.state === "closed" || grant.state === "denied" ? "before it was used" : "not yet"}</span>;
}

export function Ending({ of: grant }: { of: Schemas["GrantShown"] }) {
  const looked = grant.denial !== null && grant.denial.count > 0;
  const isClosed = grant.state === "closed";
  const quiet = isClosed && grant.shut_at === null;
  const steps: [string, string, React.ReactNode][] = [
    ["Marked as ended", "passed", <Because key="b" of={grant} />],
    ["AWS is told to refuse", grant.shut_at || isClosed ? "passed" : "pending", grant.shut_at ? <Time key="s" at={grant.shut_at} /> : quiet ? "nothing stood that could be used" : "not yet: until then its sessions may still work"],
    ["AWS is seen to refuse", looked ? "passed" : isClosed ? "closed" : "pending", looked ? <>{grant.denial?.count} times, by {grant.denial?.where}, first <Time key="d" at={grant.denial?.first_at} /></> : grant.denial ? `could not look: ${grant.denial.where}` : isClosed ? "there was no session to look with" : "not yet"],
    ["Closed: the last session is over and the roles are gone", isClosed ? "passed" : "pending", isClosed ? "nothing of it is left" : grant.last_session_end ? <>at the earliest <Time key="l" at={grant.last_session_end} /></> : "soon"],
  ];
  return (
    <Card title={<span className="row">How it ends <Status state={grant.state} /></span>}>
      <ol className="stack-s" aria-label="How it ends" aria-live="polite">{steps.map(([name, state, said]) => (
        <li key={name} className="row" style={{ alignItems: "flex-start" }}>
          <Status state={state} label={state === "passed" ? "Done" : state === "closed" ? "Not seen" : "Waits"} />
          <span className="grow"><strong>{name}</strong><br /><span className="secondary">{said}</span></span>
        </li>
      ))}</ol>
      {grant.state === "stuck" ? <p className="notice bad" role="alert">Six tries have failed. It is tried again; an operator has to look.</p> : null}
    </Card>
  );
}
