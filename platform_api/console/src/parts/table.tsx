// A table of rows that are at hand. It scrolls in its own box, by keyboard too; with `figures` its first column names
// each row, and the others hold numbers.
import type { ReactNode } from "react";

export function Table({ label, head, rows, figures = false }: { label: string; head: ReactNode[]; rows: ReactNode[][]; figures?: boolean }) {
  const look = (column: number) => (figures && column > 0 ? "right number" : undefined);
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead><tr>{head.map((name, at) => <th key={at} scope="col" className={look(at)}>{name}</th>)}</tr></thead>
        <tbody>{rows.map((cells, row) => <tr key={row}>{cells.map((cell, at) => (figures && at === 0 ? <th key={at} scope="row">{cell}</th> : <td key={at} className={look(at)}>{cell}</td>))}</tr>)}</tbody>
      </table>
    </div>
  );
}
