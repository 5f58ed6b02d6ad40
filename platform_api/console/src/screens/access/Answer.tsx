// What would be answered, while the request is put together: granted until when, refused why, and what would pass instead.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { counted } from "../../parts/kinds";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { duration, inWords, Time } from "../../parts/time";
import { isoOf, type Offer } from "./wish";

type Preview = Schemas["PreviewShown"];
interface Reason { clause: string; given: string; next_step: string }

const SAYS: Record<string, [string, string]> = {
  "would-be-granted": ["granted", "Would be granted"],
  "would-be-refused": ["refused", "Would be refused"],
  "would-await-approval": ["awaiting", "Would wait for approval"],
};

/** `isOld`: it is of what was wished before, and nothing of it can be taken. */
export function Answer({ lacking, preview, isOld, error, take, taking }: { lacking: string | undefined; preview: Preview | undefined; isOld: boolean; error: unknown; take: (offer: Offer) => void; taking: boolean }) {
  if (lacking) return <p className="secondary">{lacking}</p>;
  if (error) return <Trouble error={error} />;
  if (!preview) return <Loading rows={2} />;
  const [state, label] = SAYS[preview.outcome] ?? ["pending", words(preview.outcome)];
  const offers = preview.offers as unknown as Offer[];
  const refused = (preview.sources as unknown as { passes: boolean }[]).filter((one) => !one.passes).length;
  return (
    <>
      <Status state={state} label={label} />
      {isOld ? <p className="faint">That is of what you wished before. It is being looked at again…</p> : null}
      {preview.outcome !== "would-be-refused" && refused > 0 ? <p className="secondary">Without the {refused === 1 ? "source that is" : `${refused} sources that are`} refused.</p> : null}
      {preview.ends_at ? <p>Until <Time at={preview.ends_at} />{preview.shortened ? <span className="secondary">: {inWords(preview.shortened)}</span> : null}</p> : null}
      {preview.outcome === "would-await-approval" ? <p className="secondary">Contracts and rules allow it once the people that the contract names have approved it.</p> : null}
      {(preview.reasons as unknown as Reason[]).map((reason) => <p key={reason.clause} className="secondary">{inWords(reason.given)}. {inWords(reason.next_step)}</p>)}
      {preview.covered_by ? (
        <div className="notice ok">
          <strong>You have all of this already</strong>
          <span><Link to={`/grants/${preview.covered_by}` as never}>Use the grant that you hold</Link>: no other role is made.</span>
        </div>
      ) : null}
      {preview.principals.length > 1 ? <p className="secondary">As {preview.principals.length} roles: {preview.principals.map((one) => `${one.profile} (${one.why})`).join("; ")}.</p> : null}
      {offers.length ? (
        <section className="stack-s" aria-label="What would be granted instead">
          <h3>What would be granted instead</h3>
          <ul className="stack-s">{offers.map((offer) => (
            <li key={offer.changes.join()} className="notice">
              <span>{inWords(offer.changes.join("; "))}</span>
              <span className="faint">{counted(offer.request.sources.length, "source")}, {offer.request.purpose}{offer.request.duration_seconds ? `, ${duration(isoOf(offer.request.duration_seconds))}` : ""}</span>
              <span><button type="button" className="button" disabled={taking || isOld} onClick={() => take(offer)}>Take this instead</button></span>
            </li>
          ))}</ul>
        </section>
      ) : null}
    </>
  );
}
