// What can be done with an activity in its state, by whom; what the rules refuse says why.
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { Ask } from "../../parts/ask";
import { Deed } from "../../parts/deed";
import { TIERS } from "../../parts/scales";
import { words } from "../../parts/status";

type Shown = Schemas["ActivityShown"];
const GONE = new Set(["rejected", "retired"]);

export function ActivityActions({ of, environments }: { of: Shown; environments: Schemas["EnvironmentShown"][] | undefined }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const thing = { kind: "activity" as const, id: of.id };
  const [ask, request, suspend, resume, retire] = useMay(["requestAccess", "requestEnvironment", "suspendActivity", "resumeActivity", "retireActivity"].map((action) => ({ action, ...thing })));
  const once = useOnce();
  const path = { activity_id: of.id };
  const again = () => changed(queries, thing);
  const has = new Set((environments ?? []).filter((one) => !GONE.has(one.state)).map((one) => one.tier));
  const stops = of.state === "active" || of.state === "suspended";
  return (
    <>
      {of.state === "suspended" ? (
        <Ask key="resume" name="resume-activity" button="Resume" title="Resume this activity?" reason="Why" confirm="Resume" done="Active again." disabled={barred(resume)} act={async (reason) => { await once(["resume", of.id, reason], (header) => told(api.POST("/v1/activities/{activity_id}/resume", { params: { path, header }, body: { reason } }))); await again(); }}>
          <p>What was revoked stays revoked: its people ask anew.</p>
        </Ask>
      ) : null}
      {of.state === "active" ? (
        <Ask key="suspend" name="suspend-activity" button="Suspend" kind="danger" title="Suspend this activity?" reason="Why" confirm="Suspend" done="Suspended; its grants are being revoked." disabled={barred(suspend)} act={async (reason) => { await once(["suspend", of.id, reason], (header) => told(api.POST("/v1/activities/{activity_id}/suspend", { params: { path, header }, body: { reason } }))); await again(); }}>
          <p>Every live grant of it is revoked in the same commit, and none is given until it is resumed.</p>
        </Ask>
      ) : null}
      {stops || of.state === "retiring" ? (
        <Ask key={`retire-${of.state}`} name="retire-activity" button={of.state === "retiring" ? "Finish retiring" : "Retire"} kind="danger" title={of.state === "retiring" ? "Is nothing of it left?" : "Retire this activity?"} reason="Why" confirm="Retire" done={of.state === "retiring" ? "Retired." : "Retiring; its grants are being revoked."} disabled={barred(retire)}
          act={async (reason) => { await once([`retire-${of.state}`, of.id, reason], (header) => told(api.POST("/v1/activities/{activity_id}/retire", { params: { path, header }, body: { reason } }))); await again(); }}>
          <p>{of.state === "retiring" ? "It is retired once its grants are closed, its roles deleted and its environments removed." : "For good: every live grant is revoked now, and none is given again."}</p>
        </Ask>
      ) : null}
      {of.state === "active" ? TIERS.filter((tier) => environments !== undefined && !has.has(tier)).map((tier) => (
        <Ask key={tier} name="add-environment" button={`Add ${tier}`} title={`Ask for a ${tier} environment?`} confirm="Ask" done={`${words(tier)} environment asked for.`} disabled={barred(request)} act={async () => {
          const made = await once(["environment", of.id, tier], (header) => told(api.POST("/v1/activities/{activity_id}/environments", { params: { path, header }, body: { tier } }))) as unknown as Schemas["EnvironmentRequestedShown"];
          await changed(queries, thing, { kind: "environment", id: made.environment.id });
          await navigate({ to: `/environments/${made.environment.id}` as never });
        }}>
          <p>The same review holds as for its first. What the fast path approves is built at once.</p>
        </Ask>
      )) : null}
      {of.state === "active" ? (ask?.allowed ? <Link to="/request" search={{ activity: of.id } as never} className="button primary">Request access</Link> : <Deed why={barred(ask)} look="primary">Request access</Deed>) : null}
    </>
  );
}
