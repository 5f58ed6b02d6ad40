// Who approved what was decided, as the decision has it.
import { Person } from "../../parts/person";
import { Time } from "../../parts/time";

export interface Approval { approver: string; at: string; comment: string; release: boolean }

export function Approved({ of }: { of: Approval[] }) {
  if (of.length === 0) return <span>nobody: no contract of it asked people</span>;
  return <ul>{of.map((one) => <li key={one.approver + one.at}><Person id={one.approver} />{one.release ? " (released in an emergency)" : ""}, <Time at={one.at} />{one.comment ? `: ${one.comment}` : ""}</li>)}</ul>;
}
