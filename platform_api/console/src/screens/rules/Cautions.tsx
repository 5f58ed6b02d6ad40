/** What whoever judges a version of the rules has to know of it; nothing where there is nothing. */
export function Cautions({ of }: { of: string[] }) {
  if (of.length === 0) return null;
  return <div className="notice warn" role="note"><strong>Look at this first</strong>{of.map((one) => <span key={one}>{one}</span>)}</div>;
}
