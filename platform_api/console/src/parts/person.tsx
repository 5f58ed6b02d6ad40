import { useName } from "../api/people";

export function Person({ id }: { id: string }) {
  const name = useName();
  return <span className="person" title={id}>{name(id)}</span>;
}
