// One of the identities of a grant: where it is, and its policy statement by statement, in words and exactly.
import type { Schemas } from "../../api/client";
import { Card, Facts } from "../../parts/page";
import { Status } from "../../parts/status";

type Principal = Schemas["PrincipalShown"];

export function Profile({ of: one, alone }: { of: Principal; alone: boolean }) {
  const allows = one.statements.filter((statement) => statement.statement.Effect === "Allow");
  const denies = one.statements.filter((statement) => statement.statement.Effect !== "Allow");
  return (
    <Card title={alone ? "What it lets one do" : `Profile ${one.profile}`}>
      <div className="stack">
        <Facts of={[
          ...(alone ? [] : [["Why by itself", one.why], ["Data", one.sources.join(", ")]] as [string, React.ReactNode][]),
          ["Account", `${one.account}, ${one.region}`],
          ["As", one.role ? <code key="r">{one.role.arn ?? one.role.name}</code> : "a session of the environment's own role, cut to this policy"],
          ...(one.boundary_arn ? [["Never more than", <code key="b">{one.boundary_arn}</code>]] as [string, React.ReactNode][] : []),
        ]} />
        <Statements title="It may" state="permit" label="May" of={allows} />
        <Statements title="And whatever another policy says, it keeps to these limits" state="forbid" label="Limit" of={denies} />
        <details><summary>The whole policy as AWS has it</summary><pre className="code" tabIndex={0} aria-label={`The policy of profile ${one.profile}`}>{JSON.stringify(one.policy, null, 2)}</pre></details>
      </div>
    </Card>
  );
}

function Statements({ title, state, label, of }: { title: string; state: string; label: string; of: Principal["statements"] }) {
  if (of.length === 0) return null;
  return (
    <section className="stack-s">
      <h3>{title}</h3>
      <ul className="stack-s">{of.map((one) => (
        <li key={one.sid}>
          <details>
            <summary className="said"><Status state={state} label={label} /> <span className="grow">{one.why || one.sid}</span></summary>
            <pre className="code" tabIndex={0} aria-label={`Statement ${one.sid}`}>{JSON.stringify(one.statement, null, 2)}</pre>
          </details>
        </li>
      ))}</ul>
    </section>
  );
}
