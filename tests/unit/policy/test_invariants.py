"""What holds whatever contracts and editable rules say, as a table of examples."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from policy import Effect, Value, Why, invariants
from tests.unit.policy.lending import (
    COMPANY,
    PLATFORM_CONTEXT,
    activity,
    data_context,
    question,
    ref,
    without,
)

RESEARCH = data_context()
VALIDATION = data_context("risk-validation", "validation")
OPERATION = data_context("risk-operation", "operation")
THIN_FILES = "lending/credit-risk-research/thin-files"  # beneath a purpose of the activity
TEAMWORK: Mapping[str, Value] = PLATFORM_CONTEXT
DATA_ACTIONS = [
    ("read", "S3Prefix:facts"), ("read", "GlueTable:loans"), ("query", "GlueTable:loans"),
    ("readClear", "ColumnGroup:loans/plain"), ("readHashed", "ColumnGroup:loans/plain"),
    ("readMasked", "ColumnGroup:loans/plain"), ("write", "S3Prefix:workspace"),
    ("remove", "S3Prefix:workspace"), ("invoke", "Model:haiku"), ("connect", "PublicEndpoint:ecb"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One question and the invariants that refuse it; none when it is left to others to decide."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, Value]
    refused_by: tuple[str, ...] = ()


WORKSPACES = "inv-research-and-validation-write-only-to-workspaces"
TABLES = "inv-research-and-validation-change-no-table"
ITEMS = "inv-research-and-validation-put-into-no-dynamodb-table"
STREAMS = "inv-research-and-validation-put-into-no-stream"
SHARING = "inv-nobody-shares-in-research"
PIPELINES = "inv-operation-is-for-pipelines"
SAME_TIER = "inv-environment-has-the-tier"
SAME_ACTIVITY = "inv-environment-belongs-to-the-activity"
MEMBERS = "inv-only-members-use-data"
PURPOSE = "inv-purpose-is-one-of-the-activity"
ACTIVITY_STATE = "inv-activity-is-active"
ENVIRONMENT_STATE = "inv-environment-is-active"
HOLDER = "inv-credentials-go-to-the-holder"
OWN_ACCESS = "inv-nobody-approves-their-own-access"
OWN_RULES = "inv-authors-do-not-approve-their-rules"
OWN_VIEW = "inv-importer-does-not-certify"
NOT_THEIR_DATA = "inv-only-owners-certify"
PROPOSER = "inv-proposer-does-not-sign"
AUTHOR = "inv-author-does-not-approve"
GOVERNING = "inv-pipelines-do-not-govern"

EXAMPLES = [
    # research and validation write to workspaces alone
    Example("Person:ada", "write", "S3Prefix:workspace", RESEARCH),
    Example("Person:ada", "remove", "S3Prefix:workspace", VALIDATION),
    Example("Pipeline:scorer", "write", "S3Prefix:reports", OPERATION),
    Example("Pipeline:scorer", "write", "S3Prefix:facts", OPERATION),
    Example("Person:ada", "write", "S3Prefix:facts", RESEARCH, (WORKSPACES,)),
    Example("Person:ada", "remove", "S3Prefix:facts", RESEARCH, (WORKSPACES,)),
    Example("Person:ada", "write", "S3Prefix:reports", VALIDATION, (WORKSPACES,)),
    Example("Pipeline:scorer", "write", "S3Prefix:reports", RESEARCH, (WORKSPACES,)),
    Example("Pipeline:scorer", "write", "S3Prefix:reports", VALIDATION, (WORKSPACES,)),
    Example("Pipeline:scorer", "share", "S3Prefix:facts", VALIDATION, (WORKSPACES,)),
    # and never to a table
    Example("Pipeline:scorer", "write", "GlueTable:loans", OPERATION),
    Example("Pipeline:scorer", "share", "GlueTable:loans", OPERATION),
    Example("Person:ada", "write", "GlueTable:loans", RESEARCH, (TABLES,)),
    Example("Person:ada", "remove", "GlueTable:loans", VALIDATION, (TABLES,)),
    Example("Pipeline:scorer", "share", "GlueTable:loans", VALIDATION, (TABLES,)),
    # nor into what services hold
    Example("Pipeline:scorer", "write", "DynamoTable:scores", OPERATION),
    Example("Pipeline:scorer", "write", "DynamoTable:scores", VALIDATION, (ITEMS,)),
    Example("Person:ada", "write", "DynamoTable:scores", RESEARCH, (ITEMS,)),
    Example("Pipeline:scorer", "write", "KinesisStream:events", OPERATION),
    Example("Pipeline:scorer", "write", "KinesisStream:events", VALIDATION, (STREAMS,)),
    Example("Person:ada", "write", "KinesisStream:events", RESEARCH, (STREAMS,)),
    # nothing is shared in research, not even from a workspace
    Example("Person:ada", "share", "S3Prefix:workspace", VALIDATION),
    Example("Person:ada", "share", "S3Prefix:workspace", RESEARCH, (SHARING,)),
    Example("Person:ada", "share", "GlueTable:loans", RESEARCH, (SHARING, TABLES)),
    # operation is for pipelines
    Example("Pipeline:scorer", "read", "S3Prefix:facts", OPERATION),
    Example("Person:ada", "read", "S3Prefix:facts", RESEARCH),
    Example("Person:ada", "read", "S3Prefix:facts", OPERATION, (PIPELINES,)),
    Example("Person:ada", "readClear", "ColumnGroup:loans/plain", OPERATION, (PIPELINES,)),
    # the environment is what the question says
    Example("Person:ada", "read", "S3Prefix:facts", VALIDATION),
    Example("Person:ada", "read", "S3Prefix:facts", data_context("risk-operation", "research"), (SAME_TIER,)),
    Example("Pipeline:scorer", "read", "S3Prefix:facts", data_context(tier="operation"), (SAME_TIER,)),
    Example("Person:ada", "read", "S3Prefix:facts", data_context("sleeping-research"), (SAME_ACTIVITY,)),
    # members only
    Example("Person:ben", "read", "S3Prefix:facts", RESEARCH, (MEMBERS,)),
    Example("Person:ben", "readMasked", "ColumnGroup:loans/plain", RESEARCH, (MEMBERS,)),
    # purposes
    Example("Person:ada", "read", "S3Prefix:facts", RESEARCH),
    Example("Person:ada", "read", "S3Prefix:facts", data_context(purpose=THIN_FILES)),
    Example("Person:ada", "read", "S3Prefix:facts", data_context(purpose="lending/fairness-testing")),
    Example("Person:ada", "read", "S3Prefix:facts", data_context(purpose="marketing"), (PURPOSE,)),
    Example("Person:ada", "read", "S3Prefix:facts", data_context(purpose="lending"), (PURPOSE,)),
    # states
    Example("Person:ada", "read", "S3Prefix:facts", data_context("risk-starting"), (ENVIRONMENT_STATE,)),
    Example(
        "Person:ben", "read", "S3Prefix:facts",
        data_context("sleeping-research", of="sleeping"), (ACTIVITY_STATE, MEMBERS),
    ),
    # who is not their own judge
    Example("Person:ada", "deliverCredentials", "Grant:g1", TEAMWORK),
    Example("Person:ben", "deliverCredentials", "Grant:g1", TEAMWORK, (HOLDER,)),
    Example("Person:gus", "deliverCredentials", "Grant:g1", TEAMWORK, (HOLDER,)),
    Example("Pipeline:scorer", "deliverCredentials", "Grant:g1", TEAMWORK, (HOLDER,)),
    Example("Person:gus", "revokeGrant", "Grant:g1", TEAMWORK),
    Example("Person:oda", "approveAccess", "Grant:g1", TEAMWORK),
    Example("Person:ada", "approveAccess", "Grant:g1", TEAMWORK, (OWN_ACCESS,)),
    Example("Person:gus", "releaseAccess", "Grant:g1", TEAMWORK),
    Example("Person:ada", "releaseAccess", "Grant:g1", TEAMWORK, (OWN_ACCESS,)),
    Example("Pipeline:scorer", "releaseAccess", "Grant:g1", TEAMWORK, (GOVERNING,)),
    Example("Person:oda", "signContract", "Contract:c2", TEAMWORK),
    Example("Person:oda", "signContract", "Contract:c1", TEAMWORK, (PROPOSER,)),
    Example("Person:oda", "certifyView", "View:v1", TEAMWORK),
    Example("Person:oda", "certifyView", "View:v2", TEAMWORK, (OWN_VIEW,)),
    Example("Person:priya", "certifyView", "View:v1", TEAMWORK, (NOT_THEIR_DATA,)),
    Example("Person:gus", "certifyView", "View:v1", TEAMWORK, (OWN_VIEW, NOT_THEIR_DATA)),
    Example("Pipeline:scorer", "certifyView", "View:v1", TEAMWORK, (NOT_THEIR_DATA, GOVERNING)),
    Example("Person:arif", "approveReview", "Review:r1", TEAMWORK),
    Example("Person:arif", "approveReview", "Review:r2", TEAMWORK, (AUTHOR,)),
    Example("Person:priya", "approvePolicy", "Rulebook:draft", TEAMWORK),
    Example("Person:gus", "approvePolicy", "Rulebook:draft", TEAMWORK, (OWN_RULES,)),
    Example("Person:gus", "activatePolicy", "Rulebook:draft", TEAMWORK),
    # pipelines do not govern
    Example("Pipeline:scorer", "requestAccess", "Activity:risk", TEAMWORK),
    Example("Pipeline:scorer", "signContract", "Contract:c1", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "endContract", "Contract:c1", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "approveReview", "Review:r1", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "approveAccess", "Grant:g1", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "proposeContract", "Platform:sluicegate", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "suspendActivity", "Activity:risk", TEAMWORK, (GOVERNING,)),
    Example("Person:gus", "suspendActivity", "Activity:risk", TEAMWORK),
    Example("Pipeline:scorer", "revokeGrants", "Platform:sluicegate", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "importCatalogue", "Platform:sluicegate", TEAMWORK, (GOVERNING,)),
    Example("Pipeline:scorer", "holdData", "Activity:risk", TEAMWORK, (GOVERNING,)),
    *(
        Example(who, action, "Rulebook:live", TEAMWORK, refused)
        for action in ("proposePolicy", "approvePolicy", "activatePolicy")
        for who, refused in (("Person:gus", ()), ("Pipeline:scorer", (GOVERNING,)))
    ),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_invariants_refuse_this_and_only_this(example: Example) -> None:
    decision = invariants().decide(question(example.principal, example.action, example.resource, example.context))
    assert decision.errors == ()
    assert tuple(rule.id for rule in decision.rules) == tuple(sorted(example.refused_by))
    assert decision.allowed is not bool(example.refused_by)
    assert decision.why is (Why.FORBIDDEN if example.refused_by else Why.PERMITTED)


def test_every_invariant_has_an_example_that_it_alone_refuses() -> None:
    alone = {example.refused_by for example in EXAMPLES}
    known = {rule.id for rule in invariants().rules}
    assert {name for name in known if (name,) not in alone} == {ACTIVITY_STATE}  # shown below


def test_a_member_of_an_activity_that_is_not_active_is_refused_for_that_alone() -> None:
    for state in ("submitted", "closed", "Active", ""):
        asked = without(question("Person:ada", "read", "S3Prefix:facts", RESEARCH), "Activity:risk")
        slept = question(
            "Person:ada", "read", "S3Prefix:facts", RESEARCH,
            (*asked.entities, activity("risk", "ada", state=state)),
        )  # fmt: skip
        assert [rule.id for rule in invariants().decide(slept).rules] == [ACTIVITY_STATE]


@pytest.mark.parametrize(("action", "resource"), DATA_ACTIONS)
def test_what_holds_for_using_data_holds_for_every_data_action(action: str, resource: str) -> None:
    inv = invariants()
    assert inv.decide(question("Person:ada", action, resource, RESEARCH)).allowed
    for principal, context, name in [
        ("Person:ada", OPERATION, PIPELINES),
        ("Person:ada", data_context("risk-validation", "research"), SAME_TIER),
        ("Person:ada", data_context("sleeping-research"), SAME_ACTIVITY),
        ("Person:ben", RESEARCH, MEMBERS),
        ("Person:ada", data_context(purpose="marketing"), PURPOSE),
        ("Person:ada", data_context("risk-starting"), ENVIRONMENT_STATE),
        ("Person:ben", data_context("sleeping-research", of="sleeping"), ACTIVITY_STATE),
    ]:
        decision = inv.decide(question(principal, action, resource, context))
        assert not decision.allowed
        assert name in {rule.id for rule in decision.rules}


def test_every_invariant_forbids_and_says_what_to_do_instead() -> None:
    assert invariants().rules
    for rule in invariants().rules:
        assert rule.effect is Effect.FORBID
        assert rule.owner == "platform"
        assert rule.id.startswith("inv-")
        assert rule.advice


def test_the_invariants_are_read_once_and_named_by_what_they_say() -> None:
    assert invariants() is invariants()
    assert invariants().version.startswith("invariants-")
    assert invariants().source_of("the-rest") is None
    assert "deliverCredentials" in (invariants().source_of(HOLDER) or "")


def test_an_unknown_thing_is_refused_before_any_invariant() -> None:
    asked = question("Person:ghost", "read", "S3Prefix:facts", RESEARCH)
    assert invariants().decide(asked).why is Why.FAILED
    assert invariants().decide(without(asked, "Team:lending-science")).why is Why.FAILED
    assert ref("Person:ghost") not in {each.ref for each in COMPANY}
