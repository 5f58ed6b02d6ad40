"""The engine answers, and every doubt is a no."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum

import pytest

from policy import Decision, Engine, Entity, EntityRef, Question, Value, Why
from tests.unit.policy.lending import (
    COMPANY,
    NOW,
    PLATFORM_CONTEXT,
    data_context,
    engine,
    entity,
    person,
    question,
    ref,
    refs,
    rule,
    without,
)

READS = question("Person:ada", "read", "S3Prefix:facts", data_context())
PERMIT = rule('permit (principal is Person, action in Action::"use", resource);', "permit-people")


def with_entity(asked: Question, changed: Entity) -> Question:
    """The same question where one entity is another."""
    others = tuple(each for each in asked.entities if each.ref != changed.ref)
    return replace(asked, entities=(*others, changed))


def with_context(asked: Question, **changes: Value) -> Question:
    return replace(asked, context={**asked.context, **changes})


def failure(decision: Decision) -> str:
    """Why a decision failed; it has to be a refusal that names no rule."""
    assert not decision.allowed
    assert decision.why is Why.FAILED
    assert decision.rules == ()
    assert decision.errors
    return " ".join(decision.errors)


@pytest.fixture(scope="module")
def permissive() -> Engine:
    """Permits every use of data by people: a refusal is then the engine's own."""
    return engine(PERMIT)


def test_a_permit_that_matches_allows_and_is_named(permissive: Engine) -> None:
    assert permissive.decide(READS) == Decision(
        allowed=True, why=Why.PERMITTED, rules=permissive.rules, errors=(), rulebook="v1"
    )


def test_no_rule_that_matches_is_a_refusal(permissive: Engine) -> None:
    decision = permissive.decide(question("Pipeline:scorer", "read", "S3Prefix:facts", data_context()))
    assert (decision.allowed, decision.why, decision.rules) == (False, Why.NOT_PERMITTED, ())
    assert engine().decide(READS).why is Why.NOT_PERMITTED


def test_forbids_win_and_are_named_sorted_by_id() -> None:
    forbid = 'forbid (principal, action == Action::"read", resource);'
    decision = engine(rule(forbid, "z"), PERMIT, rule(forbid, "a")).decide(READS)
    assert (decision.allowed, decision.why) == (False, Why.FORBIDDEN)
    assert [each.id for each in decision.rules] == ["a", "z"]


OVERFLOW = "resource.sensitivity + 9223372036854775807 > 0"


@pytest.mark.parametrize("effect", ["forbid", "permit"])
def test_a_rule_that_errors_refuses_and_is_named(effect: str) -> None:
    broken = rule(f'{effect} (principal, action == Action::"read", resource) when {{ {OVERFLOW} }};', "broken")
    assert "rule `broken`: integer overflow" in failure(engine(PERMIT, broken).decide(READS))
    assert "rule `broken`: integer overflow" in failure(engine(broken, PERMIT).decide(READS))


def test_an_error_and_a_forbid_together_are_a_failure_too() -> None:
    broken = rule(f'forbid (principal, action == Action::"read", resource) when {{ {OVERFLOW} }};', "broken")
    failure(engine(broken, rule("forbid (principal, action, resource);", "no")).decide(READS))


BLOCKED = rule('forbid (principal in Team::"lending-science", action, resource);', "blocked-team")


def test_a_forbid_on_a_team_that_was_not_loaded_is_not_skipped() -> None:
    loaded = engine(PERMIT, BLOCKED)
    assert loaded.decide(READS).why is Why.FORBIDDEN
    assert 'Team::"lending-science"' in failure(loaded.decide(without(READS, "Team:lending-science")))


def test_a_forbid_on_a_person_that_was_not_loaded_is_not_skipped() -> None:
    loaded = engine(PERMIT, BLOCKED)
    assert 'principal Person::"ada"' in failure(
        loaded.decide(
            replace(
                READS,
                entities=tuple(e for e in COMPANY if e.ref.type in {"Team", "S3Prefix", "DataProduct"}),
                context={},
            )
        )
    )


@pytest.mark.parametrize(
    "missing",
    [
        "Person:ada",  # the principal
        "S3Prefix:facts",  # the resource
        "DataProduct:loan-applications",  # a parent of the resource
        "Activity:risk",  # a parent, an attribute and the context
        "Purpose:lending/credit-risk-research",  # an attribute and the context
        "Environment:risk-research",  # the context alone
        "Purpose:lending",  # a parent of what the context names
        "Purpose:lending/fairness-testing",  # in a set that is an attribute
        "Person:pia",  # an attribute of something else that is loaded
    ],
)
def test_whatever_is_mentioned_has_to_be_loaded(permissive: Engine, missing: str) -> None:
    assert str(ref(missing)) in failure(permissive.decide(without(READS, missing)))


def test_a_group_that_only_a_rule_names_need_not_exist() -> None:
    loaded = engine(PERMIT, rule('forbid (principal in Team::"nobody", action, resource);', "nobody"))
    assert loaded.decide(READS).allowed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (replace(READS, principal=ref("Person:аda")), "principal"),  # a Cyrillic а
        (replace(READS, principal=ref("Person:Ada")), "principal"),
        (replace(READS, principal=ref('Person:ada" || true || principal == Person::"ada')), "principal"),
        (replace(READS, principal=ref("Team:lending-science")), "Team"),
        (replace(READS, principal=ref("Pipeline:ada")), "principal"),
        (replace(READS, resource=ref("S3Prefix:Facts")), "resource"),
        (replace(READS, resource=ref("Person:ben")), "Person"),
        (replace(READS, action="raed"), "raed"),
        (replace(READS, action="readLike"), "should not exist"),
        (replace(READS, action='read", resource) || Action::"read'), "does not exist"),
        (replace(READS, action=""), "does not exist"),
        (replace(READS, action="viewActivity"), "context"),
        (replace(READS, context={}), "context"),
        (replace(READS, context=PLATFORM_CONTEXT), "context"),
        (with_context(READS, extra=True), "extra"),
        (with_context(READS, mfa="true"), "mfa"),
        (with_context(READS, tier=ref("Tier:secret")), "secret"),
        (with_context(READS, tier="research"), "entity reference"),
        (with_context(READS, purpose=ref("Purpose:nothing")), "Purpose"),
        (with_context(READS, environment=ref("Activity:risk")), "context"),
    ],
)
def test_a_question_about_what_is_not_known_fails(permissive: Engine, asked: Question, said: str) -> None:
    assert said in failure(permissive.decide(asked))


ADA_ATTRS: Mapping[str, Value] = {"uid": "ada", "trainings": frozenset()}
ADA = Entity(ref=ref("Person:ada"), attrs=ADA_ATTRS, parents=refs("Team:lending-science", "Activity:risk"))


def test_facts_that_fit_are_answered(permissive: Engine) -> None:
    assert permissive.decide(with_entity(READS, ADA)).allowed


@pytest.mark.parametrize(
    "changed",
    [
        replace(ADA, attrs={"uid": "ada"}),
        replace(ADA, attrs={}),
        replace(ADA, attrs={**ADA_ATTRS, "admin": True}),
        replace(ADA, attrs={**ADA_ATTRS, "trainings": "all"}),
        replace(ADA, attrs={**ADA_ATTRS, "trainings": frozenset({1, "two"})}),
        replace(ADA, attrs={**ADA_ATTRS, "uid": "ben"}),
        replace(ADA, attrs={**ADA_ATTRS, "uid": "\ud800"}),
        replace(ADA, parents=refs("Purpose:lending")),
        Entity(ref=ref("Tier:secret")),
        Entity(ref=ref("Action:read")),
        Entity(ref=ref("Crew:x")),
        Entity(ref=EntityRef(type='Person::"x" || true', id="x")),
        entity("Purpose:lending", "Purpose:lending/fairness-testing"),  # a circle
        entity(
            "Environment:risk-research",
            tier=ref("Tier:secret"),
            activity=ref("Activity:risk"),
            state="active",
        ),
    ],
)
def test_facts_that_do_not_fit_the_schema_fail(permissive: Engine, changed: Entity) -> None:
    failure(permissive.decide(with_entity(READS, changed)))


@pytest.mark.parametrize("second", [ADA, replace(ADA, attrs={**ADA_ATTRS, "trainings": frozenset({"x"})})])
def test_an_entity_that_is_there_twice_fails(permissive: Engine, second: Entity) -> None:
    asked = with_entity(READS, ADA)
    assert "twice" in failure(permissive.decide(replace(asked, entities=(*asked.entities, second))))


DEEP: Value = True
for _ in range(5000):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (NOW.replace(tzinfo=None), "no time zone"),
        (2**63, "64 bits"),
        (DEEP, "nested"),
        ({"type": "Purpose", "id": "marketing"}, "record"),
        ({"fn": "datetime", "arg": "2026-01-01"}, "record"),
        ({"__entity": {"kind": "Purpose"}}, "record"),
    ],
)
def test_a_value_that_would_be_read_as_something_else_fails(permissive: Engine, value: Value, said: str) -> None:
    assert said in failure(permissive.decide(with_context(READS, purpose=value)))


def test_a_value_of_another_type_fails(permissive: Engine) -> None:
    for value in (1.5, None, ["a"]):
        assert "no value that rules can read" in failure(permissive.decide(with_context(READS, mfa=value)))  # type: ignore[arg-type]


class Word(StrEnum):
    READ = "read"
    ACTIVE = "active"


def test_words_of_an_enumeration_are_strings(permissive: Engine) -> None:
    assert permissive.decide(replace(READS, action=Word.READ)).allowed
    risk = next(each for each in COMPANY if each.ref == ref("Activity:risk"))
    changed = replace(risk, attrs={**risk.attrs, "state": Word.ACTIVE})
    loaded = engine(
        rule(
            'permit (principal is Person, action == Action::"read", resource) '
            'when { context.activity.state == "active" };'
        )
    )
    assert loaded.decide(with_entity(READS, changed)).allowed


def test_moments_are_compared_across_time_zones_to_the_millisecond() -> None:
    before = rule(
        'permit (principal, action == Action::"read", resource) '
        'when { context.now < datetime("2026-03-02T09:30:00.001Z") };'
    )
    loaded = engine(before)
    tokyo = timezone(timedelta(hours=9))
    assert loaded.decide(with_context(READS, now=NOW)).allowed
    assert loaded.decide(with_context(READS, now=NOW.astimezone(tokyo))).allowed
    assert loaded.decide(with_context(READS, now=NOW + timedelta(microseconds=999))).allowed
    assert not loaded.decide(with_context(READS, now=NOW + timedelta(milliseconds=1))).allowed
    assert loaded.decide(with_context(READS, now=datetime(1, 1, 2, tzinfo=tokyo))).allowed


def test_a_batch_answers_each_ask_as_it_would_be_answered_alone() -> None:
    loaded = engine(
        rule(
            'permit (principal, action in Action::"use", resource in DataProduct::"loan-applications");',
            "loans",
        ),
        rule('forbid (principal, action == Action::"query", resource);', "no-queries"),
        rule(f'forbid (principal, action == Action::"remove", resource) when {{ {OVERFLOW} }};', "broken"),
    )
    asks = [
        ("read", ref("S3Prefix:facts")), ("read", ref("S3Prefix:nowhere")), ("query", ref("GlueTable:loans")),
        ("query", ref("S3Prefix:facts")), ("remove", ref("S3Prefix:facts")), ("nope", ref("S3Prefix:facts")),
        ("read", ref("S3Prefix:reports")), ("read", ref("GlueTable:loans")),
    ]  # fmt: skip
    together = loaded.decide_all(principal=READS.principal, context=READS.context, entities=COMPANY, asks=asks)
    alone = tuple(loaded.decide(replace(READS, action=action, resource=resource)) for action, resource in asks)
    assert together == alone
    assert [decision.why for decision in together] == [
        Why.PERMITTED, Why.FAILED, Why.FORBIDDEN, Why.FAILED, Why.FAILED, Why.FAILED,
        Why.NOT_PERMITTED, Why.PERMITTED,
    ]  # fmt: skip


def test_bad_facts_fail_the_whole_batch(permissive: Engine) -> None:
    decisions = permissive.decide_all(
        principal=READS.principal,
        context=READS.context,
        entities=(*COMPANY, person("new", "Team:unheard-of")),
        asks=[("read", ref("S3Prefix:facts")), ("write", ref("S3Prefix:facts"))],
    )
    assert len(decisions) == 2
    assert all("unheard-of" in failure(decision) for decision in decisions)


def test_no_asks_are_no_answers(permissive: Engine) -> None:
    assert permissive.decide_all(principal=READS.principal, context={}, entities=COMPANY, asks=[]) == ()


@pytest.mark.parametrize("action", ["readClear", "readHashed", "readMasked"])
@pytest.mark.parametrize("broad", ["readLike", "use"])
def test_a_broad_permit_to_read_never_means_clear_text(action: str, broad: str) -> None:
    asked = question("Person:ada", action, "ColumnGroup:loans/plain", data_context())
    broadly = rule(f'permit (principal is Person, action in Action::"{broad}", resource);', "broad")
    assert engine(broadly).decide(READS).allowed
    assert (
        engine(broadly, rule(f'permit (principal, action == Action::"{action}", resource);', "named"))
        .decide(asked)
        .allowed
    )
    assert engine(rule(f'permit (principal, action == Action::"{action}", resource);')).decide(asked).allowed
    assert engine(broadly).decide(asked).why is Why.NOT_PERMITTED
