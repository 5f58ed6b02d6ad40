// Whether somebody is there: what a page asks by itself keeps no idle session alive.

/** As long as until the session is asked for anew (`session.ts`): who only reads, and moves the mouse, stays signed in. */
const AFTER = 5 * 60_000;
let touched = Date.now();

/** Listens from now on. */
export function watch(): void {
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) window.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

export function isUnattended(): boolean {
  return Date.now() - touched > AFTER;
}
