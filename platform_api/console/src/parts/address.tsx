// An address or an id in a table: cut where the column ends, never broken inside, and whole by its title.

/** The first of several, and how many more there are. */
export function Address({ of }: { of: string[] }) {
  const [first, ...more] = of;
  if (first === undefined) return <span className="faint">none</span>;
  return <span className="addresses" title={of.join("\n")}><code>{first}</code>{more.length ? <span className="faint"> and {more.length} more</span> : null}</span>;
}
