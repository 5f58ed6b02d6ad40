// Choosing several things from a long list by typing: what is chosen stands as chips that can be taken out.
import { IconChevronDown, IconX } from "@tabler/icons-react";
import { useEffect, useId, useRef } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";

export interface Option { id: string; name: string; about?: string }

/** Names to choose from, each once, by the alphabet. */
export function optionsOf(names: string[]): Option[] {
  return [...new Set(names)].sort().map((name) => ({ id: name, name }));
}

export function PickMany({ label, options, chosen, onChange, help }: { label: string; options: Option[]; chosen: string[]; onChange: (ids: string[]) => void; help?: string }) {
  const names = new Map(options.map((one) => [one.id, one.name]));
  const helpId = useId();
  const input = useRef<HTMLInputElement>(null);
  const picked = useRef(0);
  const round = chosen.length;
  // Each choice begins a new, empty box, and the keyboard stays where it was.
  useEffect(() => { if (picked.current === round && round > 0) input.current?.focus(); }, [round]);
  return (
    <div className="field">
      <ComboBox key={round} aria-describedby={help ? helpId : undefined} allowsEmptyCollection
        defaultItems={options.filter((one) => !chosen.includes(one.id))} defaultFilter={(text, typed) => text.toLowerCase().includes(typed.toLowerCase())}
        onSelectionChange={(key) => { if (key !== null) { picked.current = round + 1; onChange([...chosen, String(key)]); } }}>
        <Label>{label}</Label>
        <div className="row" style={{ flexWrap: "nowrap", gap: 4 }}>
          <Input ref={input} className="input" placeholder="Type to search" />
          <Button className="button icon"><IconChevronDown size={16} aria-hidden /></Button>
        </div>
        <Popover className="popover" style={{ minWidth: 280 }}>
          <ListBox className="menu" renderEmptyState={() => <p className="faint" style={{ padding: 8 }}>Nothing of that name.</p>}>
            {(one: Option) => <ListBoxItem id={one.id} textValue={`${one.name} ${one.about ?? ""}`}><span className="grow">{one.name}</span>{one.about ? <span className="faint">{one.about}</span> : null}</ListBoxItem>}
          </ListBox>
        </Popover>
      </ComboBox>
      {help ? <span className="help" id={helpId}>{help}</span> : null}
      {chosen.length ? (
        <ul className="row" aria-label={`${label}: chosen`}>{chosen.map((id) => (
          <li key={id}><button type="button" className="button" style={{ minHeight: 26, padding: "1px 8px" }} aria-label={`Take out ${names.get(id) ?? id}`} onClick={() => onChange(chosen.filter((one) => one !== id))}>{names.get(id) ?? id} <IconX size={12} aria-hidden /></button></li>
        ))}</ul>
      ) : null}
    </div>
  );
}

/** A value that is none of those to choose from, from an old link, is shown as it is. */
export function PickOne({ label, value, of, onChange }: { label: string; value: string; of: [string, string][]; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(e) => onChange(e.currentTarget.value)}>{value === "" || of.some(([key]) => key === value) ? null : <option value={value}>{value}</option>}{of.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
    </div>
  );
}

/** Few things to choose one of, each in sight: one press. */
export function OneOf({ label, value, of, onChange }: { label: string; value: string; of: [string, string][]; onChange: (value: string) => void }) {
  const name = useId();
  return (
    <fieldset className="plain">
      <legend className="legend">{label}</legend>
      <div className="row" style={{ gap: 12 }}>{of.map(([id, says]) => (
        <label key={id} className="row" style={{ gap: 6 }}><input type="radio" name={name} checked={value === id} onChange={() => onChange(id)} /> {says}</label>
      ))}</div>
    </fieldset>
  );
}

export function Checks({ label, of, chosen, onChange }: { label: string; of: [string, string][]; chosen: string[]; onChange: (ids: string[]) => void }) {
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }} className="stack-s">
      <legend style={{ fontSize: 13, fontWeight: 500, padding: 0 }}>{label}</legend>
      <div className="row" style={{ gap: 12 }}>{of.map(([id, name]) => (
        <label key={id} className="row" style={{ gap: 6 }}>
          <input type="checkbox" checked={chosen.includes(id)} onChange={() => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])} /> {name}
        </label>
      ))}</div>
    </fieldset>
  );
}
