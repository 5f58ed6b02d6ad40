// A state as a sign and a word; colour only underlines it.
import {
  IconAlertCircle, IconCircleCheck, IconCircleDashed, IconCircleX, IconClock, IconLoader2, IconPointFilled,
  type Icon,
} from "@tabler/icons-react";

type Tone = "ok" | "warn" | "bad" | "accent" | "plain";
const SIGNS: Record<string, [Tone, Icon]> = {};
const say = (tone: Tone, icon: Icon, ...states: string[]) => states.forEach((state) => { SIGNS[state] = [tone, icon]; });
say("ok", IconCircleCheck, "active", "live", "in-force", "granted", "approved", "signed", "kept", "met", "passed", "permit", "allowed");
say("accent", IconClock, "proposed", "open", "submitted", "awaiting", "awaiting-approval", "ready", "scheduled", "pending", "waiting");
say("accent", IconLoader2, "minting", "provisioning", "approved-environment");
say("warn", IconAlertCircle, "revoking", "expiring", "stuck", "abandoned", "denied", "suspended", "retiring", "partly");
say("bad", IconCircleX, "refused", "rejected", "failed", "ended", "forbid", "not-met", "declined");
say("plain", IconCircleCheck, "would-pass");
say("plain", IconCircleDashed, "draft", "closed", "retired", "superseded", "withdrawn", "expired");

export function Status({ state, label }: { state: string; label?: string }) {
  const [tone, Sign] = SIGNS[state] ?? (["plain", IconPointFilled] as [Tone, Icon]);
  return (
    <span className={`status ${tone}`}>
      <Sign size={14} stroke={2} aria-hidden />
      {label ?? words(state)}
    </span>
  );
}

const LEVELS: Record<string, Tone> = { public: "plain", internal: "plain", confidential: "warn", restricted: "bad" };

/** A classification, the two upper ones marked. */
export function Level({ of }: { of: string }) {
  return <span className={`status ${LEVELS[of] ?? "plain"}`}>{words(of)}</span>;
}

/** `in-force` as `In force`. */
export function words(slug: string): string {
  const text = slug.replaceAll("-", " ").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
