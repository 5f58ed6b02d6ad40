// Figures as bars, with the same figures as a table one key away. What can be hit leads to what it counts: the words
// beside standing bars, lying bars with their whole row, each figure of the table. A standing bar may be thinner than a finger.
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Table } from "./table";

export interface Target { to: string; search?: Record<string, string> }
interface Series { name: string; values: number[]; color: 2 | 3 }
interface Shown {
  /** `of`: what stands across, such as a day. */
  label: string; of: string; across: string[]; series: Series[];
  /** Where the figure of a series at a place leads to, or of all places; nowhere for people who may not see that list. */
  target?: (series: number, place?: number) => Target | undefined;
}

/** Stacked columns with a scale, for what goes on in time; `across` lying, for what is told apart by name. */
export function Bars({ horizontal = false, ...shown }: Shown & { horizontal?: boolean }) {
  const [asTable, setTable] = useState(false);
  const { label, of, across, series, target } = shown;
  return (
    <div className="stack-s">
      {asTable ? <Table label={label} figures head={[of, ...series.map((one) => one.name)]} rows={across.map((name, place) => [name, ...series.map((one, at) => <Cell key={at} count={one.values[place] ?? 0} to={target?.(at, place)} />)])} />
        : (
          <figure className={horizontal ? "bars lying" : "bars"} aria-label={`${label}: ${series.map((one) => `${one.name} ${sum(one.values)}`).join(", ")}`}>
            {series.length > 1 ? <figcaption className="row">{series.map((one, at) => <Key key={one.name} of={one} to={target?.(at)} />)}</figcaption> : null}
            {horizontal ? <Lying {...shown} /> : <Standing {...shown} />}
          </figure>
        )}
      <button type="button" className="button quiet" style={{ justifySelf: "end" }} onClick={() => setTable(!asTable)}>{asTable ? "View as chart" : "View as table"}</button>
    </div>
  );
}

function Standing({ across, series }: Shown) {
  const top = roundUp(Math.max(1, ...across.map((_, place) => sum(series.map((one) => one.values[place] ?? 0)))));
  const every = Math.ceil(across.length / 7);
  return (
    <div className="plot">
      <div className="scale number" aria-hidden><span>{top.toLocaleString()}</span><span>{(top / 2).toLocaleString()}</span><span>0</span></div>
      <ol>{across.map((name, place) => (
        <li key={name}>
          <span className="column">{series.map((one) => <Bar key={one.name} series={one} name={name} place={place} size={{ height: `${(100 * (one.values[place] ?? 0)) / top}%` }} />)}</span>
          <span className={place % (2 * every) ? "faint tick half" : "faint tick"} aria-hidden>{place % every === 0 ? name : "\u00a0"}</span>
        </li>
      ))}</ol>
    </div>
  );
}

function Lying({ across, series, target }: Shown) {
  const most = Math.max(1, ...across.map((_, place) => sum(series.map((one) => one.values[place] ?? 0))));
  return (
    <ol>{across.map((name, place) => (
      <li key={name}><Leading to={target?.(0, place)} className="whole">
        <span className="row"><span>{name}</span><span className="push number">{sum(series.map((one) => one.values[place] ?? 0)).toLocaleString()}</span></span>
        <span className="column" aria-hidden>{series.map((one) => <Bar key={one.name} series={one} name={name} place={place} size={{ width: `${(100 * (one.values[place] ?? 0)) / most}%` }} />)}</span>
      </Leading></li>
    ))}</ol>
  );
}

function Bar({ series, name, place, size }: { series: Series; name: string; place: number; size: React.CSSProperties }) {
  const count = series.values[place] ?? 0;
  if (count === 0) return null;
  const says = `${name}: ${count.toLocaleString()} ${series.name.toLowerCase()}`;
  return <span className="bar" style={{ ...size, background: `var(--chart-${series.color})` }} title={says} role="img" aria-label={says} />;
}

function Key({ of, to }: { of: Series; to: Target | undefined }) {
  return <Leading to={to} className="row key"><i style={{ background: `var(--chart-${of.color})` }} aria-hidden /> {of.name}</Leading>;
}

function Cell({ count, to }: { count: number; to: Target | undefined }) {
  return count === 0 ? count : <Leading to={to}>{count.toLocaleString()}</Leading>;
}

/** A link, or plain text where it leads nowhere. */
function Leading({ to, className, children }: { to: Target | undefined; className?: string; children: ReactNode }) {
  return to ? <Link to={to.to as never} search={to.search as never} className={className}>{children}</Link> : <span className={className}>{children}</span>;
}

/** The next of 2, 4, 10, 20, 40, 100…: its half is a whole number. */
function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 10].map((step) => step * power).find((edge) => edge >= Math.max(2, most)) ?? 10 * power;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
