"""Rulebook versions on the wire: drafts, what they would change, approvals."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from platform_api.schemas.forms import spoken_text
from platform_api.schemas.wire import Asked, Line, Moment, Shown, Text
from policy import Engine, Rule
from policy.cases import Answer, CaseRun, case_count
from policy.desk import Activated
from policy.ports import Extent
from policy.versions import Approval, Proposal, RulebookVersion
from policy.warnings import RuleWarning

_EXAMPLE = (
    '@id("science-sees-sources")\n@title("Lending science sees the sources")\n@owner("governance-office")\n'
    'permit (principal in Team::"lending-science", action == Action::"viewSources", resource);\n'
)
RuleText = Annotated[str, Field(min_length=1, max_length=1_000_000)]
CasesText = Annotated[str, Field(max_length=500_000)]
"""Test cases in YAML or JSON, as their author wrote them; an empty text holds none."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
Version = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]


class RulesAsked(Asked):
    """A text of Cedar rules, and the test cases that it has to pass; to be looked at and not kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": _EXAMPLE, "cases": "cases: []"}]})

    text: RuleText
    cases: CasesText = ""


class DraftAsked(RulesAsked):
    """A draft to keep; `title` says in one line what it is for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Let science see the sources", "text": _EXAMPLE}]}
    )

    title: Line


Revision = Annotated[int, Field(ge=0, lt=2**31)]
"""The revision of a version that somebody read: a deed on any other is refused."""


class EditAsked(Asked):
    """Another text for a draft; `revision` is the one that was read.

    Without `cases` it keeps its test cases; an empty text, or `cases: []` in it, takes them all away.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Let science see the sources", "text": _EXAMPLE, "revision": 0}]}
    )

    title: Line
    text: RuleText
    cases: CasesText | None = None
    revision: Revision


class ReadAsked(Asked):
    """Which revision of a version somebody read who proposes it, or makes it live."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 3}]})

    revision: Revision


class ApprovalAsked(Asked):
    """What exactly somebody approves: the digest that they read, in place of the live version that they saw."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "0" * 64, "against": "7"}]})

    digest: Digest
    against: Version


class ReasonAsked(ReadAsked):
    """Why a version is rejected or withdrawn, and which revision of it was read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "It gives away more than was asked for.", "revision": 3}]}
    )

    reason: Annotated[Text, Field(min_length=1)]


class WrittenRuleShown(Shown):
    """A rule of a version with its text, and what it says: a form with its sentence, or why it is none."""

    id: str
    title: str
    owner: str
    effect: str
    advice: str | None
    text: str
    sentence: str | None
    form: dict[str, Any] | None
    not_a_form: str | None


class WarningShown(Shown):
    """Something to look at in a text that is valid."""

    concern: str
    rule: str
    line: int
    message: str
    fix: str

    @classmethod
    def all(cls, found: Iterable[RuleWarning]) -> list[Self]:
        """Every warning, by line."""
        return [cls(concern=w.concern.value, rule=w.rule, line=w.line, message=w.message, fix=w.fix) for w in found]


class CaseShown(Shown):
    """How a test case came out. `suite` says whose it is; `answer` is what the rules said, `allow` or `deny`; `problem`
    is null where what was expected came of it, by the rule that was expected.
    """

    suite: str
    name: str
    passed: bool
    expected: str
    answer: str
    decided_by: list[str]
    problem: str | None


class CasesShown(Shown):
    """How all test cases came out, those of the invariants among them."""

    passed: bool
    results: list[CaseShown]

    @classmethod
    def of(cls, run: CaseRun) -> Self:
        """The results."""
        shown = [
            CaseShown(
                suite=one.suite.value,
                name=one.case.name,
                passed=one.passed,
                expected=one.case.expect.value,
                answer=(Answer.ALLOW if one.decision.allowed else Answer.DENY).value,
                decided_by=[rule.id for rule in one.decision.rules],
                problem=one.problem,
            )
            for one in run.results
        ]
        return cls(passed=run.passed, results=shown)


class ValidationShown(Shown):
    """A text that could be kept: its rules, and what to look at in them."""

    rules: list[WrittenRuleShown]
    warnings: list[WarningShown]

    @classmethod
    def of(cls, engine: Engine, warnings: Iterable[RuleWarning]) -> Self:
        """The rules of an engine."""
        return cls(rules=rules_of(engine), warnings=WarningShown.all(warnings))


class ApprovalShown(Shown):
    """An approval: by whom, of which digest, in place of which live version."""

    by: str
    at: Moment
    digest: str
    against: str

    @classmethod
    def of(cls, approval: Approval) -> Self:
        """The approval."""
        return cls(by=approval.by, at=approval.at, digest=approval.digest, against=approval.against)


class ExtentShown(Shown):
    """Which recorded questions were asked for: the newest `last` of a time span; null where nothing was said."""

    last: int | None
    since: Moment | None
    until: Moment | None


class ImpactShown(Shown):
    """What a version would change in the live one: the most sensitive first, then how far each claim reaches."""

    version: str
    digest: str
    against: str
    at: Moment
    extent: ExtentShown
    impact: dict[str, Any]

    @classmethod
    def of(cls, version: str, proposal: Proposal, extent: Extent) -> Self:
        """The analysis of one pair of versions."""
        return cls(
            version=version,
            digest=proposal.digest,
            against=proposal.against,
            at=proposal.at,
            extent=ExtentShown(last=extent.last, since=extent.since, until=extent.until),
            impact=dict(proposal.impact),
        )


class TextImpactShown(Shown):
    """What a text that is kept nowhere would change in the version `against`, which is live."""

    against: str
    at: Moment
    extent: ExtentShown
    impact: dict[str, Any]


class SchemaShown(Shown):
    """What rules may speak about, in Cedar's own schema language."""

    version: str
    text: str


class RulebookShown(Shown):
    """One version of the rules, without its text.

    `test_cases` says how many cases of its own it has; `cautions` what whoever judges it has to know of it.
    """

    version: str
    number: int
    title: str
    state: str
    authors: list[str]
    sha256: str
    cases_sha256: str
    digest: str
    rollback_of: str | None
    created_at: Moment
    live_at: Moment | None
    proposed_by: str | None
    proposed_at: Moment | None
    against: str | None
    approvals: list[ApprovalShown]
    revision: int
    test_cases: int
    cautions: list[str]

    @classmethod
    def of(cls, version: RulebookVersion) -> Self:
        """The version."""
        return cls(**shown_of(version))


class RulebookWholeShown(RulebookShown):
    """One version of the rules with its text, its test cases, its rules, what to look at, and what it would change."""

    text: str
    cases: str
    rules: list[WrittenRuleShown]
    warnings: list[WarningShown]
    impact: dict[str, Any] | None


class ActivatedShown(Shown):
    """A version that is live now, the one before, and the grants that no longer pass and are being revoked."""

    version: str
    retired: str
    live_at: Moment | None
    ended_grants: list[str]
    cautions: list[str]

    @classmethod
    def of(cls, activated: Activated) -> Self:
        """What came of an activation."""
        return cls(
            version=activated.version.version,
            retired=activated.retired.version,
            live_at=activated.version.live_at,
            ended_grants=list(activated.ended),
            cautions=cautions_of(activated.version),
        )


def cautions_of(version: RulebookVersion) -> list[str]:
    """What whoever judges a version has to know of it."""
    if case_count(version.cases):
        return []
    return [
        f"Version {version.version} has no test cases of its own: nothing tests that its rules answer as they are "
        "meant to. Only the platform's own cases guard it."
    ]


def rules_of(engine: Engine) -> list[WrittenRuleShown]:
    """The rules of an engine in the order of their text."""
    return [_written(rule, engine.source_of(rule.id) or "") for rule in engine.rules]


def _written(rule: Rule, text: str) -> WrittenRuleShown:
    said = spoken_text(text)
    return WrittenRuleShown(
        id=rule.id,
        title=rule.title,
        owner=rule.owner,
        effect=rule.effect.value,
        advice=rule.advice,
        text=text,
        sentence=said.sentence,
        form=said.form,
        not_a_form=said.not_a_form,
    )


def shown_of(version: RulebookVersion) -> dict[str, Any]:
    """The members of `RulebookShown`."""
    proposal = version.proposal
    return {
        "version": version.version,
        "number": version.number,
        "title": version.title,
        "state": version.state.value,
        "authors": list(version.authors),
        "sha256": version.sha256,
        "cases_sha256": version.cases_sha256,
        "digest": version.digest,
        "rollback_of": version.rollback_of,
        "created_at": version.created_at,
        "live_at": version.live_at,
        "proposed_by": None if proposal is None else proposal.by,
        "proposed_at": None if proposal is None else proposal.at,
        "against": None if proposal is None else proposal.against,
        "approvals": [ApprovalShown.of(approval) for approval in version.approvals],
        "revision": version.revision,
        "test_cases": case_count(version.cases),
        "cautions": cautions_of(version),
    }
