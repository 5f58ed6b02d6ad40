// An address or an id in a table: cut where the column ends, never broken inside, and whole by its title.

/** The first of several, and how many more there are; or `count`, which says how many things all of them are. `brief` in a narrow column. */
export function Address({ of, count, brief = false }: { of: string[]; count?: string; brief?: boolean }) {
  const [first, ...more] = of;
  if (first === undefined) return <span className="faint">none</span>;
  const rest = count ?? (more.length ? `and ${more.length} more` : "");
  return <span className={brief ? "addresses brief" : "addresses"} title={of.join("\n")}><code>{first}</code>{rest ? <span className="faint"> {rest}</span> : null}</span>;
}
