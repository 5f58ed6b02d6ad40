// What ending a version would revoke, told before it is done.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told } from "../../api/client";
import { counted } from "../../parts/kinds";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";

export function WhatEnds({ id, version }: { id: string; version: string }) {
  const answer = useQuery({
    queryKey: ["contract", id, version, "ending"], staleTime: 0,
    queryFn: () => told(api.POST("/v1/contracts/{contract_id}/versions/{version}/end/preview", { params: { path: { contract_id: id, version } } })),
  });
  if (answer.isPending) return <Loading rows={2} />;
  if (answer.isError) return <Trouble error={answer.error} />;
  const { grants, activities } = answer.data;
  if (grants.length === 0) return <p><strong>No live grant rests on it.</strong> None is revoked, and none is given under it again.</p>;
  return (
    <div className="stack-s">
      <p><strong>{counted(grants.length, "live grant")} of {counted(activities, "activity", "activities")} would be revoked</strong>, at once, and the workspaces that hold its data are quarantined.</p>
      <Table label="Grants that would be revoked" head={["Holder", "Data", "Would end"]} rows={grants.slice(0, 20).map((one) => [
        <Link key="h" to="/grants" search={{ open: one.id } as never}><Person id={one.holder} /></Link>, <code key="d">{one.sources.join(", ")}</code>, <Time key="t" at={one.ends_at} />,
      ])} />
      {grants.length > 20 ? <p className="secondary">And {grants.length - 20} more.</p> : null}
    </div>
  );
}
