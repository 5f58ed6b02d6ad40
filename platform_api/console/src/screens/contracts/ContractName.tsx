import { useQuery } from "@tanstack/react-query";
import { contractVersionQuery } from "../../api/choices";

/** The name of a contract; the beginning of its id for whom it may not be seen. */
export function ContractName({ id, version }: { id: string; version: string }) {
  const found = useQuery({ ...contractVersionQuery(id, version), retry: false, staleTime: 60_000 });
  return <>{found.data?.name ?? `${id.slice(0, 12)}…`}</>;
}
