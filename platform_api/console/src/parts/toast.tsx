// A short word that something was done; announced once, gone after a while.
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

const Toasts = createContext<(text: string) => void>(() => undefined);

export function useToast(): (text: string) => void {
  return useContext(Toasts);
}

/** Copies a text and says `done`, or that the browser does not let it be copied. */
export function useCopy(): (text: string, done?: string) => void {
  const toast = useToast();
  return (text, done = "Copied.") => {
    // Only a page that came by a secure connection has a clipboard.
    const copied = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
    void copied.then(() => toast(done), () => toast("Your browser does not let it be copied: select it instead."));
  };
}

export function ToastArea({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ id: number; text: string }[]>([]);
  const say = useCallback((text: string) => {
    const id = Date.now() + Math.random();
    setShown((now) => [...now.slice(-2), { id, text }]);
    window.setTimeout(() => setShown((now) => now.filter((one) => one.id !== id)), 6000);
  }, []);
  return (
    <Toasts value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {shown.map((one) => <div key={one.id} className="notice ok">{one.text}</div>)}
      </div>
    </Toasts>
  );
}
