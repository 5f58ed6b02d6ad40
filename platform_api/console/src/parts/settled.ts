import { useEffect, useState } from "react";

/** A value that has not changed for a moment: what is asked while somebody types. */
export function useSettled<T>(value: T, wait = 350): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), wait);
    return () => window.clearTimeout(timer);
  }, [value, wait]);
  return settled;
}
