"""Who has to say yes to a request, what they are shown, and which of the approvals given still count. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from jit_engine.contracts.terms import ApprovalRule, Contract
from jit_engine.domain.approval import Approval
from jit_engine.domain.event import Json
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.spans import in_words
from jit_engine.domain.verdict import Gate, SourceVerdict
from jit_engine.errors import NotFound
from jit_engine.ports import Facts
from jit_engine.rules.record import obligations_record, withheld_record
from jit_engine.rules.treatments import classification_reached

BREAK_GLASS_LONGEST: Final = timedelta(hours=1)
"""No emergency lasts longer; the settings may say less."""
USUAL_WITHIN: Final = timedelta(days=1)
"""How long approvals may take where a contract does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNeed:
    """What one contract demands for some of the sources."""

    contract: Contract
    rule: ApprovalRule

    @property
    def asked(self) -> str:
        """Who is asked, in words."""
        how = "each of " if self.rule.of_each and len(self.rule.groups) > 1 else ""
        return f"{self.rule.needed} of {how}team {', '.join(sorted(self.rule.groups))}"

    @property
    def sentence(self) -> str:
        """The demand in words."""
        return f"contract {self.contract.name}: approved by {self.asked}, within {in_words(self.within)}"

    @property
    def within(self) -> timedelta:
        """How long the approvals may take, and how long they stand."""
        return self.rule.within or USUAL_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an approver is shown: `terms` must still hold at minting, `holds` is what the person has besides.

    `left_out`: the sources that were asked for with it and are not given, with what refused each.
    """

    terms: Mapping[str, Json]
    holds: tuple[str, ...]
    left_out: tuple[Mapping[str, Json], ...] = ()

    @property
    def document(self) -> dict[str, Json]:
        """All of it."""
        return {"terms": self.terms, "holds": list(self.holds), "left_out": list(self.left_out)}

    @property
    def sha256(self) -> str:
        """Of the whole document in its one spelling."""
        return _digest(self.document)

    @property
    def terms_sha256(self) -> str:
        """Of the terms alone."""
        return _digest(self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverToday:
    """An approver as directory and rules have them now: the humans behind the login, their teams, their right."""

    people: frozenset[str]
    groups: frozenset[str]
    permitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The approvals that count now, and why each other one does not."""

    approvals: tuple[Approval, ...]
    void: tuple[tuple[SubjectId, str], ...]


def needs_of(passed: Sequence[SourceVerdict], contracts: Sequence[Contract]) -> tuple[ApprovalNeed, ...]:
    """Every demand of the contracts behind these verdicts, each once, in a stable order."""
    known = {contract.key: contract for contract in contracts}
    needs = {
        (key, found.approval): ApprovalNeed(contract=known[key], rule=found.approval)
        for verdict in passed
        if verdict.contract is not None
        for found in verdict.contract.asking
        if found.approval is not None and (key := found.contract) is not None
    }
    return tuple(sorted(needs.values(), key=lambda need: (need.contract.id, need.sentence)))


def unmet(
    passed: Sequence[SourceVerdict], contracts: Sequence[Contract], request: AccessRequest
) -> tuple[ApprovalNeed, ...]:
    """The demands that the request's approvals do not meet; in an emergency one release by a person meets all."""
    needs = needs_of(passed, contracts)
    if request.break_glass:
        return () if any(approval.release for approval in request.approvals) else needs
    return tuple(need for need in needs if not is_met(need.rule, request.approvals))


def is_met(rule: ApprovalRule, approvals: Sequence[Approval]) -> bool:
    """Whether as many different people of the right teams said yes; with `of_each`, another one for every team."""
    teams = {one.approver: one.groups & rule.groups for one in approvals if not one.release}
    counting = [groups for groups in teams.values() if groups]
    if rule.automatic:
        return True
    if not rule.groups or len(counting) < rule.needed:
        return False
    return not rule.of_each or _each_has_its_own(sorted(rule.groups), counting)


def _each_has_its_own(groups: Sequence[str], people: Sequence[frozenset[str]]) -> bool:
    """Whether every group can be given a person of its own (a matching, by augmenting paths)."""
    taken: dict[int, str] = {}

    def place(group: str, tried: set[int]) -> bool:
        for index, teams in enumerate(people):
            if group in teams and index not in tried:
                tried.add(index)
                if index not in taken or place(taken[index], tried):
                    taken[index] = group
                    return True
        return False

    return all(place(group, set()) for group in groups)


def shown(
    request: AccessRequest,
    verdicts: Sequence[SourceVerdict],
    facts: Facts,
    duration: timedelta,
    holds: Sequence[str],
) -> Shown:
    """What an approver of the request has to see, made of facts alone.

    `verdicts` are today's, taken without approvals; `duration` is for how long it would be given.
    """
    activity, environment = facts.activity, facts.environment
    if activity is None or environment is None:
        raise NotFound(kind="request", id=request.id)
    passed = [verdict for verdict in verdicts if verdict.passes]
    keys = {verdict.contract.contract for verdict in passed if verdict.contract is not None}
    terms: dict[str, Json] = {
        "request": request.id,
        "person": {
            "id": request.subject.id,
            "name": request.subject.name,
            "teams": sorted(request.subject.teams),
        },
        "activity": {
            "id": activity.id,
            "name": activity.name,
            "title": activity.title,
            "owner": activity.owner,
            "classification": activity.classification.value,
        },
        "environment": {"id": environment.id, "tier": environment.tier.value},
        "purpose": request.purpose,
        "justification": request.justification,
        "ticket": request.ticket,
        "break_glass": request.break_glass,
        "starts_at": None if request.starts_at is None else request.starts_at.isoformat(),
        "ends_at": None if request.ends_at is None else request.ends_at.isoformat(),
        "duration_seconds": int(duration.total_seconds()),
        "sources": [_source(verdict, request, facts) for verdict in passed],
        "contracts": [_clauses(contract, facts) for contract in facts.contracts if contract.key in keys],
        "approvals": [_need(need) for need in needs_of(passed, facts.contracts)],
    }
    left_out = tuple(_left_out(verdict) for verdict in verdicts if not verdict.passes)
    return Shown(terms=terms, holds=tuple(sorted(set(holds))), left_out=left_out)


def _source(verdict: SourceVerdict, request: AccessRequest, facts: Facts) -> dict[str, Json]:
    ask, contract, item = verdict.ask, verdict.contract, facts.catalogue.item(verdict.ask.source)
    reached = [] if item is None else [item, *facts.catalogue.touching(ask.source)]
    level = classification_reached(ask, request, facts, reached)
    return {
        "source": ask.source.uri,
        "account": ask.source.account,
        "operations": sorted(ask.operations),
        "classification": level.value,
        "classes": sorted({name for each in reached for name in getattr(each, "classes", ())}),
        "contract": None if contract is None or contract.contract is None else list(contract.contract),
        "permitted_by": [] if verdict.rules is None else [rule.id for rule in verdict.rules.rules],
        **obligations_record(verdict),
        **withheld_record(verdict),
    }


def _left_out(verdict: SourceVerdict) -> dict[str, Json]:
    """By names that stay the same while the reason does: an approver's word is for exactly this text."""
    gate = verdict.refused_by
    if gate is Gate.INVARIANTS or gate is Gate.RULES:
        asked = verdict.invariants if gate is Gate.INVARIANTS else verdict.rules
        reasons = [] if asked is None else [rule.id for rule in asked.rules] or [asked.why]
    else:
        told = verdict.contract if gate is Gate.CONTRACT else verdict.columns
        reasons = [] if told is None else sorted({breach.code for breach in told.breaches})
    return {
        "source": verdict.ask.source.uri,
        "operations": sorted(verdict.ask.operations),
        "refused_by": None if gate is None else gate.value,
        "reasons": list(reasons),
    }


def _clauses(contract: Contract, facts: Facts) -> dict[str, Json]:
    tier = None if facts.environment is None else facts.environment.tier
    stage = None if tier is None else contract.stages.get(tier)
    return {
        "id": contract.id,
        "version": contract.version,
        "name": contract.name,
        "owner_team": contract.owner_team,
        "ends_at": contract.ends_at.isoformat(),
        "purposes": sorted(contract.purposes),
        "operations": [] if stage is None else sorted(stage.operations),
        "write_targets": [target.source.uri for target in contract.targets if target.stage is tier],
        "max_duration_seconds": int(contract.max_duration.total_seconds()),
        "never_together_with": sorted(contract.forbidden),
    }


def _need(need: ApprovalNeed) -> dict[str, Json]:
    return {
        "contract": need.contract.id,
        "version": need.contract.version,
        "clause": need.sentence,
        "groups": sorted(need.rule.groups),
        "one_of_each": need.rule.of_each,
        "people": need.rule.needed,
        "within_seconds": int(need.within.total_seconds()),
    }


def standing(
    given: Sequence[Approval],
    document: Shown,
    needs: Sequence[ApprovalNeed],
    approvers: Mapping[SubjectId, ApproverToday | None],
    requesters: frozenset[str],
) -> Standing:
    """The approvals that count at this moment, with the teams that their givers are in now.

    1. What was shown still holds, and the person has nothing that was not shown.
    2. The directory still knows who gave it, and the rules still permit it.
    3. They are still in a team that is asked; a release needs no team.
    4. They are not the requester, nor anybody who stands behind a pipeline that asks: as people, not as logins.
    5. Nobody counts twice, whatever logins they have.
    """
    asked = frozenset(group for need in needs for group in need.rule.groups)
    counted: list[Approval] = []
    void: list[tuple[SubjectId, str]] = []
    heard: set[str] = set()
    for approval in given:
        approver = approvers.get(approval.approver)
        if approval.terms_sha256 != document.terms_sha256:
            why = "what they approved has changed since"
        elif not set(document.holds) <= approval.holds:
            why = "the person holds more than they were shown"
        elif approver is None or not approver.people:
            why = "the directory does not know them any more"
        elif not approver.permitted:
            why = "the rules do not let them approve it any more"
        elif approver.people & requesters:
            why = "they are the person who asks"
        elif not approval.release and not approver.groups & asked:
            why = "they are in no team that is asked"
        elif approver.people & heard:
            why = "they said so already"
        else:
            heard |= approver.people
            counted.append(replace(approval, groups=approver.groups & asked))
            continue
        void.append((approval.approver, why))
    return Standing(approvals=tuple(counted), void=tuple(void))


def latest(given: Sequence[Approval]) -> tuple[Approval, ...]:
    """Each approver's last word, the newest last: who approves again replaces what they said before."""
    return tuple(sorted({one.approver: one for one in given}.values(), key=lambda one: (one.at, one.approver)))


def within_of(needs: Sequence[ApprovalNeed]) -> timedelta:
    """How long approvals may take altogether: the shortest of the demands."""
    return min((need.within for need in needs), default=USUAL_WITHIN)


def expires(at: datetime, starts_at: datetime | None, needs: Sequence[ApprovalNeed]) -> datetime:
    """When a request that has its approvals, or needs none, is void if it was not minted."""
    return max(at, starts_at or at) + within_of(needs)


def _digest(document: Json) -> str:
    return sha256(json.dumps(document, sort_keys=True, separators=(",", ":"), default=dict).encode()).hexdigest()
