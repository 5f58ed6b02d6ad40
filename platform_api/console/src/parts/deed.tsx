// The button of a deed: where it may not be done it is grey, does nothing, and says why to a pointer, a finger and the keyboard.
import { useId, useState, type ReactNode } from "react";

const WIDE = 320;
const CLEAR = 120;

/** `why` says what keeps it from being done; nothing does where it is undefined. `isBusy` while it is being done. */
export function Deed({ why, isBusy = false, look = "", label, onPress, children }: {
  why?: string | undefined; isBusy?: boolean; look?: string; label?: string; onPress?: () => void; children: ReactNode;
}) {
  const id = useId();
  const [place, setPlace] = useState<{ insetInlineStart: number; top?: number; bottom?: number } | null>(null);
  const show = (box: DOMRect) => setPlace({
    insetInlineStart: Math.max(8, Math.min(box.left, window.innerWidth - WIDE - 8)),
    ...(box.bottom + CLEAR < window.innerHeight ? { top: box.bottom } : { bottom: window.innerHeight - box.top }),
  });
  const hide = () => setPlace(null);
  // The second half of a double press may come before the button is drawn busy; the keyboard counts no presses.
  // A button that cannot be pressed stays in the keyboard's way: else nobody there would hear why.
  return (
    <span onPointerEnter={(e) => show(e.currentTarget.getBoundingClientRect())} onPointerLeave={hide}
      onFocus={(e) => show(e.currentTarget.getBoundingClientRect())} onBlur={hide} onKeyDown={(e) => { if (e.key === "Escape" && why && place) { e.preventDefault(); hide(); } }}>
      <button type="button" className={`button ${look}`.trim()} aria-label={label} disabled={isBusy} aria-disabled={why ? true : undefined} aria-describedby={why ? id : undefined}
        onClick={(e) => { if (!why && e.detail < 2) onPress?.(); }}>{children}</button>
      {why ? <span id={id} role={place ? "tooltip" : undefined} className={place ? "why" : "hidden"} style={place ? { ...place, width: `min(${WIDE}px, calc(100vw - 16px))` } : undefined}>{why}</span> : null}
    </span>
  );
}
