// How a live grant is used: the commands for its holder, to copy. No key is shown here: the console never has one.
import { IconCopy } from "@tabler/icons-react";
import type { Schemas } from "../../api/client";
import { useSession } from "../../api/session";
import { Card } from "../../parts/page";
import { useCopy } from "../../parts/toast";

export function UseIt({ of: grant }: { of: Schemas["GrantShown"] }) {
  const copy = useCopy();
  if (useSession()?.id !== grant.subject) return null;
  const several = grant.principals.length > 1;
  const first = grant.principals[0]?.profile ?? "main";
  const which = several ? ` --profile ${first}` : "";
  const name = (grant.purpose.split("/").at(-1) ?? "").replace(/[^A-Za-z0-9_.-]/g, "-") || "sluice";
  const ways: [string, string][] = [
    ["Run one program with it", `sluice run --grant ${grant.id}${which} -- python analysis.py`],
    ["For notebooks and long work: a profile that fetches and refreshes by itself", `sluice aws-config ${grant.id} --profile ${name}`],
    ["Then any AWS tool uses it", `AWS_PROFILE=${name}${several ? `-${first}` : ""} python analysis.py`],
    ["Keys for this shell alone", `eval "$(sluice grant creds ${grant.id}${which} --format env)"`],
  ];
  return (
    <Card title="Use it">
      <div className="stack">
        <p className="secondary">In a terminal where you have signed in with <code>sluice login</code>. Each session is decided anew, and is on record.</p>
        {several ? <p className="secondary">It has {grant.principals.length} profiles, and a program uses one at a time: {grant.principals.map((one) => one.profile).join(", ")}.</p> : null}
        <ul className="stack" aria-label="Commands">{ways.map(([what, command]) => (
          <li key={what} className="stack-s" style={{ gap: 4 }}>
            <span>{what}</span>
            <span className="command"><code className="code">{command}</code><button type="button" className="button icon" aria-label={`Copy: ${what}`} onClick={() => copy(command)}><IconCopy size={16} aria-hidden /></button></span>
          </li>
        ))}</ul>
      </div>
    </Card>
  );
}
