// A picture of figures, with the same figures as a table one key away. Drawn as SVG with the console's own colours.
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef, useState } from "react";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export interface Series { name: string; values: number[]; color: 1 | 2 | 3 | 4 }

export function Bars({ label, across, series, horizontal = false, height = 220, onPick }: {
  label: string; across: string[]; series: Series[]; horizontal?: boolean; height?: number; onPick?: (name: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [asTable, setTable] = useState(false);
  const shape = JSON.stringify([across, series, horizontal]);
  useEffect(() => {
    if (asTable || !box.current) return undefined;
    const place = box.current;
    const color = (name: string) => resolved(place, name);
    const chart = init(place, undefined, { renderer: "svg" });
    const names = { type: "category" as const, data: across, axisTick: { show: false }, axisLine: { lineStyle: { color: color("line-strong") } }, axisLabel: { color: color("text-3"), fontFamily: "inherit" }, inverse: horizontal };
    const counts = { type: "value" as const, minInterval: 1, splitLine: { lineStyle: { color: color("line") } }, axisLabel: { color: color("text-3"), fontFamily: "inherit" } };
    chart.setOption({
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: color("text-2") },
      grid: { left: 8, right: 12, top: series.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
      legend: series.length > 1 ? { top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: color("text-2") } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: color("surface"), borderColor: color("line-strong"), textStyle: { color: color("text") } },
      xAxis: horizontal ? counts : names,
      yAxis: horizontal ? names : counts,
      series: series.map((one) => ({ name: one.name, type: "bar" as const, stack: "all", data: one.values, barMaxWidth: 28, itemStyle: { color: color(`chart-${one.color}`) } })),
    });
    chart.on("click", (event) => { if (typeof event.name === "string") onPick?.(event.name); });
    const sized = new ResizeObserver(() => chart.resize());
    sized.observe(place);
    return () => { sized.disconnect(); chart.dispose(); };
    // eslint-style dependencies: the shape says it all, handlers may change freely
  }, [shape, asTable]);
  return (
    <div className="stack-s">
      {asTable ? (
        <div className="table-box" tabIndex={0} role="region" aria-label={label}>
          <table className="table">
            <thead><tr><th scope="col" />{series.map((one) => <th key={one.name} scope="col" className="right">{one.name}</th>)}</tr></thead>
            <tbody>{across.map((name, place) => <tr key={name}><th scope="row">{name}</th>{series.map((one) => <td key={one.name} className="right number">{one.values[place]}</td>)}</tr>)}</tbody>
          </table>
        </div>
      ) : <div ref={box} role="img" aria-label={`${label}: ${summary(across, series)}`} style={{ height }} />}
      <button type="button" className="button quiet" style={{ justifySelf: "end" }} onClick={() => setTable(!asTable)}>{asTable ? "View as chart" : "View as table"}</button>
    </div>
  );
}

/** The colour that a token of the page has there now: light or dark is decided by CSS. */
function resolved(place: HTMLElement, token: string): string {
  place.style.color = `var(--${token})`;
  const found = getComputedStyle(place).color;
  place.style.removeProperty("color");
  return found;
}

function summary(across: string[], series: Series[]): string {
  return series.map((one) => `${one.name} ${one.values.reduce((sum, n) => sum + n, 0)} over ${across.length}`).join(", ");
}
