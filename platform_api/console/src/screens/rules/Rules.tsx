// The rules that are live, what nobody edits among them, and the versions they came in.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useNamed } from "../../api/people";
import { Ask } from "../../parts/ask";
import { List, useFilters, type Column } from "../../parts/list";
import { Facts, Page } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { Tabs } from "../../parts/tabs";
import { Time } from "../../parts/time";
import { Authors } from "./Authors";
import { Effect } from "./Effect";
import { newDraft } from "./newDraft";

type Rule = Schemas["RuleShown"];
type Version = Schemas["RulebookShown"];

const RULES: Column<Rule>[] = [
  { name: "Rule", cell: (rule) => rule.title },
  { name: "Effect", cell: (rule) => <Effect of={rule.effect} /> },
  { name: "Owner", cell: (rule) => rule.owner },
  { name: "Kind", beside: false, cell: (rule) => (rule.editable ? "editable" : <span className="chip">always holds</span>) },
];
const VERSIONS: Column<Version>[] = [
  { name: "Version", cell: (one) => one.title },
  { name: "No.", cell: (one) => <span className="number">{one.number}</span> },
  { name: "State", cell: (one) => <Status state={one.state} /> },
  { name: "Authors", cell: (one) => <Authors of={one.authors} /> },
  { name: "Live since", right: true, cell: (one) => <Time at={one.live_at} /> },
];

export default function Rules() {
  const [search] = useFilters();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const once = useOnce();
  const [propose] = useMay([{ action: "proposePolicy", kind: "rulebook" }]);
  return (
    <Page title="Rules" lead="The fine rules: who may do what, with which data, for which purpose. Every change is tried, proved and approved by a second person before it is live."
      actions={(
        <Ask name="new-draft" button="New draft" kind="primary" title="A new draft of the live rules" reason="What it is for" confirm="Begin" done="A draft of your own: nothing of it is live yet." disabled={barred(propose)}
          act={async (title) => { const version = await newDraft(once, queries, title); await navigate({ to: `/rules/${version}` as never }); }} />
      )}>
      <Tabs label="Rules" of={[
        { id: "live", name: "Live rules", content: () => (
          <div className={search.open ? "split with-side" : "split"}>
            <List name="Rules" queryKey={["policies"]} columns={RULES} id={(rule) => rule.id}
              load={(page) => told(api.GET("/v1/policies", { params: { query: page } }))} empty={<Empty title="No rules are live"><p>Nothing is permitted then.</p></Empty>} />
            {search.open ? <OneRule id={search.open} /> : null}
          </div>
        ) },
        { id: "versions", name: "Versions", content: () => (
          <List name="Versions" rows={12} queryKey={["rulebooks", search.state ?? ""]} columns={VERSIONS} id={(one) => one.version}
            onOpen={(one) => void navigate({ to: `/rules/${one.version}` as never })}
            load={(page) => told(api.GET("/v1/rulebooks", { params: { query: { ...page, state: search.state } } }))} empty={<Empty title="No versions" />} />
        ) },
      ]} />
    </Page>
  );
}

function OneRule({ id }: { id: string }) {
  const named = useNamed();
  const answer = useQuery({ queryKey: ["policy", id], queryFn: () => told(api.GET("/v1/policies/{rule_id}", { params: { path: { rule_id: id } } })) });
  if (answer.isPending) return <Panel title="Rule"><Loading /></Panel>;
  if (answer.isError) return <Panel title="Rule"><Trouble error={answer.error} /></Panel>;
  const rule = answer.data;
  return (
    <Panel title={<><h2>{rule.title}</h2><Effect of={rule.effect} /></>}>
      <p>{rule.sentence ? named(rule.sentence) : <span className="secondary">{rule.not_a_form}</span>}</p>
      <Facts of={[["Id", <code key="i">{rule.id}</code>], ["Owner", rule.owner], ["Advice", rule.advice ?? "none"], ["Kind", rule.editable ? "editable" : "always holds, nobody edits it"]]} />
      <section className="stack-s"><h3>Cedar</h3><pre className="code" tabIndex={0}>{rule.text}</pre></section>
    </Panel>
  );
}
