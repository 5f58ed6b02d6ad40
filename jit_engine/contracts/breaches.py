"""The coarse check: what of a contract a request exceeds. One pure function that names everything at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.contracts.effective import Use, highest_without_approval, longest_duration
from jit_engine.contracts.profiles import kind_of
from jit_engine.contracts.terms import ApprovalRule, Contract, ContractState, HeldContract
from jit_engine.domain.activity import Activity
from jit_engine.domain.classification import Classification
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.spans import in_words
from jit_engine.domain.subject import Person
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Breach

SHORTEST_SESSION = timedelta(seconds=900)
"""STS AssumeRole, DurationSeconds: 900 s at least. Less than that before a contract's end cannot be granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseAsk:
    """What the contract check reads: one ask of the request in its surroundings.

    `classification` is the highest of everything that is reached through the source, `owners` whose that is;
    `together` is every contract under which the activity ever held data, or asks for it in this request.
    """

    ask: SourceAsk
    classification: Classification
    owners: frozenset[str]
    request: AccessRequest
    activity: Activity
    tier: Tier
    purposes: Mapping[str, str | None]
    together: frozenset[HeldContract]

    @property
    def use(self) -> Use:
        """The use of data that it is."""
        return Use(tier=self.tier, operations=self.ask.operations, kind=kind_of(self.request.subject))


def lineage(purpose: str, purposes: Mapping[str, str | None]) -> Iterator[str]:
    """`purpose` and everything above it in the tree, nearest first; nothing when it is not in the tree."""
    seen: set[str] = set()
    here: str | None = purpose
    while here is not None and here in purposes and here not in seen:
        seen.add(here)
        yield here
        here = purposes[here]


def contract_breaches(coarse: CoarseAsk, contract: Contract, now: datetime) -> tuple[Breach, ...]:
    """Every clause of `contract` that the ask exceeds at `now` (UTC); empty when it is within all of them."""
    return (
        *_of_owner(coarse, contract),
        *_of_validity(coarse, contract, now),
        *_of_purpose(coarse, contract),
        *_of_stage(coarse, contract),
        *_of_consumer(coarse, contract),
        *_of_duration(coarse, contract),
        *_of_classification(coarse, contract),
        *_of_combination(coarse, contract),
        *_of_write(coarse, contract),
    )


def derived_breaches(coarse: CoarseAsk, contract: Contract, now: datetime) -> tuple[Breach, ...]:
    """Every clause that reading what was derived from the contract's data exceeds, wherever it lies."""
    return (
        *_of_validity(coarse, contract, now),
        *_of_purpose(coarse, contract),
        *_of_stage(coarse, contract),
        *_of_consumer(coarse, contract),
        *_of_duration(coarse, contract),
        *_of_classification(coarse, contract),
        *_of_combination(coarse, contract),
    )


def _of_owner(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    """A contract names its owner itself, so the catalogue has to agree: nobody contracts out another's data."""
    if coarse.owners != {contract.owner_team}:
        yield Breach(
            code="owner-mismatch",
            clause="team.name",
            given=f"contract {contract.name} is signed by team {contract.owner_team}",
            allowed="a contract of the data's owner, " + ", ".join(sorted(coarse.owners)),
            next_step="have the data's owner sign a contract for it",
        )


def _of_validity(coarse: CoarseAsk, contract: Contract, now: datetime) -> Iterator[Breach]:
    if not contract.starts_at <= now < contract.ends_at:
        yield Breach(
            code="contract-not-valid-now",
            clause="effective",
            given=now.isoformat(),
            allowed=f"from {contract.starts_at.isoformat()} until before {contract.ends_at.isoformat()}",
            next_step=f"ask team {contract.owner_team} for a version of contract {contract.name} that is valid now",
        )
    elif contract.ends_at - now < SHORTEST_SESSION:
        yield Breach(
            code="contract-ends-too-soon",
            clause="effective.until",
            given=f"{int((contract.ends_at - now).total_seconds())} s left",
            allowed="at least 900 s, the shortest AWS session",
            next_step=f"ask team {contract.owner_team} to renew contract {contract.name}",
        )
    if contract.state is not ContractState.IN_FORCE:
        yield Breach(
            code="contract-not-in-force",
            clause="signatures",
            given=f"version {contract.version} is {contract.state.value}",
            allowed="a version that is in force",
            next_step=f"ask team {contract.owner_team} for a version of contract {contract.name} that is in force",
        )
    if contract.key not in coarse.activity.accepted:
        yield Breach(
            code="contract-not-accepted",
            clause="acceptance",
            given=f"activity {coarse.activity.name} has not accepted version {contract.version}",
            allowed="the activity's owner has accepted the version in force",
            next_step=f"its owner runs: sluice contract accept {contract.id} --version {contract.version}"
            f" --activity {coarse.activity.id}",
        )


def _of_purpose(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    given = coarse.request.purpose
    line = set(lineage(given, coarse.purposes))
    if line & contract.denied_purposes:
        clause, allowed = "purposes.deny", f"never for {', '.join(sorted(line & contract.denied_purposes))}"
    elif not line & contract.purposes:
        clause, allowed = "purposes.allow", ", ".join(sorted(contract.purposes))
    else:
        return
    yield Breach(
        code="purpose-not-allowed",
        clause=clause,
        given=given,
        allowed=allowed,
        next_step="ask for one of: " + ", ".join(sorted(contract.purposes)),
    )


def _of_stage(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    stage = contract.stages.get(coarse.tier)
    if stage is None:
        yield Breach(
            code="tier-not-allowed",
            clause="stages",
            given=coarse.tier.value,
            allowed=", ".join(tier.value for tier in Tier if tier in contract.stages),
            next_step="use an environment of a tier that the contract names",
        )
        return
    beyond = coarse.ask.operations - stage.operations
    if beyond:
        yield Breach(
            code="operation-not-allowed",
            clause=f"stages.{coarse.tier.value}.operations",
            given=", ".join(sorted(beyond)),
            allowed=", ".join(sorted(stage.operations)),
            next_step="leave out what is not allowed, or use another tier",
        )
    if isinstance(coarse.request.subject, Person) and not stage.interactive:
        yield Breach(
            code="not-interactive",
            clause=f"stages.{coarse.tier.value}.interactive",
            given="a person",
            allowed="workloads only",
            next_step="have the activity's pipeline ask, or use a research environment",
        )


def _of_consumer(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    subject = coarse.request.subject
    banned = subject.teams & contract.denied_teams
    if banned or not ("*" in contract.teams or subject.teams & contract.teams):
        yield Breach(
            code="team-not-allowed",
            clause="consumers.denyTeams" if banned else "consumers.allowTeams",
            given=", ".join(sorted(subject.teams)) or "no team",
            allowed=", ".join(sorted(contract.teams)),
            next_step=f"ask team {contract.owner_team} to name your team in contract {contract.name}",
        )
    missing = contract.trainings - subject.trainings if isinstance(subject, Person) else frozenset()
    if missing:
        yield Breach(
            code="training-missing",
            clause="consumers.requireTraining",
            given=(", ".join(sorted(subject.trainings)) if isinstance(subject, Person) else "") or "no training",
            allowed=", ".join(sorted(contract.trainings)),
            next_step="complete the training: " + ", ".join(sorted(missing)),
        )


def _of_duration(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    asked, longest = coarse.request.duration, longest_duration(contract, coarse.use)
    if asked is not None and asked > longest:
        yield Breach(
            code="duration-too-long",
            clause="duration.max",
            given=in_words(asked),
            allowed=in_words(longest),
            next_step=f"ask for at most {in_words(longest)}",
        )


def _of_classification(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    if coarse.classification.rank > coarse.activity.classification.rank:
        yield Breach(
            code="classification-too-high",
            clause="activity.data_classification",
            given=coarse.classification.value,
            allowed=f"up to {coarse.activity.classification.value}",
            next_step="ask for less sensitive data, or have the activity reviewed for this classification",
        )
    if approval_rule(coarse, contract) is None:
        yield Breach(
            code="approval-not-covered",
            clause="approvals",
            given=f"{coarse.classification.value} data in {coarse.tier.value}",
            allowed="what some approval clause matches",
            next_step=f"ask team {contract.owner_team} for a clause that fits",
        )


def approval_rule(coarse: CoarseAsk, contract: Contract) -> ApprovalRule | None:
    """The clause that says who has to approve: the first that matches; None refuses, for nobody is asked by default.

    Above what an access profile lets pass without approval, clauses that ask nobody do not count.
    """
    highest = highest_without_approval(contract, coarse.use)
    for rule in contract.approvals:
        if rule.automatic and highest is not None and coarse.classification.rank > highest.rank:
            continue
        if rule.stage not in (None, coarse.tier):
            continue
        if rule.max_classification is None or coarse.classification.rank <= rule.max_classification.rank:
            return rule
    return None


def _of_combination(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    """Both contracts are heard: it does not matter which of the two names the other, nor which was there first."""
    others = {other.id: other for other in coarse.together if contract.held.excludes(other)}
    for _, other in sorted(others.items()):
        yield Breach(
            code="combination-forbidden",
            clause="combination.forbidWith",
            given=f"data under contract {other.name} ({other.id}), which the activity has held or asks for",
            allowed=f"contracts {contract.name} and {other.name} never in one activity",
            next_step="ask in an activity that has never held data under the other contract",
        )


def _of_write(coarse: CoarseAsk, contract: Contract) -> Iterator[Breach]:
    if not any(operation.writes for operation in coarse.ask.operations):
        return
    source = coarse.ask.source
    stage = contract.stages.get(coarse.tier)
    target = contract.target_for(source)
    named = ", ".join(t.source.uri for t in contract.targets) or "none"
    if target is None or target.stage is not coarse.tier or stage is None or not stage.writes_production:
        yield Breach(
            code="not-a-write-target",
            clause="egress.allow",
            given=f"{source.uri} in {coarse.tier.value}",
            allowed=named,
            next_step=f"write to a target that the contract names for operation: {named}",
        )
        return
    if coarse.activity.classification.rank > target.max_classification.rank:
        yield Breach(
            code="egress-classification",
            clause="egress.allow.maxClassification",
            given=f"an activity that handles {coarse.activity.classification.value} data",
            allowed=f"up to {target.max_classification.value}",
            next_step="use an activity of a lower classification, or ask for a target that admits it",
        )
    if target.requires:
        yield Breach(
            code="egress-requirement",
            clause="egress.allow.requires",
            given="nothing that shows it",
            allowed=", ".join(sorted(target.requires)),
            next_step="these release checks are not offered yet; ask for a target without them",
        )
    if contract.min_aggregation is not None:
        yield Breach(
            code="aggregation-not-shown",
            clause="combination.minAggregation",
            given="nothing that shows over how many a result was aggregated",
            allowed=f"results over at least {contract.min_aggregation}",
            next_step="checking aggregation is not offered yet; ask for a contract that publishes without this clause",
        )
