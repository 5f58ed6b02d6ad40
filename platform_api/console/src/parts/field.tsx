// One named input with its help and, at its place, what is wrong with it.
import { useId, type ReactNode } from "react";

export function Field({ label, value, onChange, help, fault, type = "text", rows, ...rest }: {
  label: string; value: string; onChange: (value: string) => void; help?: ReactNode; fault?: string | undefined; type?: string; rows?: number;
  placeholder?: string; maxLength?: number; min?: string; max?: string; list?: string;
}) {
  const id = useId();
  const said = [help ? `${id}-help` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ") || undefined;
  const shared = { id, value, "aria-describedby": said, "aria-invalid": fault ? true : undefined, ...rest };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {rows ? <textarea {...shared} rows={rows} onChange={(e) => onChange(e.currentTarget.value)} /> : <input {...shared} type={type} onChange={(e) => onChange(e.currentTarget.value)} />}
      {help ? <span className="help" id={`${id}-help`}>{help}</span> : null}
      {fault ? <span className="fault" id={`${id}-fault`}>{fault}</span> : null}
    </div>
  );
}

/** The lines of a text that say something. */
export function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}
