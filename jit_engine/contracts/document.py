"""From a contract's document (ODCS 3.2 with usage terms) to the engine's terms, or to all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jit_engine.contracts.column_reading import column_terms_problems, read_described, read_profiles
from jit_engine.contracts.coverage import (
    Coverage,
    check_custom,
    read_classifications,
    read_coverage,
    read_target,
)
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.durations import read_duration
from jit_engine.contracts.problems import ContractInvalid, Path
from jit_engine.contracts.schemas import instant, odcs_problems, usage_problems
from jit_engine.contracts.terms import ApprovalRule, Contract, ContractState, StageTerms, WriteTarget, do_overlap
from jit_engine.contracts.text import check_json, parse_text
from jit_engine.contracts.view import VENDOR, Findings, Node, columns, custom
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import SLUG, ContractId, SubjectId
from jit_engine.domain.request import MAX_DURATION
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier

ODCS_VERSION: Final = "v3.2.0"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_VERSION: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){2}\Z", re.ASCII)
_REFERENCE: Final = re.compile(r"contract:(?:co_[0-9A-HJKMNP-TV-Z]{26}|[a-z0-9]+(?:-[a-z0-9]+)*)\Z", re.ASCII)
_NAME_LIMIT: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDocument:
    """A document as plain JSON, with the lines of its text (empty when it came parsed)."""

    value: Mapping[str, DocumentJson]
    lines: Mapping[Path, int]


def read_document(given: str | Mapping[str, DocumentJson]) -> ContractDocument:
    """`given`, YAML or JSON text or parsed JSON, as plain JSON; raises `ContractInvalid`."""
    if isinstance(given, str):
        parsed = parse_text(given)
        return ContractDocument(value=check_json(parsed.value, parsed.lines), lines=parsed.lines)
    return ContractDocument(value=check_json(given, {}), lines={})


def read_contract(
    document: Mapping[str, DocumentJson],
    *,
    contract_id: ContractId,
    proposer: SubjectId,
    lines: Mapping[Path, int] | None = None,
) -> Contract:
    """The terms of `document`, proposed; raises `ContractInvalid` with every problem found.

    1. The container is ODCS 3.2, by its JSON Schema.
    2. The root custom property `usageContract` is there once, and is what its JSON Schema says; so are the access
       profiles of roles and the masking of columns.
    3. The clauses fit each other, and everything that will end in an ARN is literal.
    """
    lines = lines or {}
    root = Node(document)
    # 1
    problems = list(odcs_problems(document, lines))
    # 2
    findings = Findings(lines)
    terms = usage_terms(root, findings)
    if terms is not None:
        problems += usage_problems(terms.value, terms.path, lines)
    problems += column_terms_problems(root, lines)
    problems += findings.problems
    if problems or terms is None:
        raise ContractInvalid(tuple(problems))
    # 3
    findings = Findings(lines)
    contract = _Reading(root, terms, findings).contract(contract_id, proposer)
    if findings.problems:
        raise ContractInvalid(tuple(findings.problems))
    return contract


def document_id(document: Mapping[str, DocumentJson]) -> str:
    """The ODCS `id`, a UUID in lower case; raises `ContractInvalid` when it is not one."""
    node = Node(document)["id"]
    if not _UUID.match(node.text):
        findings = Findings({})
        findings.add(node, f"is {node.text[:60]!r}", "give a UUID in lower case; keep it for later versions")
        raise ContractInvalid(tuple(findings.problems))
    return node.text


def classifications(document: Mapping[str, DocumentJson]) -> frozenset[Classification]:
    """The classifications of the columns of a document that has been read; empty when it describes none."""
    return read_classifications(Node(document), Findings({}))


def has_data_category(document: Mapping[str, DocumentJson]) -> bool:
    """Whether a column names a category of its data (`dataCategory`), as personal data does."""
    return any(name == "dataCategory" for column in columns(Node(document)) for name, _ in custom(column))


def usage_terms(root: Node, findings: Findings) -> Node | None:
    """The usage terms of the document, or None with a finding."""
    named = [entry for entry in root["customProperties"] if entry["property"].text == "usageContract"]
    ours = [entry for entry in named if entry["vendor"].text == VENDOR]
    if len(named) > 1:
        findings.add(named[1], "is a second usageContract", "keep one")
    elif not ours:
        place = named[0] if named else root["customProperties"]
        findings.add(place, "holds no usage terms", f"add usageContract with vendor: {VENDOR}")
    return ours[0]["value"] if len(named) == 1 and ours else None


class _Reading:
    """The third step: one method for each clause."""

    def __init__(self, root: Node, terms: Node, findings: Findings) -> None:
        self._root = root
        self._terms = terms
        self._findings = findings

    def contract(self, contract_id: ContractId, proposer: SubjectId) -> Contract:
        self._check_container()
        check_custom(self._root, self._findings)
        coverage = read_coverage(self._root, self._findings)
        read_classifications(self._root, self._findings)
        starts_at, ends_at = self._validity()
        default, longest = self._durations()
        allowed, denied = self._apart("purposes", "allow", "deny")
        teams, denied_teams = self._teams()
        self._check_obligations()
        return Contract(
            id=contract_id,
            version=self._root["version"].text,
            name=self._root["name"].text,
            state=ContractState.PROPOSED,
            proposer=proposer,
            owner_team=self._root["team"]["name"].text,
            starts_at=starts_at,
            ends_at=ends_at,
            purposes=allowed,
            denied_purposes=denied,
            teams=teams,
            denied_teams=denied_teams,
            trainings=frozenset(self._terms["consumers"]["requireTraining"].texts),
            stages=self._stages(),
            targets=self._targets(coverage),
            default_duration=default,
            max_duration=longest,
            approvals=self._approvals(),
            prefixes=coverage.prefixes,
            tables=coverage.tables,
            services=coverage.services,
            session_minting=self._terms["mint"].text == "session",
            forbidden=self._forbidden(),
            min_aggregation=self._min_aggregation(),
            described=read_described(self._root),
            profiles=read_profiles(self._root, self._findings),
            renewals=self._renewals(),
        )

    def _check_container(self) -> None:
        root, add = self._root, self._findings.add
        if root["apiVersion"].text != ODCS_VERSION:
            add(
                root["apiVersion"],
                f"is {root['apiVersion'].text}",
                f"write the contract in ODCS {ODCS_VERSION}",
            )
        if not _UUID.match(root["id"].text):
            add(root["id"], f"is {root['id'].text[:60]!r}", "give a UUID in lower case")
        if not _VERSION.match(root["version"].text):
            add(root["version"], f"is {root['version'].text[:60]!r}", 'give three numbers, such as "1.2.0"')
        if root["status"].text in ("deprecated", "retired"):
            add(root["status"], f"is {root['status'].text}", "propose a contract that is to be used")
        name = root["name"].text
        if not 1 <= len(name) <= _NAME_LIMIT or _CONTROL.search(name):
            add(root["name"], f"is {name[:60]!r}", f"give a name of 1 to {_NAME_LIMIT} printable characters")
        if not SLUG.match(root["team"]["name"].text):
            add(
                root["team"]["name"],
                "names no team that owns the data",
                "give the data owner's team: lower-case letters, digits and inner hyphens",
            )

    def _validity(self) -> tuple[datetime, datetime]:
        effective = self._terms["effective"]
        starts_at, ends_at = instant(effective["from"].text), instant(effective["until"].text)
        if starts_at >= ends_at:
            self._findings.add(effective["until"], "is not after from", "let the contract end after it begins")
        if effective["reviewEvery"].is_there:
            self._duration(effective["reviewEvery"])
        return starts_at, ends_at

    def _duration(self, node: Node) -> timedelta:
        read = read_duration(node.text)
        if read is None:
            self._findings.add(node, f"is {node.text[:40]!r}", "give a duration that somebody can wait for")
        return read or timedelta()

    def _durations(self) -> tuple[timedelta, timedelta]:
        clause = self._terms["duration"]
        default, longest = self._duration(clause["default"]), self._duration(clause["max"])
        if default > longest:
            self._findings.add(clause["default"], "is longer than max", "let default be at most max")
        if longest > MAX_DURATION:
            self._findings.add(clause["max"], "is longer than any AWS session", "give PT12H or less")
        return default, longest

    def _apart(self, clause: str, allow: str, deny: str) -> tuple[frozenset[str], frozenset[str]]:
        allowed, denied = self._terms[clause][allow], self._terms[clause][deny]
        both = sorted(set(allowed.texts) & set(denied.texts))
        if both:
            self._findings.add(denied, f"also denies {', '.join(both)}", "name it in one of the two lists")
        return frozenset(allowed.texts), frozenset(denied.texts)

    def _teams(self) -> tuple[frozenset[str], frozenset[str]]:
        consumers = self._terms["consumers"]
        allowed, denied = self._apart("consumers", "allowTeams", "denyTeams")
        if not allowed:
            self._findings.add(
                consumers["allowTeams"],
                "names nobody",
                'name the teams, or "*" for every team of the company',
            )
        for node in (*consumers["allowTeams"], *consumers["denyTeams"]):
            everybody = node.text == "*" and node.path[-2] == "allowTeams"
            if not everybody and not SLUG.match(node.text):
                self._findings.add(node, f"is {node.text[:60]!r}", "give a team's name, as the directory has it")
        return allowed, denied

    def _stages(self) -> dict[Tier, StageTerms]:
        stages: dict[Tier, StageTerms] = {}
        to_operation = bool(list(self._terms["egress"]["allow"]))
        for tier in Tier:
            node = self._terms["stages"][tier.value]
            if not node.is_there:
                continue
            operations = frozenset(Operation(text) for text in node["operations"].texts)
            writes = node["write"].text == "prod"
            changing = any(operation.writes for operation in operations)
            if writes and not changing:
                self._findings.add(node["write"], "is prod without insert or delete", "add insert, or write none")
            if changing and not writes:
                self._findings.add(node["operations"], "change data where write is none", "let write be prod")
            if writes and not to_operation:
                self._findings.add(
                    self._terms["egress"]["allow"],
                    f"names no target for {tier.value}",
                    "add where it may write",
                )
            stages[tier] = StageTerms(
                operations=operations,
                writes_production=writes,
                interactive=node["interactive"].value is True,
            )
        if to_operation and not (Tier.OPERATION in stages and stages[Tier.OPERATION].writes_production):
            self._findings.add(
                self._terms["egress"]["allow"],
                "names a target that no stage may write to",
                "let the operation stage write prod, or leave the target out",
            )
        return stages

    def _targets(self, coverage: Coverage) -> tuple[WriteTarget, ...]:
        targets: list[WriteTarget] = []
        for node in self._terms["egress"]["allow"]:
            recipient = node["recipientAccount"]
            if recipient.is_there and recipient.text != coverage.account:
                self._findings.add(recipient, "is another account", "leave it out; sharing is not offered yet")
            # Without an account the servers have a finding already.
            for place in read_target(node["to"], coverage.account, self._findings) if coverage.account else ():
                if any(do_overlap(place, other.source) for other in targets):
                    self._findings.add(node["to"], "overlaps another target", "name each target once")
                targets.append(
                    WriteTarget(
                        stage=Tier(node["stage"].text),
                        source=place,
                        max_classification=Classification(node["maxClassification"].text),
                        requires=frozenset(node["requires"].texts),
                    )
                )
        return tuple(targets)

    def _approvals(self) -> tuple[ApprovalRule, ...]:
        rules: list[ApprovalRule] = []
        for node in self._terms["approvals"]:
            automatic = node["mode"].text == "auto"
            if automatic and any(key in node for key in ("from", "atLeast", "within")):
                self._findings.add(node, "is automatic and yet names approvers", "choose mode any or all, or drop them")
            within = self._duration(node["within"]) if node["within"].is_there else None
            least = node["atLeast"].value
            level, stage = node["when"]["maxClassification"], node["when"]["stage"]
            rules.append(
                ApprovalRule(
                    max_classification=Classification(level.text) if level.is_there else None,
                    stage=Tier(stage.text) if stage.is_there else None,
                    automatic=automatic,
                    groups=frozenset() if automatic else self._groups(node),
                    of_each=node["mode"].text == "all",
                    at_least=least if isinstance(least, int) else 1,
                    within=within,
                )
            )
        return tuple(rules)

    def _groups(self, rule: Node) -> frozenset[str]:
        """The teams that approvers are of; `role:data-owner` is the team that signs the contract."""
        found: set[str] = set()
        for node in rule["from"]:
            kind, _, name = node.text.partition(":")
            if node.text == "role:data-owner":
                found.add(self._root["team"]["name"].text)
            elif kind == "group" and SLUG.match(name):
                found.add(name)
            else:
                self._findings.add(node, f"is {node.text[:60]!r}", "name a team, group:NAME, or role:data-owner")
        if not rule["from"].texts:
            self._findings.add(rule, "names nobody who could approve", "name a team under from: group:NAME")
        return frozenset(found)

    def _renewals(self) -> int:
        most = self._terms["duration"]["renewals"].value
        return most if isinstance(most, int) else 0

    def _forbidden(self) -> frozenset[str]:
        references = self._terms["combination"]["forbidWith"]
        for node in references:
            if not _REFERENCE.match(node.text):
                fix = "give contract: and its id, its document's id, or its name in lower case with hyphens"
                self._findings.add(node, f"is {node.text[:60]!r}", fix)
        return frozenset(text.removeprefix("contract:") for text in references.texts)

    def _min_aggregation(self) -> int | None:
        least = self._terms["combination"]["minAggregation"].value
        return least if isinstance(least, int) else None

    def _check_obligations(self) -> None:
        nodes: Sequence[Node] = list(self._terms["obligations"])
        ids = [node["id"].text for node in nodes]
        for index, node in enumerate(nodes):
            if node["id"].text in ids[:index]:
                self._findings.add(node["id"], f"{node['id'].text} is given twice", "keep one of the two")
