// Why a grant has ended: where a decision ended it, what in contract or rules refused it then.
import { useQuery } from "@tanstack/react-query";
import { api, told, type Schemas } from "../../api/client";
import { inWords, Time } from "../../parts/time";
import { Breaches, type Breach } from "./Breaches";
import { Gates, type VerdictShown } from "./Verdict";

export function Because({ of: grant }: { of: Schemas["GrantShown"] }) {
  const found = useQuery({
    queryKey: ["decisions", "ended", grant.id], enabled: grant.reason !== null, retry: false,
    queryFn: () => told(api.GET("/v1/decisions", { params: { query: { limit: 1, grant: grant.id, outcome: "ended" } as never } })),
  });
  const one = found.data?.items[0];
  if (!one) return <>{inWords(grant.reason ?? "its time was over")}</>;
  const refused = ((one.decision.sources ?? []) as VerdictShown[]).filter((each) => !each.passes);
  return (
    <span className="stack-s" style={{ gap: 4 }}>
      <span>{inWords(grant.reason ?? "")}, decided <Time at={one.decided_at} /></span>
      <Breaches of={(one.decision.reasons ?? []) as Breach[]} />
      {refused.map((each) => <span key={each.source} className="stack-s" style={{ gap: 4 }}><code className="anywhere">{each.source}</code><Gates of={each} rulebook={one.rulebook} refusing /></span>)}
    </span>
  );
}
