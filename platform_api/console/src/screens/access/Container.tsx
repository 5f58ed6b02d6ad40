// What a database or a data product that is asked for comes to: each source in it, with its verdict.
import type { Schemas } from "../../api/client";
import { counted } from "../../parts/kinds";
import { Verdict, type VerdictShown } from "./Verdict";

type Asked = Schemas["AskedContainerShown"];

export function Container({ of: one, verdicts }: { of: Asked; verdicts: Map<string, VerdictShown> }) {
  const refused = one.sources.filter((uri) => verdicts.get(uri)?.passes === false).length;
  const left = one.lacking.filter((each) => !one.sources.includes(each.source)).length;
  return (
    <details className="stack-s" open={refused > 0}>
      <summary>{left ? `${one.sources.length} of ${counted(one.sources.length + left, "source")}` : counted(one.sources.length, "source")} in it{refused ? `, ${refused} refused` : ""}</summary>
      <ul className="stack-s">{one.sources.map((uri) => {
        const verdict = verdicts.get(uri);
        return <li key={uri} className="stack-s" style={{ gap: 4 }}><code className="anywhere">{uri}</code>{verdict ? <Verdict of={verdict} /> : null}</li>;
      })}</ul>
      {one.lacking.map((each) => (
        <p key={each.source} className="secondary"><code className="anywhere">{each.source}</code> offers no {each.operations.join(", ")}{one.sources.includes(each.source) ? "" : " and is left out"}.</p>
      ))}
      <p className="faint">What is catalogued in it later is not part of it.</p>
    </details>
  );
}
