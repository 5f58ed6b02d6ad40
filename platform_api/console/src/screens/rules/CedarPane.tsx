// The Cedar text with what helps to write it: words of the schema, ids of the registry, formatting.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useRef } from "react";
import { Loading } from "../../parts/states";
import { useToast } from "../../parts/toast";
import { askCedar, schemaQuery, useSchemaWords } from "./checker";
import { useChoices } from "./choices";
import type { Fault } from "./faults";

const CedarEditor = lazy(() => import("./CedarEditor"));
const LABEL = "The rules in Cedar";

export function CedarPane({ text, onText, faults }: { text: string; onText?: ((text: string) => void) | undefined; faults: Fault[] }) {
  const words = useSchemaWords();
  if (onText) return <Writing text={text} onText={onText} faults={faults} />;
  return <Suspense fallback={<Loading />}><CedarEditor text={text} faults={faults} label={LABEL} schema={words} /></Suspense>;
}

function Writing({ text, onText, faults }: { text: string; onText: (text: string) => void; faults: Fault[] }) {
  const words = useSchemaWords();
  const known = useChoices();
  const toast = useToast();
  const schema = useQuery(schemaQuery).data?.text;
  const ids = (options: { id: string }[]) => options.map((one) => one.id);
  const now = useRef(text);
  now.current = text;
  const format = async () => {
    const said = await askCedar(schema ?? "", { kind: "format", text });
    if (now.current !== text) toast("You went on writing: format it again.");
    else if ("formatted" in said) onText(said.formatted);
    else if ("failed" in said) toast("It could not be formatted: the checker in your browser does not run.");
    else toast("It can be formatted once it is right.");
  };
  return (
    <div className="stack-s">
      <div className="row"><button type="button" className="button" disabled={schema === undefined} onClick={() => void format()}>Format</button><span className="faint">Ctrl Space completes. What is underlined says why: rest on it, or press F8.</span></div>
      <Suspense fallback={<Loading />}>
        <CedarEditor text={text} onChange={onText} faults={faults} label={LABEL} schema={words}
          ids={{ Team: ids(known.teams), Purpose: ids(known.purposes), DataProduct: ids(known.products), Activity: ids(known.activities), Person: ids(known.people).filter((id) => id.startsWith("pe_")), Pipeline: ids(known.people).filter((id) => id.startsWith("wl_")) }} />
      </Suspense>
    </div>
  );
}
