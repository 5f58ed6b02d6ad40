import { Status } from "../../parts/status";

/** What a rule does: it allows, or it forbids. */
export function Effect({ of }: { of: string }) {
  return <Status state={of} label={of === "permit" ? "Allows" : "Forbids"} />;
}
