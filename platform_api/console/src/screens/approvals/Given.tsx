// The words that were given on a request so far, and which of them do not count any more.
import type { Schemas } from "../../api/client";
import { Person } from "../../parts/person";
import { Status } from "../../parts/status";
import { duration, Time } from "../../parts/time";
import { isoOf } from "../access/wish";

export function Given({ of }: { of: Schemas["GivenShown"][] }) {
  if (of.length === 0) return <p className="secondary">Nobody has approved yet.</p>;
  return (
    <ul className="stack-s" aria-label="Approvals so far">{of.map((one) => (
      <li key={one.approver} className="stack-s lined">
        <span className="row"><Status state={one.void ? "withdrawn" : "approved"} label={one.void ? "Does not count any more" : one.release ? "Released" : "Approved"} /> <Person id={one.approver} /> <Time at={one.at} /></span>
        <span className="secondary">{one.void ?? one.comment}{one.longest_seconds ? ` (${duration(isoOf(one.longest_seconds))} at most)` : ""}</span>
      </li>
    ))}</ul>
  );
}
