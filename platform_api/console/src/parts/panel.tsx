// Detail beside the list: the list stays, Escape closes it, and focus goes in and comes back.
import { IconX } from "@tabler/icons-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useFilters } from "./list";

export function Panel({ title, children }: { title: ReactNode; children: ReactNode }) {
  const [search, change] = useFilters();
  const box = useRef<HTMLElement>(null);
  const from = useRef<Element | null>(null);
  useEffect(() => {
    from.current = document.activeElement;
    box.current?.focus({ preventScroll: true });
    return () => { if (from.current instanceof HTMLElement && from.current.isConnected) from.current.focus(); };
  }, [search.open]);
  const close = () => change({ open: undefined });
  return (
    <aside className="panel" ref={box} tabIndex={-1} aria-label="Details" style={{ outline: "none" }}
      onKeyDown={(e) => { if (e.key === "Escape" && !e.defaultPrevented) close(); }}>
      <header>
        <div className="stack-s grow">{title}</div>
        <button type="button" className="button quiet icon" aria-label="Close details" onClick={close}><IconX size={16} aria-hidden /></button>
      </header>
      <div className="body">{children}</div>
    </aside>
  );
}
