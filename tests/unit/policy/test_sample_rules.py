"""The sample organisation's rules decide the story that the demo plays, and little else."""

import pytest

from policy import Engine, Why, invariants
from policy.cases import Suite, cases_from_text, run_cases
from tests.unit.policy.lending import SAMPLE_RULES, TEAMS, data_context, question, sample_engine

RESEARCH = data_context()
OPERATION = data_context("risk-operation", "operation")
VALIDATION = data_context("risk-validation", "validation")
FAIRNESS = data_context("risk-validation", "validation", purpose="lending/fairness-testing")
PEOPLE = ("ada", "ben", "pia", "oda", "priya", "gus", "arif", "iris", "outsider")


@pytest.fixture(scope="module")
def rules() -> Engine:
    return sample_engine()


def test_a_scientist_reads_the_loan_facts_in_research(rules: Engine) -> None:
    for action, resource in [
        ("read", "S3Prefix:facts"), ("query", "GlueTable:loans"), ("readClear", "ColumnGroup:loans/plain"),
    ]:  # fmt: skip
        asked = question("Person:ada", action, resource, RESEARCH)
        assert invariants().decide(asked).allowed
        decision = rules.decide(asked)
        assert decision.why is Why.PERMITTED
        assert [rule.id for rule in decision.rules] == ["lending-science-reads-loan-applications"]


def test_personal_attributes_in_research_are_refused_by_name_with_what_to_ask_for(rules: Engine) -> None:
    decision = rules.decide(question("Person:ada", "read", "S3Prefix:personal", RESEARCH))
    (named,) = decision.rules
    assert (decision.allowed, decision.why) == (False, Why.FORBIDDEN)
    assert named.id == "forbid-personal-attributes-in-research"
    assert named.title == "Personal attributes stay out of research"
    assert "loan facts" in (named.advice or "")


def test_what_the_advice_names_is_indeed_permitted(rules: Engine) -> None:
    fair = question("Person:ada", "read", "S3Prefix:personal", FAIRNESS)
    assert invariants().decide(fair).allowed
    assert rules.decide(fair).allowed
    other = rules.decide(question("Person:ada", "read", "S3Prefix:personal", VALIDATION))
    assert (other.allowed, other.why) == (False, Why.NOT_PERMITTED)


def test_data_above_confidential_is_not_permitted(rules: Engine) -> None:
    for who, context in [("Person:ada", RESEARCH), ("Person:ada", FAIRNESS), ("Pipeline:scorer", OPERATION)]:
        assert rules.decide(question(who, "read", "S3Prefix:secret", context)).why is Why.NOT_PERMITTED


def test_a_person_in_operation_is_refused_by_the_tier_though_the_rules_permit(rules: Engine) -> None:
    asked = question("Person:ada", "read", "S3Prefix:facts", OPERATION)
    assert rules.decide(asked).allowed
    assert [rule.id for rule in invariants().decide(asked).rules] == ["inv-operation-is-for-pipelines"]


def test_a_pipeline_that_writes_in_research_is_refused_by_the_tier(rules: Engine) -> None:
    asked = question("Pipeline:scorer", "write", "S3Prefix:reports", RESEARCH)
    assert not invariants().decide(asked).allowed
    assert not rules.decide(asked).allowed


def test_a_pipeline_writes_its_report_in_operation_and_nowhere_else(rules: Engine) -> None:
    report = question("Pipeline:scorer", "write", "S3Prefix:reports", OPERATION)
    assert invariants().decide(report).allowed
    assert rules.decide(report).allowed
    assert not rules.decide(question("Pipeline:scorer", "write", "S3Prefix:facts", OPERATION)).allowed
    assert not rules.decide(question("Pipeline:scorer", "remove", "S3Prefix:reports", OPERATION)).allowed
    assert not rules.decide(question("Person:ada", "write", "S3Prefix:reports", OPERATION)).allowed


def test_a_pipeline_in_validation_only_reads(rules: Engine) -> None:
    assert rules.decide(question("Pipeline:scorer", "read", "S3Prefix:facts", VALIDATION)).allowed
    assert not rules.decide(question("Pipeline:scorer", "write", "S3Prefix:reports", VALIDATION)).allowed


def test_nobody_reads_another_teams_data(rules: Engine) -> None:
    for person in set(PEOPLE) - {"ada", "ben"}:
        asked = question(f"Person:{person}", "read", "S3Prefix:facts", RESEARCH)
        assert rules.decide(asked).why is Why.NOT_PERMITTED


# Who may do what on the platform: everyone else may not.
PLATFORM = [
    ("registerActivity", "Platform:sluicegate", {"ada", "ben"}),
    ("viewRegistry", "Platform:sluicegate", set(PEOPLE) - {"outsider"}),
    ("viewSources", "Platform:sluicegate", set(PEOPLE) - {"outsider"}),
    ("viewContracts", "Platform:sluicegate", set(PEOPLE) - {"outsider"}),
    ("viewPolicies", "Platform:sluicegate", set(PEOPLE) - {"outsider"}),
    ("proposeContract", "Platform:sluicegate", {"pia"}),
    ("viewDecisions", "Platform:sluicegate", {"gus", "iris"}),
    ("readAudit", "Platform:sluicegate", {"gus", "iris"}),
    ("operate", "Platform:sluicegate", {"gus"}),
    ("revokeGrants", "Platform:sluicegate", {"gus"}),
    ("importCatalogue", "Platform:sluicegate", {"gus"}),
    ("evaluateForOthers", "Platform:sluicegate", {"gus", "iris"}),
    ("requestEnvironment", "Activity:risk", {"ada"}),
    ("requestAccess", "Activity:risk", {"ada"}),
    ("acceptContract", "Activity:risk", {"ada"}),
    ("acceptContract", "Activity:sleeping", {"ben"}),
    ("viewActivity", "Activity:risk", {"ada", "gus", "iris", "arif", "priya"}),
    ("holdData", "Activity:risk", {"priya"}),
    ("requestDeclassification", "Environment:risk-research", {"ada"}),
    ("declassify", "Environment:risk-research", {"oda", "priya"}),
    ("viewGrants", "Activity:risk", {"ada", "gus", "iris"}),
    ("viewEnvironment", "Environment:risk-research", {"ada", "gus", "iris", "arif", "oda", "priya"}),
    ("suspendActivity", "Activity:risk", {"ada", "gus"}),
    ("resumeActivity", "Activity:risk", {"gus"}),
    ("retireActivity", "Activity:risk", {"ada", "gus"}),
    ("promote", "Activity:risk", set()),
    ("certifyView", "View:v1", {"oda"}),
    ("signContract", "Contract:c2", {"oda", "priya"}),
    ("endContract", "Contract:c2", {"oda"}),
    ("approveReview", "Review:r1", {"arif"}),
    ("viewReview", "Review:r1", {"ada", "arif", "gus", "iris"}),
    ("viewGrant", "Grant:g1", {"ada", "gus", "iris", "oda", "priya"}),
    ("deliverCredentials", "Grant:g1", {"ada"}),
    ("renewGrant", "Grant:g1", {"ada"}),
    ("revokeGrant", "Grant:g1", {"ada", "gus"}),
    ("approveAccess", "Grant:g1", {"oda", "priya"}),
    ("releaseAccess", "Grant:g1", {"gus"}),
    ("proposePolicy", "Rulebook:live", {"gus", "oda", "priya"}),
    ("approvePolicy", "Rulebook:live", {"gus", "oda", "priya"}),
    ("activatePolicy", "Rulebook:live", {"gus"}),
]


@pytest.mark.parametrize(("action", "resource", "allowed"), PLATFORM)
def test_this_is_done_by_these_people_and_nobody_else(
    rules: Engine, action: str, resource: str, allowed: set[str]
) -> None:
    decided = {who: rules.decide(question(f"Person:{who}", action, resource)) for who in PEOPLE}
    assert not [each for decision in decided.values() for each in decision.errors]
    assert {who for who, decision in decided.items() if decision.allowed} == allowed


def test_a_pipeline_asks_for_access_and_uses_only_its_own_grants(rules: Engine) -> None:
    assert rules.decide(question("Pipeline:scorer", "requestAccess", "Activity:risk")).allowed
    assert rules.decide(question("Pipeline:scorer", "viewEnvironment", "Environment:risk-research")).allowed
    for action, resource in [
        ("requestAccess", "Activity:sleeping"), ("deliverCredentials", "Grant:g1"),
        ("registerActivity", "Platform:sluicegate"), ("requestEnvironment", "Activity:risk"),
    ]:  # fmt: skip
        assert not rules.decide(question("Pipeline:scorer", action, resource)).allowed


def test_every_rule_is_owned_by_a_team_of_the_company(rules: Engine) -> None:
    assert {rule.owner for rule in rules.rules} <= set(TEAMS)


def test_the_sample_s_own_cases_pass_and_name_most_of_what_decides(rules: Engine) -> None:
    run = run_cases(rules, cases_from_text(SAMPLE_RULES.with_name("rules.cases.yaml").read_text(encoding="utf-8")))
    assert [f"{result.case.name}: {result.problem}" for result in run.failures] == []
    assert len([result for result in run.results if result.suite is Suite.RULEBOOK]) >= 10
