import { Person } from "../../parts/person";

/** Who wrote a version of the rules; the first one nobody did. In one piece: what is around it may be spaced out. */
export function Authors({ of }: { of: string[] }) {
  if (of.length === 0) return <span>the platform, at its set-up</span>;
  return <span>{of.map((id, at) => <span key={id}>{at ? ", " : ""}<Person id={id} /></span>)}</span>;
}
