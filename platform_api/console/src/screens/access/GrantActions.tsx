// What can be done with a live grant: give it its time once more, give it back, or take it back with a reason.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useSession } from "../../api/session";
import { Ask } from "../../parts/ask";
import { PickOne } from "../../parts/pick";
import { ENDING } from "./Ending";
import { DURATIONS } from "./wish";

type Grant = Schemas["GrantShown"];

export function GrantActions({ grant }: { grant: Grant }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const once = useOnce();
  const mine = useSession()?.id === grant.subject;
  const [revoking, renewing] = useMay([{ action: "revokeGrant", kind: "grant", id: grant.id }, { action: "renewGrant", kind: "grant", id: grant.id }]);
  const [duration, setDuration] = useState("");
  const ended = ENDING.has(grant.state) ? "It is ending already." : undefined;
  const revoke = async (reason: string) => {
    await told(api.POST("/v1/grants/{grant_id}/revoke", { params: { path: { grant_id: grant.id } }, body: { reason } }));
    await changed(queries, { kind: "grant", id: grant.id });
  };
  const renew = async () => {
    const made = await once(["renew", grant.id, duration], (header) => told(api.POST("/v1/grants/{grant_id}/renew", { params: { path: { grant_id: grant.id }, header }, body: { duration: duration || null } }) as never)) as Schemas["GrantedShown"] | Schemas["RequestedShown"];
    await changed(queries, "grant" in made ? { kind: "grant", id: made.grant.id } : { kind: "request", id: made.request_id });
    void navigate({ to: ("grant" in made ? `/grants/${made.grant.id}` : `/requests/${made.request_id}`) as never });
  };
  return (
    <span className="row">
      {mine ? (
        <Ask name="renew-grant" button="Renew" title="Give it its time once more?" confirm="Renew" done="Renewed: this is the new grant." act={renew}
          disabled={grant.state !== "active" ? "Only a live grant is renewed." : barred(renewing)}>
          <p>It is decided anew, and becomes a grant of its own: this one lives on to its own end. How often that can be done is in the contract.</p>
          <PickOne label="For how long" value={duration} of={DURATIONS} onChange={setDuration} />
        </Ask>
      ) : null}
      <Ask name="end-grant" button={mine ? "Give back" : "Revoke"} kind="danger" title={mine ? "Give this access back?" : "Take this access back?"} reason="Why" confirm={mine ? "Give back" : "Revoke"} done="The grant is being revoked." act={revoke}
        disabled={ended ?? barred(revoking)}>
        <p>No new session is given, and every session that is out is denied. What has been read has been read.</p>
      </Ask>
    </span>
  );
}
