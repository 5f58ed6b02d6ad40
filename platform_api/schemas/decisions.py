"""Decisions and their explanations on the wire."""

from collections.abc import Iterable
from typing import Any, Self

from jit_engine.rules.evidence import Difference
from platform_api.db.decisions import StoredDecision
from platform_api.explaining import Explanation, RuleText, Versions
from platform_api.schemas.wire import Moment, Shown


class DecisionShown(Shown):
    """A recorded decision. The digests are those of the audit record about it."""

    id: str
    request: str
    grant: str | None
    outcome: str
    reason: str | None
    refused_by: str | None
    subject: str
    activity: str
    environment: str
    rulebook: str
    decided_at: Moment
    decision: dict[str, Any]
    evidence_sha256: str
    record_sha256: str

    @classmethod
    def of(cls, stored: StoredDecision) -> Self:
        """The decision of a record."""
        return cls(
            id=stored.id,
            request=stored.request,
            grant=stored.grant,
            outcome=stored.outcome.value,
            reason=stored.reason,
            refused_by=None if stored.refused_by is None else stored.refused_by.value,
            subject=stored.subject,
            activity=stored.activity,
            environment=stored.environment,
            rulebook=stored.rulebook,
            decided_at=stored.decided_at,
            decision=dict(stored.record),
            evidence_sha256=stored.evidence_sha256,
            record_sha256=stored.record_sha256,
        )


class VersionsShown(Shown):
    """A version then and today."""

    recorded: str
    today: str

    @classmethod
    def of(cls, versions: Versions) -> Self:
        """Both."""
        return cls(recorded=versions.recorded, today=versions.today)


class JudgedByShown(Shown):
    """What the decision was judged by. Taking it again uses the recorded rulebook, and today's of the others."""

    policy_schema: VersionsShown
    invariants: VersionsShown
    rulebook: VersionsShown


class RecomputedDifference(Shown):
    """A place at which the recomputed decision differs from the recorded one."""

    path: str
    recorded: Any
    recomputed: Any


class FactDifference(Shown):
    """A fact that is another one today; null on a side where there is none."""

    path: str
    recorded: Any
    today: Any


class FactsShown(Shown):
    """The facts that the decision was taken from, and the same facts today."""

    recorded: dict[str, Any]
    today: dict[str, Any]
    differing: list[FactDifference]

    @classmethod
    def of(cls, found: Explanation) -> Self:
        """Side by side."""
        differing = [FactDifference(path=d.path, recorded=d.one, today=d.other) for d in found.facts_differing]
        return cls(recorded=dict(found.facts_recorded), today=dict(found.facts_today), differing=differing)


class RuleTextShown(Shown):
    """A rule that determined the decision, as it read then; null where that can no longer be told."""

    id: str
    title: str
    effect: str
    owner: str
    advice: str | None
    version: str
    editable: bool
    text: str | None

    @classmethod
    def of(cls, found: RuleText) -> Self:
        """The rule with its text."""
        rule = found.rule
        return cls(
            id=rule.id,
            title=rule.title,
            effect=rule.effect.value,
            owner=rule.owner,
            advice=rule.advice,
            version=found.version,
            editable=found.editable,
            text=found.text,
        )


class ExplanationShown(Shown):
    """A decision taken once more from what it was taken from. `recomputed` is null when that was not possible."""

    decision: DecisionShown
    matches: bool
    recorded: dict[str, Any]
    recomputed: dict[str, Any] | None
    differences: list[RecomputedDifference]
    judged_by: JudgedByShown
    notes: list[str]
    facts: FactsShown
    rules: list[RuleTextShown]

    @classmethod
    def of(cls, stored: StoredDecision, found: Explanation) -> Self:
        """All of it."""
        return cls(
            decision=DecisionShown.of(stored),
            matches=found.matches,
            recorded=dict(stored.record),
            recomputed=None if found.recomputed is None else dict(found.recomputed),
            differences=_differences(found.differences),
            judged_by=JudgedByShown(
                policy_schema=VersionsShown.of(found.schema),
                invariants=VersionsShown.of(found.invariants),
                rulebook=VersionsShown.of(found.rulebook),
            ),
            notes=list(found.notes),
            facts=FactsShown.of(found),
            rules=[RuleTextShown.of(rule) for rule in found.rules],
        )


def _differences(found: Iterable[Difference]) -> list[RecomputedDifference]:
    return [RecomputedDifference(path=d.path, recorded=d.one, recomputed=d.other) for d in found]
