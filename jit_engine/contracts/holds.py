"""How each clause of a contract is held: enforced, monitored or attested, and by what. One table, kept true.

The rule for a signature: a clause that nothing here holds is refused, unless it is a duty of people that
somebody vouches for (`attested`). Two kinds of clause are refused as things stand:

- what the engine would have to check before it says yes and cannot yet: `consumers.residence`, `ingress`
  restrictions; and columns or rows that are to be kept apart of data that Lake Formation does not manage;
- an obligation that claims a stronger hold than the table `OBLIGATIONS` knows.

What is *not offered* (sharing, `requires` of a target, showing `minAggregation`) is held by refusing every request
for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.problems import Problem, json_path
from jit_engine.contracts.terms import ClauseHold, Contract, Hold
from jit_engine.contracts.view import Findings, Node, columns, custom
from jit_engine.domain.source import Operation
from jit_engine.domain.spans import in_words

CHECK: Final = "the contract check before every decision and every delivery"
POLICY: Final = "the role's policy, which ends in a Deny of everything else, and the permissions boundary"
END: Final = "DateLessThan in the role's policy, and the end of the session"
LEDGER: Final = "the ledger, which knows every contract that the activity has had data under"
APPROVALS: Final = "the approvals of other people, bound to what they were shown and looked at again before minting"
APART: Final = (
    "the decision, which leaves out what is not in clear, and Lake Formation data cells filters, or in a database a "
    "user of the grant's own; where those are not set up, every request for such a table is refused"
)
PURGE: Final = (
    "the label of every workspace that the data could be copied to: quarantine at the contract's end; all versions are "
    "deleted after the set time unless a legal hold stands, and recorded with a digest of what was there"
)
NETWORK: Final = "the list of hosts of the environment's network, without which no host of the internet is given"
NOT_OFFERED: Final = "not offered: every request for it is refused"
OWNER: Final = "the activity's owner, who accepts the duty together with the contract"
NOBODY: Final = "nothing yet: the contract cannot be signed with it"

OBLIGATIONS: Final[Mapping[tuple[str, Hold], str]] = {
    ("log-query", Hold.MONITORED): (
        "the audit record of every decision and delivery, and AWS's own log of calls by SourceIdentity"
    ),
    ("log-query", Hold.ATTESTED): OWNER,
    ("purge-workspace-on-end", Hold.ENFORCED): PURGE,
    ("purge-workspace-on-end", Hold.ATTESTED): OWNER,
    ("no-reidentification", Hold.ATTESTED): OWNER,
    ("watermark-export", Hold.ATTESTED): OWNER,
}
"""Who holds an obligation at which strength; a pair that is not here has no enforcer."""


def holds(contract: Contract, document: Mapping[str, DocumentJson]) -> tuple[ClauseHold, ...]:
    """One row per clause of `document`, whose terms are `contract`, in the document's order."""
    terms = _terms(document)
    return (
        *_of_coverage(contract),
        *_of_validity(contract, terms),
        *_of_consumers(contract, terms),
        *_of_stages(contract, terms),
        *_of_combination(contract, terms),
        *_of_egress(contract),
        *_of_duration(contract, terms),
        *_of_approvals(terms),
        *_of_obligations(terms),
        *_of_breach(terms),
        *_of_columns(document),
        *(_attested(p.path.removeprefix("$."), p.message, NOBODY) for p in _unheld_columns(document)),
    )


def unenforceable(document: Mapping[str, DocumentJson]) -> tuple[Problem, ...]:
    """The clauses that keep `document` from being signed, each with what to do; empty when all are held."""
    terms = _terms(document)
    findings = Findings({})
    ingress = terms["ingress"]
    later = "leave it out until it is offered"
    if terms["consumers"]["residence"].texts:
        findings.add(terms["consumers"]["residence"], "has no enforcer yet", later)
    if ingress["allowUpload"].value is False or ingress["publicEndpoints"].is_there:
        findings.add(ingress, "has no enforcer yet", later)
    for node in terms["obligations"]:
        name, claimed = node["id"].text, node["enforcement"].text
        if (name, Hold(claimed)) not in OBLIGATIONS:
            known = ", ".join(hold.value for id_, hold in OBLIGATIONS if id_ == name)
            message = f"{name} claims to be {claimed}, and nothing does it"
            findings.add(node["enforcement"], message, f"use: {known}")
    return (*findings.problems, *_unheld_columns(document))


def _unheld_columns(document: Mapping[str, DocumentJson]) -> tuple[Problem, ...]:
    """Columns and rows that are to be kept apart where nothing can: files are had whole or not at all."""
    findings = Findings({})
    root = Node(document)
    servers = [server for server in root["servers"] if server["type"].text == "glue"]
    if servers and all(
        dict(custom(server)).get("lakeFormationManaged", Node(None)).value is True for server in servers
    ):
        return ()
    fix = "let Lake Formation manage the table and say so (lakeFormationManaged: true), or leave it out"
    for holder in (*root["roles"], *columns(root)):
        for name, value in custom(holder):
            if name == "masking" or (name == "accessProfile" and ("columns" in value or "rowFilter" in value)):
                findings.add(value, f"{name} needs columns or rows kept apart, which files cannot be", fix)
    return tuple(findings.problems)


def _of_columns(document: Mapping[str, DocumentJson]) -> Iterator[ClauseHold]:
    """Access profiles and masking, as far as something holds them."""
    root = Node(document)
    unheld = {problem.path for problem in _unheld_columns(document)}
    for holder in (*root["roles"], *columns(root)):
        for name, value in custom(holder):
            path = json_path(value.path)
            if name not in ("accessProfile", "masking") or path in unheld:
                continue
            said = holder["role"].text or holder["name"].text
            kept_apart = name == "masking" or "columns" in value or "rowFilter" in value
            yield _enforced(path.removeprefix("$."), f"{name} of {said}", APART if kept_apart else CHECK)


def _of_coverage(contract: Contract) -> Iterator[ClauseHold]:
    named = [prefix.uri for prefix in contract.prefixes]
    for scope in contract.tables:
        named += [f"glue://{scope.account}/{scope.region}/{scope.database}/{t}" for t in sorted(scope.tables)]
    yield _enforced("servers", f"is about {', '.join(named)}", f"{CHECK}; {POLICY}")


def _of_validity(contract: Contract, terms: Node) -> Iterator[ClauseHold]:
    span = f"from {contract.starts_at.isoformat()} until before {contract.ends_at.isoformat()}"
    yield _enforced("effective", span, f"{CHECK}; {END}")
    review = terms["effective"]["reviewEvery"]
    if review.is_there:
        yield _attested("effective.reviewEvery", f"reviewed every {review.text}", f"team {contract.owner_team}")
    by = f"{CHECK}, against the purpose that each request declares"
    yield _enforced("purposes.allow", f"only for {_list(contract.purposes)}", by)
    if contract.denied_purposes:
        yield _enforced("purposes.deny", f"never for {_list(contract.denied_purposes)}", by)


def _of_consumers(contract: Contract, terms: Node) -> Iterator[ClauseHold]:
    who = "every team" if "*" in contract.teams else f"teams {_list(contract.teams)}"
    yield _enforced("consumers.allowTeams", f"only for {who}", CHECK)
    if contract.denied_teams:
        yield _enforced("consumers.denyTeams", f"never for teams {_list(contract.denied_teams)}", CHECK)
    if contract.trainings:
        by = f"{CHECK}; pipelines have no training"
        yield _enforced("consumers.requireTraining", f"people with {_list(contract.trainings)}", by)
    residence = terms["consumers"]["residence"].texts
    if residence:
        yield _attested("consumers.residence", f"people in {_list(residence)}", NOBODY)


def _of_stages(contract: Contract, terms: Node) -> Iterator[ClauseHold]:
    for tier, stage in contract.stages.items():
        at = f"stages.{tier.value}"
        yield _enforced(f"{at}.operations", _list(stage.operations) or "nothing", f"{CHECK}; {POLICY}")
        if Operation.DELETE in stage.operations:
            yield _enforced(f"{at}.operations.delete", "delete", NOT_OFFERED)
        write = "only to the targets of egress" if stage.writes_production else "none outside the own workspace"
        yield _enforced(f"{at}.write", write, f"the tier's invariants; {CHECK}; {POLICY}")
        shared = terms["stages"][tier.value]["share"].text
        yield _enforced(f"{at}.share", f"{shared or 'none'}", NOT_OFFERED)
        if stage.interactive:
            yield _enforced(f"{at}.interactive", "people and pipelines", CHECK)
        else:
            yield _enforced(f"{at}.interactive", "pipelines only", f"the tier's invariants; {CHECK}")


def _of_combination(contract: Contract, terms: Node) -> Iterator[ClauseHold]:
    forbidden = terms["combination"]["forbidWith"].texts
    if forbidden:
        text = f"never in one activity with {_list(forbidden)}"
        yield _enforced("combination.forbidWith", text, f"{CHECK}; {LEDGER}")
    if contract.min_aggregation is not None:
        text = f"results over at least {contract.min_aggregation}"
        if contract.targets:
            yield _enforced("combination.minAggregation", text, NOT_OFFERED)
        else:
            by = f"{OWNER}; nothing can be shared or published under this contract"
            yield _attested("combination.minAggregation", text, by)
    ingress = terms["ingress"]
    if ingress["allowUpload"].value is False or ingress["publicEndpoints"].is_there:
        yield _attested("ingress", "what may be brought in", NOBODY)


def _of_egress(contract: Contract) -> Iterator[ClauseHold]:
    yield _enforced("egress.default", "nothing leaves that is not named", f"{POLICY}; {NETWORK}")
    for index, target in enumerate(contract.targets):
        at = f"egress.allow[{index}]"
        where = f"{target.stage.value} may write to {target.source.uri}"
        yield _enforced(f"{at}.to", where, f"{CHECK}; {POLICY}")
        ceiling = f"activities that handle at most {target.max_classification.value} data"
        yield _enforced(f"{at}.maxClassification", ceiling, CHECK)
        if target.requires:
            yield _enforced(f"{at}.requires", _list(target.requires), NOT_OFFERED)


def _of_duration(contract: Contract, terms: Node) -> Iterator[ClauseHold]:
    yield _enforced("duration.default", f"{in_words(contract.default_duration)} unless asked otherwise", END)
    yield _enforced("duration.max", f"at most {in_words(contract.max_duration)}", f"{CHECK}; {END}")
    if terms["duration"]["renewals"].is_there:
        most = f"at most {terms['duration']['renewals'].value}"
        yield _enforced("duration.renewals", most, "the ledger, which counts renewals; each is a decision of its own")
    if terms["mint"].is_there:
        yield _enforced("mint", f"{terms['mint'].text} allowed", "a role of its own for every grant")


def _of_approvals(terms: Node) -> Iterator[ClauseHold]:
    for index, node in enumerate(terms["approvals"]):
        when = f"up to {node['when']['maxClassification'].text or 'any classification'}"
        when += f" in {node['when']['stage'].text or 'every stage'}"
        if node["mode"].text == "auto":
            yield _enforced(f"approvals[{index}]", f"{when}: nobody is asked", CHECK)
        else:
            asked = f"{when}: {node['mode'].text} of {_list(node['from'].texts)}"
            yield _enforced(f"approvals[{index}]", asked, APPROVALS)


def _of_obligations(terms: Node) -> Iterator[ClauseHold]:
    for index, node in enumerate(terms["obligations"]):
        name, claimed = node["id"].text, Hold(node["enforcement"].text)
        by = OBLIGATIONS.get((name, claimed))
        hold = Hold.ATTESTED if by is None else claimed
        yield ClauseHold(clause=f"obligations[{index}]", text=name, hold=hold, by=by or NOBODY)


def _of_breach(terms: Node) -> Iterator[ClauseHold]:
    breach = terms["onBreach"]
    if breach["revoke"].text == "immediate":
        by = "revocation on a person's word: no new session, and the policy becomes a Deny"
        yield _enforced("onBreach.revoke", "at once", by)
    elif breach["revoke"].is_there:
        yield _enforced("onBreach.revoke", "at the next delivery of credentials", CHECK)
    if breach["notify"].texts:
        by = "whoever revokes; the platform itself sends no message"
        yield _attested("onBreach.notify", f"tell {_list(breach['notify'].texts)}", by)


def _terms(document: Mapping[str, DocumentJson]) -> Node:
    return dict(custom(Node(document)))["usageContract"]


def _enforced(clause: str, text: str, by: str) -> ClauseHold:
    return ClauseHold(clause=clause, text=text, hold=Hold.ENFORCED, by=by)


def _attested(clause: str, text: str, by: str) -> ClauseHold:
    return ClauseHold(clause=clause, text=text, hold=Hold.ATTESTED, by=by)


def _list(names: frozenset[str] | frozenset[Operation] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names))
