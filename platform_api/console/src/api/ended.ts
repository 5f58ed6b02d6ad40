// Whether the session has ended while the page was open: the page stays then, with all that was written on it.
import { useSyncExternalStore } from "react";

let isEnded = false;
const listeners = new Set<() => void>();

export function setEnded(now: boolean): void {
  if (isEnded === now) return;
  isEnded = now;
  listeners.forEach((tell) => tell());
}

export function useEnded(): boolean {
  return useSyncExternalStore((tell) => { listeners.add(tell); return () => listeners.delete(tell); }, () => isEnded);
}
