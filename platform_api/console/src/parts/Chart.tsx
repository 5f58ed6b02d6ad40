// Figures as bars, each a link to what it counts, with the same figures as a table one key away.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Table } from "./table";

export interface Target { to: string; search?: Record<string, string> }
export interface Series { name: string; values: number[]; color: 1 | 2 | 3 | 4 }
interface Shown {
  label: string; across: string[]; series: Series[];
  /** Where the figure of a series at a place leads to; nowhere for people who may not see that list. */
  target?: (series: number, place: number) => Target | undefined;
}

/** Stacked columns with a scale, for what goes on in time; `across` lying, for what is told apart by name. */
export function Bars({ horizontal = false, ...shown }: Shown & { horizontal?: boolean }) {
  const [asTable, setTable] = useState(false);
  const { label, across, series } = shown;
  return (
    <div className="stack-s">
      {asTable ? <Table label={label} head={["", ...series.map((one) => one.name)]} rows={across.map((name, place) => [name, ...series.map((one) => one.values[place]?.toLocaleString())])} />
        : (
          <figure className={horizontal ? "bars lying" : "bars"} aria-label={`${label}: ${series.map((one) => `${one.name} ${sum(one.values)}`).join(", ")}`}>
            {series.length > 1 ? <figcaption className="row">{series.map((one) => <span key={one.name} className="row key"><i style={{ background: `var(--chart-${one.color})` }} aria-hidden /> {one.name}</span>)}</figcaption> : null}
            {horizontal ? <Lying {...shown} /> : <Standing {...shown} />}
          </figure>
        )}
      <button type="button" className="button quiet" style={{ justifySelf: "end" }} onClick={() => setTable(!asTable)}>{asTable ? "View as chart" : "View as table"}</button>
    </div>
  );
}

function Standing({ across, series, target }: Shown) {
  const top = roundUp(Math.max(1, ...across.map((_, place) => sum(series.map((one) => one.values[place] ?? 0)))));
  return (
    <div className="plot">
      <div className="scale number" aria-hidden><span>{top.toLocaleString()}</span><span>{(top / 2).toLocaleString()}</span><span>0</span></div>
      <ol>{across.map((name, place) => (
        <li key={name}>
          <span className="column">{series.map((one, at) => <Bar key={one.name} series={one} name={name} at={at} place={place} target={target} size={{ height: `${(100 * (one.values[place] ?? 0)) / top}%` }} />)}</span>
          <span className="faint" aria-hidden>{place % Math.ceil(across.length / 7) === 0 ? name : "\u00a0"}</span>
        </li>
      ))}</ol>
    </div>
  );
}

function Lying({ across, series, target }: Shown) {
  const most = Math.max(1, ...across.map((_, place) => sum(series.map((one) => one.values[place] ?? 0))));
  return (
    <ol>{across.map((name, place) => (
      <li key={name}>
        <span className="row"><span>{name}</span><span className="push number">{sum(series.map((one) => one.values[place] ?? 0)).toLocaleString()}</span></span>
        <span className="column">{series.map((one, at) => <Bar key={one.name} series={one} name={name} at={at} place={place} target={target} size={{ width: `${(100 * (one.values[place] ?? 0)) / most}%` }} />)}</span>
      </li>
    ))}</ol>
  );
}

function Bar({ series, name, at, place, target, size }: { series: Series; name: string; at: number; place: number; target: Shown["target"]; size: React.CSSProperties }) {
  const count = series.values[place] ?? 0;
  if (count === 0) return null;
  const says = `${name}: ${count.toLocaleString()} ${series.name.toLowerCase()}`;
  const look = { ...size, background: `var(--chart-${series.color})` };
  const leads = target?.(at, place);
  return leads ? <Link to={leads.to as never} search={leads.search as never} className="bar" style={look} title={says} aria-label={says} />
    : <span className="bar" style={look} title={says} role="img" aria-label={says} />;
}

/** The next of 2, 4, 10, 20, 40, 100…: its half is a whole number. */
function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 10].map((step) => step * power).find((edge) => edge >= Math.max(2, most)) ?? 10 * power;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
