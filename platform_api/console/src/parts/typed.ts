import { useEffect, useRef, useState } from "react";
import { useSettled } from "./settled";

/** Texts that are kept elsewhere (in the URL), as they are typed: `tell` hears of them once they have settled. */
export function useTyped<K extends string>(kept: Record<K, string>, tell: (typed: Partial<Record<K, string>>) => void): [Record<K, string>, (change: Partial<Record<K, string>>) => void] {
  const [typed, setTyped] = useState<Partial<Record<K, string>>>({});
  const settled = useSettled(typed);
  const told = useRef(tell);
  told.current = tell;
  useEffect(() => { if (Object.keys(settled).length) told.current(settled); }, [settled]);
  // What is kept as it was typed is no longer held here: it may be changed from elsewhere.
  const names = Object.keys(typed) as K[];
  if (names.length > 0 && typed === settled && names.every((name) => typed[name] === kept[name])) setTyped({});
  return [{ ...kept, ...typed }, (change) => setTyped((now) => ({ ...now, ...change }))];
}
