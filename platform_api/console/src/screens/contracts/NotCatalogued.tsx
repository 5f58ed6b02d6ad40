// The data that a contract names and that the catalogue lacks, told to who is about to sign it.
import { useQuery } from "@tanstack/react-query";
import { contractVersionQuery } from "../../api/choices";
import type { Schemas } from "../../api/client";
import { Trouble } from "../../parts/states";

export function NotCatalogued({ of }: { of: Schemas["ContractShown"] }) {
  const answer = useQuery({ ...contractVersionQuery(of.id, of.version), staleTime: 0 });
  if (answer.isError) return <Trouble error={answer.error} />;
  return <Uncatalogued of={answer.data?.uncatalogued ?? []} />;
}

export function Uncatalogued({ of }: { of: string[] }) {
  if (of.length === 0) return null;
  return (
    <div className="notice warn">
      <strong>The catalogue lacks some of the data that it names</strong>
      <span>Nobody can ask for it, and its labels reach nothing, until it is catalogued.</span>
      <ul>{of.map((uri) => <li key={uri}><code className="anywhere">{uri}</code></li>)}</ul>
    </div>
  );
}
