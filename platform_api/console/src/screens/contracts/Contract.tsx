// One contract: its terms in words, how each is held, its document, its versions, and who signs.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, told, type Schemas } from "../../api/client";
import { changed } from "../../api/live";
import { barred, useMay } from "../../api/may";
import { useOnce } from "../../api/once";
import { useSession } from "../../api/session";
import { Ask } from "../../parts/ask";
import { useFilters } from "../../parts/list";
import { Card, Facts, Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status, words } from "../../parts/status";
import { Table } from "../../parts/table";
import { Tabs } from "../../parts/tabs";
import { inWords, Time } from "../../parts/time";
import { ContractText } from "./ContractText";
import { NotCatalogued } from "./NotCatalogued";
import { foremost } from "./versions";
import { WhatEnds } from "./WhatEnds";

type Shown = Schemas["ContractShown"];
const ROLE_NAMES: Record<string, string> = { "data-owner": "Data owner", "privacy-office": "Privacy office" };

export default function Contract() {
  const { contractId } = useParams({ strict: false }) as { contractId: string };
  const [search, change] = useFilters();
  const versions = useQuery({
    queryKey: ["contract", contractId, "versions"],
    queryFn: () => told(api.GET("/v1/contracts/{contract_id}/versions", { params: { path: { contract_id: contractId }, query: { limit: 200 } } })),
  });
  if (versions.isPending) return <Loading />;
  if (versions.isError) return <Trouble error={versions.error} retry={() => void versions.refetch()} />;
  const all = versions.data.items;
  const contract = all.find((one) => one.version === search.version) ?? foremost(all);
  if (!contract) return <Trouble error={new Error("This contract has no version that you may see.")} />;
  return (
    <Page title={contract.name} crumbs={[{ to: "/contracts", label: "Contracts" }]}
      lead={<span className="row"><Status state={contract.state} /> version {contract.version} · owner team {contract.owner_team}</span>}
      actions={<Actions contract={contract} />}>
      <div className="split with-side">
        <Tabs label="The contract" of={[
          { id: "terms", name: "Terms", content: () => <Terms contract={contract} /> },
          { id: "document", name: "Document", content: () => <ContractText document={contract.document} /> },
          { id: "difference", name: "What changed", content: () => <Difference contract={contract} all={all} /> },
        ]} />
        <div className="stack">
          <Card title="Signatures"><Signatures contract={contract} /></Card>
          <Card title="Validity">
            <Facts of={[["From", <Time key="f" at={contract.starts_at} />], ["Until before", <Time key="u" at={contract.ends_at} />], ["Proposed by", <Person key="p" id={contract.proposer} />], ["Fingerprint", <code key="s" style={{ overflowWrap: "anywhere" }}>{contract.document_sha256.slice(0, 24)}…</code>]]} />
          </Card>
          <Card title="Versions" flush>
            <ul>{all.map((one) => (
              <li key={one.version} className="row" style={{ padding: "8px 16px" }}>
                <button type="button" className="button quiet" aria-pressed={one.version === contract.version} onClick={() => change({ version: one.version })}>{one.version}</button>
                <span className="push"><Status state={one.state} /></span>
              </li>
            ))}</ul>
          </Card>
        </div>
      </div>
    </Page>
  );
}

function Actions({ contract }: { contract: Shown }) {
  const queries = useQueryClient();
  const session = useSession();
  const thing = { kind: "contract" as const, id: `${contract.id}/${contract.version}` };
  const [sign, end, propose] = useMay([{ action: "signContract", ...thing }, { action: "endContract", ...thing }, { action: "proposeContract", kind: "platform" }]);
  const isDraft = contract.state === "draft";
  const path = { contract_id: contract.id, version: contract.version };
  const once = useOnce();
  const again = () => changed(queries, { kind: "contract", id: contract.id });
  const signed = new Set(contract.signatures.map((one) => one.role));
  const open = contract.needed.filter((role) => !signed.has(role));
  const mine = contract.proposer === session?.id ? "You proposed it: somebody else signs." : undefined;
  return (
    <>
      {propose?.allowed && (!isDraft || contract.proposer === session?.id) ? <Link to={"/contracts/desk" as never} search={{ from: contract.id, version: contract.version } as never} className="button">{isDraft ? "Edit the draft" : "New version"}</Link> : null}
      {contract.state === "proposed" ? open.map((role) => (
        <Ask key={role} name="sign-contract" button={`Sign as ${(ROLE_NAMES[role] ?? role).toLowerCase()}`} kind="primary" title={`Sign version ${contract.version} as ${ROLE_NAMES[role] ?? role}?`} confirm="Sign" done="Signed."
          disabled={mine ?? barred(sign)}
          act={async () => { await once(["sign", path, role], (header) => told(api.POST("/v1/contracts/{contract_id}/versions/{version}/signatures", { params: { path, header }, body: { role: role as Schemas["SignatureRole"] } }))); await again(); }}>
          <p>Your signature is bound to exactly this document ({contract.document_sha256.slice(0, 16)}…). The last one that is needed brings it into force.</p>
          <NotCatalogued of={contract} />
        </Ask>
      )) : null}
      {contract.state === "in-force" || contract.state === "signed" || contract.state === "proposed" ? (
        <Ask name="end-contract" button="End" kind="danger" title={`End version ${contract.version}?`} reason="Why" confirm="End it" done="The contract has ended." disabled={barred(end)} wide
          act={async (reason) => { await once(["end", path, reason], (header) => told(api.POST("/v1/contracts/{contract_id}/versions/{version}/end", { params: { path, header }, body: { reason } }))); await again(); }}>
          <WhatEnds id={contract.id} version={contract.version} />
        </Ask>
      ) : null}
    </>
  );
}

function Terms({ contract }: { contract: Shown }) {
  return (
    <div className="card">
      <Table label="Clauses" head={["Clause", "Says", "Held", "By"]} rows={contract.clauses.map((clause) => [
        <code key="c" className="whole">{clause.clause}</code>, inWords(clause.text),
        <Status key="h" state={clause.hold === "enforced" ? "active" : clause.hold === "monitored" ? "pending" : "draft"} label={words(clause.hold)} />,
        <span key="b" className="secondary">{clause.by}</span>,
      ])} />
    </div>
  );
}

function Signatures({ contract }: { contract: Shown }) {
  const by = new Map(contract.signatures.map((one) => [one.role, one]));
  const roles = [...new Set([...contract.needed, ...by.keys()])];
  return (
    <ul className="stack-s">{roles.map((role) => {
      const found = by.get(role);
      return (
        <li key={role} className="row">
          <span className="grow">{ROLE_NAMES[role] ?? words(role)}</span>
          {found ? <span className="stack-s" style={{ gap: 0, justifyItems: "end" }}><Person id={found.by} /><span className="faint"><Time at={found.at} /></span></span> : <Status state="pending" label="To sign" />}
        </li>
      );
    })}</ul>
  );
}

function Difference({ contract, all }: { contract: Shown; all: Shown[] }) {
  const [search, change] = useFilters();
  const others = all.filter((one) => one.version !== contract.version);
  const from = others.some((one) => one.version === search.from) ? search.from : foremost(others)?.version;
  const answer = useQuery({
    queryKey: ["difference", contract.id, contract.version, from],
    queryFn: () => told(api.GET("/v1/contracts/{contract_id}/versions/{version}/difference", { params: { path: { contract_id: contract.id, version: contract.version }, query: { from: from ?? "" } as never } })),
    enabled: Boolean(from),
  });
  if (!from) return <p className="secondary">There is only this version.</p>;
  return (
    <div className="stack">
      <div className="field" style={{ maxWidth: 240 }}>
        <label htmlFor="from">Compared with version</label>
        <select id="from" value={from} onChange={(e) => change({ from: e.currentTarget.value })}>{others.map((one) => <option key={one.version}>{one.version}</option>)}</select>
      </div>
      {answer.isPending ? <Loading rows={3} /> : answer.isError ? <Trouble error={answer.error} /> : (
        <Card title={<span className="row">It <Status state={answer.data.verdict === "widens" || answer.data.verdict === "both" ? "denied" : "active"} label={words(answer.data.verdict)} /></span>} flush>
          <ul>{answer.data.lines.map((line, place) => (
            <li key={place} className="row" style={{ padding: "8px 16px", alignItems: "flex-start" }}>
              <span className="chip">{line.effect}</span><span className="grow">{inWords(line.text)}</span><span className="faint mono">{line.clause}</span>
            </li>
          ))}</ul>
        </Card>
      )}
    </div>
  );
}
