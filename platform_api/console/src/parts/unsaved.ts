import { useBlocker } from "@tanstack/react-router";

/** Asks before a screen is left on which something is changed and not saved. */
export function useUnsaved(isChanged: boolean): void {
  useBlocker({ shouldBlockFn: ({ current, next }) => isChanged && current.pathname !== next.pathname && !window.confirm("What you changed is not saved. Leave anyway?"), enableBeforeUnload: () => isChanged });
}
