// The test cases that guard activation: kept with the version, run at once on the text as it stands.
import { useMutation } from "@tanstack/react-query";
import { api, told } from "../../api/client";
import { Trouble } from "../../parts/states";
import { Status } from "../../parts/status";

export function Cases({ text, cases, onCases }: { text: string; cases: string; onCases?: (cases: string) => void }) {
  const run = useMutation({ mutationFn: (body: { text: string; cases: string }) => told(api.POST("/v1/rulebooks/test", { body })) });
  const isOld = run.variables !== undefined && (run.variables.text !== text || run.variables.cases !== cases);
  const failed = run.data?.results.filter((one) => !one.passed) ?? [];
  return (
    <div className="split with-side">
      <div className="field">
        <label htmlFor="cases">Test cases (YAML): who asks what, and what has to come of it</label>
        <textarea id="cases" className="mono" spellCheck={false} style={{ minHeight: 420, whiteSpace: "pre", overflowX: "auto" }} value={cases} readOnly={!onCases} onChange={(e) => onCases?.(e.currentTarget.value)} />
      </div>
      <div className="stack">
        <button type="button" className="button primary" disabled={run.isPending} onClick={() => run.mutate({ text, cases })}>{run.isPending ? "Running…" : "Run the test cases"}</button>
        <div aria-live="polite" className="stack-s">
          {isOld && !run.isPending ? <p className="secondary">Of before your last change:</p> : null}
          {run.isError ? <Trouble error={run.error} /> : null}
          {run.data ? <Status state={run.data.passed ? "passed" : "failed"} label={run.data.passed ? `All ${run.data.results.length} pass` : `${failed.length} of ${run.data.results.length} fail`} /> : null}
          <ul className="stack-s">{(failed.length ? failed : run.data?.results.slice(0, 30) ?? []).map((one) => (
            <li key={one.suite + one.name}><Status state={one.passed ? "passed" : "failed"} /> {one.name}{one.problem ? <p className="secondary">{one.problem}</p> : null}</li>
          ))}</ul>
        </div>
      </div>
    </div>
  );
}
