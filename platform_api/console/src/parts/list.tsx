// A list of the platform: filtered and paged on the server, its filters in the URL, a row opens beside it.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Empty, Loading, Trouble } from "./states";

interface Listed<T> { items: T[]; next_cursor: string | null }
/** `beside: false` where it gives way to an open panel on a window of middle width. */
export interface Column<T> { name: string; cell: (row: T) => ReactNode; right?: boolean; beside?: false }
export type Search = Record<string, string>;
/** Rows of one page. */
export const PAGE = 50;
/** What of a screen's state filters nothing. */
const PLACES = new Set(["tab", "open", "cursor", "back"]);

/** The screen's state as the URL has it, and the way to change it. `back` holds the cursors of earlier pages. */
export function useFilters(): [Search, (change: Record<string, string | undefined>) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = (wanted: Record<string, string | undefined>) => {
    const next: Search = { ...search };
    for (const [name, value] of Object.entries(wanted)) {
      if (value) next[name] = value; else delete next[name];
    }
    // Another filter starts at the first page again.
    if (!("cursor" in wanted) && !("open" in wanted)) { delete next.cursor; delete next.back; }
    void navigate({ to: ".", search: next as never, replace: !("open" in wanted), resetScroll: "cursor" in wanted });
  };
  return [search, change];
}

export function List<T>({ name, queryKey, load, columns, id, empty, onOpen, rows = PAGE }: {
  name: string; queryKey: unknown[]; load: (query: { cursor?: string; limit: number }) => Promise<Listed<T>>;
  columns: Column<T>[]; id: (row: T) => string; empty: ReactNode; onOpen?: (row: T) => void; rows?: number;
}) {
  const [search, change] = useFilters();
  const { cursor, open, back } = search;
  const answer = useQuery({
    queryKey: [...queryKey, cursor ?? ""],
    queryFn: () => load({ cursor, limit: rows }),
    placeholderData: keepPreviousData,
  });
  if (answer.isPending) return <div className="card"><Loading label={`Loading ${name}`} /></div>;
  if (answer.isError) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  const { items, next_cursor } = answer.data;
  if (items.length === 0 && !cursor) return <div className="card">{empty}</div>;
  const trail = back ? back.split(",") : [];
  const openRow = onOpen ?? ((row: T) => change({ open: id(row) === open ? undefined : id(row) }));
  return (
    <div className="card" aria-busy={answer.isFetching}>
      <div className="table-box" tabIndex={0} role="region" aria-label={name}>
        <table className="table">
          <thead><tr>{columns.map((c) => <th key={c.name} scope="col" className={look(c, "right")}>{c.name}</th>)}</tr></thead>
          <tbody>
            {items.map((row) => (
              <tr key={id(row)} data-link aria-current={id(row) === open ? "true" : undefined} onClick={(e) => {
                if (!(e.target as HTMLElement).closest("a,button")) openRow(row);
              }}>
                {columns.map((c, place) => (
                  <td key={c.name} className={look(c, "right number")}>
                    {place === 0 ? <RowButton onPress={() => openRow(row)}>{c.cell(row)}</RowButton> : c.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {items.length === 0 ? <Empty title="Nothing more" /> : null}
      {cursor || next_cursor ? (
        <div className="table-foot">
          <span className="faint">{items.length} on this page</span>
          <span className="push row">
            <button type="button" className="button" disabled={!cursor} onClick={() => change({ cursor: trail.at(-1) || undefined, back: trail.slice(0, -1).join(",") })}>Earlier page</button>
            <button type="button" className="button" disabled={!next_cursor} onClick={() => change({ cursor: next_cursor ?? undefined, back: [...trail, cursor ?? ""].join(",") })}>Next page</button>
          </span>
        </div>
      ) : null}
    </div>
  );
}

/** `right` names how the cells of a column look that stands at the right. */
function look<T>(column: Column<T>, right: string): string {
  return `${column.right ? right : ""} ${column.beside === false ? "not-beside" : ""}`.trim();
}

/** A row is opened by a real button in its first cell: by mouse, keyboard and screen reader alike. */
function RowButton({ onPress, children }: { onPress: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onPress} style={{ all: "unset", cursor: "pointer", fontWeight: 500 }} className="row-button">
      {children}
    </button>
  );
}

/** What a list beside it is filtered by; on a window without a side it waits behind a button. */
export function Facets({ children }: { children: ReactNode }) {
  const [search] = useFilters();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const taken = Object.keys(search).filter((name) => !PLACES.has(name)).length;
  return (
    <div className="facets" data-open={isOpen}>
      <button type="button" className="button fold" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>Filters{taken ? ` (${taken} set)` : ""}</button>
      <div id={id} className="all">{children}</div>
    </div>
  );
}

export function Facet({ name, title, values }: { name: string; title: string; values: [string, string][] }) {
  const [search, change] = useFilters();
  return (
    <div role="group" aria-label={title}>
      <h2>{title}</h2>
      {values.map(([value, words]) => (
        <button key={value} type="button" aria-pressed={search[name] === value} onClick={() => change({ [name]: search[name] === value ? undefined : value })}>
          {words}
        </button>
      ))}
    </div>
  );
}

/** `fault` says what is wrong with a text, which then is no filter. */
export function TextFilter({ name, label, fault = () => undefined }: { name: string; label: string; fault?: (text: string) => string | undefined }) {
  const [search, change] = useFilters();
  const box = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const id = useId();
  const chosen = search[name] ?? "";
  // A link may set another filter, too; the box is not made anew, for then the keyboard would lose its place.
  useEffect(() => { if (box.current) box.current.value = chosen; setWrong(undefined); }, [chosen]);
  const take = (text: string) => {
    const found = fault(text);
    setWrong(found);
    if (!found && chosen !== text) change({ [name]: text || undefined });
  };
  return (
    <span className="field" style={{ maxWidth: 280 }}>
      <input ref={box} className="input" type="search" aria-label={label} placeholder={label} defaultValue={chosen} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? id : undefined}
        onKeyDown={(e) => { if (e.key === "Enter") take(e.currentTarget.value.trim()); }} onBlur={(e) => take(e.currentTarget.value.trim())} />
      {wrong ? <span className="fault" id={id} role="alert">{wrong}</span> : null}
    </span>
  );
}
