// Where things stand in the picture: four columns, each thing once, near those that it belongs to.
import type { Schemas } from "../../api/client";

export type Path = Schemas["AccessPathShown"];
export type Column = 0 | 1 | 2 | 3;
export interface Node { id: string; column: Column; row: number; name: string; about: string; to: string; search?: Record<string, string> }
export interface Edge { from: string; to: string }
export const COLUMNS = ["Person", "Activity", "Grant", "Data"];

/** The nodes by their ids, and the lines between them. Rows are numbers from 0, spread evenly over the longest column. */
export function laidOut(paths: Path[], name: (id: string) => string, until: (path: Path) => string): { nodes: Node[]; edges: Edge[]; rows: number } {
  const sorted = [...paths].sort((a, b) => name(a.person).localeCompare(name(b.person)) || a.activity_title.localeCompare(b.activity_title) || b.grant.localeCompare(a.grant));
  const nodes = new Map<string, Omit<Node, "row">>();
  const near = new Map<string, number[]>();
  const edges = new Map<string, Edge>();
  const put = (node: Omit<Node, "row">, row: number) => { if (!nodes.has(node.id)) nodes.set(node.id, node); near.set(node.id, [...(near.get(node.id) ?? []), row]); };
  const join = (from: string, to: string) => edges.set(`${from} ${to}`, { from, to });
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

/** Everything on a way through one thing: before it and after it. */
export function through(id: string, edges: Edge[]): Set<string> {
  const found = new Set([id]);
  const walk = (start: string, next: (edge: Edge) => [string, string]) => {
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) for (const edge of edges) {
      const [here, there] = next(edge);
      if (here === at && !found.has(there)) { found.add(there); open.push(there); }
    }
  };
  walk(id, (edge) => [edge.from, edge.to]);
  walk(id, (edge) => [edge.to, edge.from]);
  return found;
}
