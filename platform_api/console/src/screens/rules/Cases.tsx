// The test cases that guard activation: kept with the version, run at once on the text as it stands.
import { useMutation } from "@tanstack/react-query";
import { api, told } from "../../api/client";
import { Deed } from "../../parts/deed";
import { Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { expecting } from "../bench/question";
import { AddCase } from "./AddCase";
import type { Change } from "./changes";

/** `changes` are what a case is added for, `version` is the draft that a case is added to by the test bench, `notYet` says why none can be so far. */
export function Cases({ text, cases, onCases, version, notYet, changes }: { text: string; cases: string; onCases?: (cases: string) => void; version: string; notYet?: string | undefined; changes: Change[] }) {
  const run = useMutation({ mutationFn: (body: { text: string; cases: string }) => told(api.POST("/v1/rulebooks/test", { body })) });
  const isOld = run.variables !== undefined && (run.variables.text !== text || run.variables.cases !== cases);
  const failed = run.data?.results.filter((one) => !one.passed) ?? [];
  const own = run.data?.results.filter((one) => one.suite === "rulebook").length ?? 0;
  return (
    <div className="split with-side">
      <div className="field">
        <div className="row">
          <p className="secondary grow">A case is one question with the answer that the rules have to give to it: as long as one fails, the version cannot be proposed or made live.</p>
          {!onCases ? null : notYet ? <Deed why={notYet}>Add a test case</Deed> : <AddCase version={version} changes={changes} />}
        </div>
        <label htmlFor="cases">Test cases (YAML): who asks what, and what has to come of it</label>
        <textarea id="cases" className="mono" spellCheck={false} style={{ minHeight: 420, whiteSpace: "pre", overflowX: "auto" }} value={cases} readOnly={!onCases} onChange={(e) => onCases?.(e.currentTarget.value)} />
      </div>
      <div className="stack">
        <button type="button" className="button primary" disabled={run.isPending} onClick={() => run.mutate({ text, cases })}>{run.isPending ? "Running…" : "Run the test cases"}</button>
        <div aria-live="polite" className="stack-s">
          {isOld && !run.isPending ? <p className="secondary">Of before your last change:</p> : null}
          {run.isError ? <Trouble error={run.error} /> : null}
          {run.data ? <Status state={run.data.passed ? "passed" : "failed"} label={run.data.passed ? `All ${run.data.results.length} pass` : `${failed.length} of ${run.data.results.length} fail`} /> : null}
          {run.data ? <p className="secondary">{own} of this version and {run.data.results.length - own} of the platform's own, which hold for every version.</p> : null}
          <ul className="stack-s">{(failed.length ? failed : run.data?.results.slice(0, 30) ?? []).map((one) => (
            <li key={one.suite + one.name}><Status state={one.passed ? "passed" : "failed"} /> {one.name}{one.problem ? <p className="secondary">{one.problem}</p> : null}{onCases && !one.passed && one.suite === "rulebook" && !isOld ? <p><button type="button" className="button" onClick={() => onCases(expecting(cases, one.name, one.answer))}>It is meant so: expect {one.answer}</button></p> : null}</li>
          ))}</ul>
        </div>
      </div>
    </div>
  );
}
