// Where the answer stands far below the catalogue: its count stays in sight, and leads to it.
import { IconArrowDown } from "@tabler/icons-react";
import type { VerdictShown } from "./Verdict";

export function ToAnswer({ verdicts, isOld, lead }: { verdicts: VerdictShown[]; isOld: boolean; lead: () => void }) {
  const refused = verdicts.filter((one) => !one.passes).length;
  const said = isOld ? "Asking…" : verdicts.length === 0 ? "No answer yet" : [verdicts.length - refused ? `${verdicts.length - refused} would pass` : "", refused ? `${refused} refused` : ""].filter(Boolean).join(", ");
  return (
    <div className="jump">
      <span className="grow">{said}</span>
      <button type="button" className="button" onClick={lead}>To the answer <IconArrowDown size={16} aria-hidden /></button>
    </div>
  );
}
