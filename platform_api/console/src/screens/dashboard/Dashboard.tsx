// What is going on: every figure leads to its list.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told } from "../../api/client";
import { useSession } from "../../api/session";
import { Bars, type Target } from "../../parts/Chart";
import { Card, Page } from "../../parts/page";
import { Empty, Loading, Trouble } from "../../parts/states";
import { words } from "../../parts/status";
import { Ago } from "../../parts/time";
import { REFUSED_BY } from "../access/Decisions";
import { waitingQuery } from "../approvals/Approvals";

const DAYS = 14;

export default function Dashboard() {
  const me = useSession()?.id;
  const answer = useQuery({ queryKey: ["overview"], queryFn: () => told(api.GET("/v1/overview", { params: { query: { days: DAYS } as never } })) });
  const waiting = useQuery(waitingQuery);
  if (answer.isPending) return <Page title="Dashboard"><div className="card"><Loading /></div></Page>;
  if (answer.isError) return <Page title="Dashboard"><Trouble error={answer.error} retry={() => void answer.refetch()} /></Page>;
  const figures = answer.data;
  const days = lastDays(figures.since, DAYS);
  const perDay = (outcome: string) => days.map((day) => figures.decisions.filter((one) => one.day === day && one.outcome === outcome).reduce((sum, one) => sum + one.count, 0));
  /** The decisions of one day, or of the whole span. */
  const decided = (what: Record<string, string>, place?: number): Target | undefined => {
    const [first, last] = place === undefined ? [days[0], days.at(-1)] : [days[place], days[place]];
    return first && last ? { to: "/grants", search: { tab: "decisions", ...what, ...whose, since: `${first}T00:00:00Z`, until: `${dayAfter(last)}T00:00:00Z` } } : undefined;
  };
  const whose: Record<string, string> = figures.own_only && me ? { subject: me } : {};
  const soon = { state: "active", ends_before: new Date(answer.dataUpdatedAt + 3_600_000).toISOString(), ...whose };
  const live = figures.live_by_tier.reduce((sum, one) => sum + one.count, 0);
  // Of the requests alone: what was decided once more of a grant, kept or ended, is neither.
  const [granted, refused] = [perDay("granted"), perDay("refused")];
  return (
    <Page title="Dashboard" lead={figures.own_only ? "Your own requests and grants." : "Everybody's requests and grants."}>
      <div className="stack">
        <div className="grid">
          <Figure to="/grants" search={{ state: "active", ...whose }} value={live} name="Live grants" note={figures.live_by_tier.map((one) => `${one.count} ${one.name}`).join(", ") || "none"} />
          <Figure to="/grants" search={soon} value={figures.ending_soon} name="End within the hour" note="of those that are live" />
          <Figure to="/approvals" value={waiting.data?.length ?? 0} name="Wait for a second person" note={waiting.data?.[0] ? <>the oldest <Ago at={waiting.data[0].since} /></> : "nothing waits"} />
          <Figure to="/grants" search={{ state: "stuck", ...whose }} value={figures.stuck} name="Stuck" note={figures.stuck ? "an operator has to look" : "none"} />
        </div>
        <div className="split with-side">
          <Card title={`Requests decided in the last ${DAYS} days (UTC)`}>
            {sum(granted) + sum(refused) === 0 ? <Empty title="No decisions yet" /> : (
              <Bars label="Requests decided by day, in UTC" of="Day (UTC)" across={days.map(short)} target={(series, place) => decided({ outcome: series === 0 ? "granted" : "refused" }, place)} series={[
                { name: "Granted", values: granted, color: 3 }, { name: "Refused", values: refused, color: 2 },
              ]} />
            )}
          </Card>
          <Card title="What refused">
            {figures.refused_by.length === 0 ? <Empty title="Nothing was refused" /> : (
              <Bars label="Refusals by gate" of="Gate" horizontal target={(_, place) => decided({ outcome: "refused", refused_by: figures.refused_by[place ?? 0]?.name ?? "" })} across={figures.refused_by.map((one) => REFUSED_BY[one.name] ?? words(one.name))}
                series={[{ name: "Refusals", values: figures.refused_by.map((one) => one.count), color: 2 }]} />
            )}
          </Card>
        </div>
        <Card title="Waits for a second person" actions={<Link to="/approvals">All</Link>} flush>
          {waiting.data?.length ? (
            <ul>{waiting.data.slice(0, 5).map((one) => (
              <li key={one.id} className="row" style={{ padding: "10px 16px" }}>
                <Link to={(one.to ?? "/approvals") as never} search={(one.search ?? (one.to ? {} : { open: one.id })) as never}>{one.title}</Link>
                <span className="chip">{words(one.kind)}</span><span className="push faint"><Ago at={one.since} /></span>
              </li>
            ))}</ul>
          ) : <Empty title="Nothing waits" />}
        </Card>
      </div>
    </Page>
  );
}

function Figure({ to, search, value, name, note }: { to: string; search?: Record<string, string>; value: number; name: string; note: React.ReactNode }) {
  return (
    <div className="card">
      <Link to={to as never} search={search as never} className="figure">
        <span className="secondary">{name}</span><span className="value">{value.toLocaleString()}</span><span className="faint">{note}</span>
      </Link>
    </div>
  );
}

function lastDays(since: string, count: number): string[] {
  const first = Date.parse(since);
  return Array.from({ length: count }, (_, place) => new Date(first + place * 86_400_000).toISOString().slice(0, 10));
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

function short(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
