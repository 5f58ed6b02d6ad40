// Where things stand in the picture: four columns, each thing once, near those that it belongs to.
import type { Schemas } from "../../api/client";

export type Path = Schemas["AccessPathShown"];
type Column = 0 | 1 | 2 | 3;
interface Node { id: string; column: Column; row: number; name: string; about: string; to: string; search?: Record<string, string> }
interface Edge { from: string; to: string }
export const COLUMNS = ["Person", "Activity", "Grant", "Data"];

/** The nodes by their ids, and the lines between them. Rows are numbers from 0, spread evenly over the longest column. */
export function laidOut(paths: Path[], name: (id: string) => string, until: (path: Path) => string): { nodes: Node[]; edges: Edge[]; rows: number } {
  const sorted = [...paths].sort((a, b) => name(a.person).localeCompare(name(b.person)) || a.activity_title.localeCompare(b.activity_title) || b.grant.localeCompare(a.grant));
  const nodes = new Map<string, Omit<Node, "row">>();
  const near = new Map<string, number[]>();
  const edges = new Map<string, Edge>();
  const put = (node: Omit<Node, "row">, row: number) => {
    const rows = near.get(node.id);
    if (rows) rows.push(row);
    else { nodes.set(node.id, node); near.set(node.id, [row]); }
  };
  const join = (from: string, to: string) => edges.set(edgeKey(from, to), { from, to });
  sorted.forEach((path, row) => {
    put({ id: path.person, column: 0, name: name(path.person), about: "their grants", to: "/grants", search: { subject: path.person } }, row);
    put({ id: path.activity, column: 1, name: path.activity_title, about: "activity", to: `/activities/${path.activity}` }, row);
    put({ id: path.grant, column: 2, name: path.purpose, about: until(path), to: `/grants/${path.grant}` }, row);
    join(path.person, path.activity);
    join(path.activity, path.grant);
    for (const data of path.data) {
      put({ id: data.uri, column: 3, name: data.title, about: data.uri, to: "/data", search: { open: data.uri } }, row);
      join(path.grant, data.uri);
    }
  });
  const middle = (id: string) => { const rows = near.get(id) ?? [0]; return rows.reduce((sum, row) => sum + row, 0) / rows.length; };
  const columns = [0, 1, 2, 3].map((column) => [...nodes.values()].filter((node) => node.column === column).sort((a, b) => middle(a.id) - middle(b.id)));
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const placed = columns.flatMap((column) => column.map((node, place): Node => ({ ...node, row: (place + 0.5) * (rows / column.length) - 0.5 })));
  return { nodes: placed, edges: [...edges.values()], rows };
}

/** The nodes and lines of the very paths that contain the thing: not of others that share an activity or data with them. */
export function through(id: string, paths: Path[]): { nodes: Set<string>; edges: Set<string> } {
  const nodes = new Set<string>();
  const edges = new Set<string>();
  for (const path of paths) {
    const way = [path.person, path.activity, path.grant];
    const isData = path.data.some((data) => data.uri === id);
    if (!isData && !way.includes(id)) continue;
    way.forEach((one) => nodes.add(one));
    edges.add(edgeKey(path.person, path.activity)).add(edgeKey(path.activity, path.grant));
    // Of a grant that gives other data besides: only the data that is looked at.
    for (const { uri } of path.data) if (!isData || uri === id) { nodes.add(uri); edges.add(edgeKey(path.grant, uri)); }
  }
  return { nodes, edges };
}

/** A line's name: what it leads from, and to. */
export function edgeKey(from: string, to: string): string {
  return `${from} ${to}`;
}
