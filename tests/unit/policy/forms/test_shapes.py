"""Each field of a form: what it is in Cedar, what it is in words, and back."""

from dataclasses import dataclass
from datetime import date, time

import pytest

from policy import Effect, Engine, Rulebook
from policy.forms import (
    Anything,
    Classes,
    Condition,
    ConditionKind,
    Everyone,
    Exactly,
    Hours,
    Match,
    Named,
    NotAForm,
    OfTeams,
    RuleForm,
    Sensitivity,
    Within,
    form_from_document,
    form_to_document,
    from_cedar,
    sentence,
    to_cedar,
    words,
)
from policy.statements import statements_of
from policy.vocabulary import vocabulary
from tests.unit.policy.forms.lending_forms import SIMPLE, form
from tests.unit.policy.lending import SAMPLE_RULES

SCIENCE = 'principal in Team::"lending-science"'
READS = 'action in [Action::"read", Action::"query"]'
LOANS = 'resource in DataProduct::"loan-applications"'
WHO = "Anyone of team lending-science may read and query "
THINGS = WHO + "anything in data product loan-applications"


@dataclass(frozen=True)
class Shape:
    """A form with the Cedar after its annotations, and its sentence."""

    form: RuleForm
    cedar: str
    sentence: str


def when(condition: str, words: str, **changed: object) -> Shape:
    """The simple form with one more condition."""
    return Shape(form(**changed), f"permit ({SCIENCE}, {READS}, {LOANS}) when {{ {condition} }};", f"{THINGS}{words}.")


MFA = Condition(kind=ConditionKind.MFA)
SHAPES = [
    Shape(SIMPLE, f"permit ({SCIENCE}, {READS}, {LOANS});", f"{THINGS}."),
    # who
    Shape(
        form(who=Everyone(), effect=Effect.FORBID),
        f"forbid (principal, {READS}, {LOANS});",
        "Nobody may read or query anything in data product loan-applications.",
    ),
    Shape(
        form(who=Everyone(kind="pipeline")),
        f"permit (principal is Pipeline, {READS}, {LOANS});",
        "Any pipeline may read and query anything in data product loan-applications.",
    ),
    Shape(
        form(who=Named(kind="person", id="pe_1"), effect=Effect.FORBID),
        f'forbid (principal == Person::"pe_1", {READS}, {LOANS});',
        "Person pe_1 may not read or query anything in data product loan-applications.",
    ),
    Shape(
        form(who=OfTeams(teams=("a",), kind="person"), effect=Effect.FORBID),
        f'forbid (principal is Person in Team::"a", {READS}, {LOANS});',
        "No person of team a may read or query anything in data product loan-applications.",
    ),
    Shape(
        form(who=OfTeams(teams=("a", "b"), kind="person")),
        f'permit (principal is Person, {READS}, {LOANS}) when {{ principal in [Team::"a", Team::"b"] }};',
        "Any person of team a or b may read and query anything in data product loan-applications.",
    ),
    # what
    Shape(
        form(actions=("query",)),
        f'permit ({SCIENCE}, action == Action::"query", {LOANS});',
        "Anyone of team lending-science may query anything in data product loan-applications.",
    ),
    Shape(
        form(actions=("read-like",)),
        f'permit ({SCIENCE}, action in Action::"readLike", {LOANS});',
        "Anyone of team lending-science may query and read anything in data product loan-applications.",
    ),
    Shape(
        form(actions=("read-clear", "read-hashed"), data=Within(kind="table", ids=("t",))),
        f'permit ({SCIENCE}, action in [Action::"readClear", Action::"readHashed"], resource in GlueTable::"t");',
        "Anyone of team lending-science may read in clear and read hashed table t and anything in it.",
    ),
    # which data
    Shape(form(data=Anything()), f"permit ({SCIENCE}, {READS}, resource);", f"{WHO}anything."),
    Shape(
        form(data=Anything(kind="table")), f"permit ({SCIENCE}, {READS}, resource is GlueTable);", f"{WHO}any table."
    ),
    Shape(
        form(data=Exactly(kind="table", id="t")),
        f'permit ({SCIENCE}, {READS}, resource == GlueTable::"t");',
        f"{WHO}table t itself.",
    ),
    Shape(
        form(data=Within(kind="database", ids=("d",), only="table")),
        f'permit ({SCIENCE}, {READS}, resource is GlueTable in Database::"d");',
        f"{WHO}any table in database d.",
    ),
    Shape(
        form(data=Within(kind="prefix", ids=("s3://b/x/", "s3://b/y z/"))),
        f"permit ({SCIENCE}, {READS}, resource)"
        ' when { resource in [S3Prefix::"s3://b/x/", S3Prefix::"s3://b/y z/"] };',
        f"{WHO}prefix s3://b/x/ or “s3://b/y z/” and anything in them.",
    ),
    Shape(
        form(actions=("invoke",), data=Exactly(kind="model", id="haiku")),
        f'permit ({SCIENCE}, action == Action::"invoke", resource == Model::"haiku");',
        "Anyone of team lending-science may invoke model haiku itself.",
    ),
    Shape(
        form(actions=("connect",), data=Anything(kind="public-endpoint")),
        f'permit ({SCIENCE}, action == Action::"connect", resource is PublicEndpoint);',
        "Anyone of team lending-science may connect to any public endpoint.",
    ),
    when(
        'resource.classes.contains("personal")',
        ", of class personal",
        classes=Classes(match=Match.ANY, names=("personal",)),
    ),
    when(
        'resource.classes.containsAny(["personal", "secret"])',
        ", of class personal or secret",
        classes=Classes(match=Match.ANY, names=("personal", "secret")),
    ),
    when(
        'resource.classes.containsAll(["personal", "secret"])',
        ", of class personal and secret",
        classes=Classes(match=Match.ALL, names=("personal", "secret")),
    ),
    when('!(resource.classes.contains("personal"))', ", without class personal", without_classes=("personal",)),
    when(
        '!resource.classes.containsAny(["personal", "secret"])',
        ", without class personal or secret",
        without_classes=("personal", "secret"),
    ),
    when("resource.sensitivity <= 2", ", up to confidential", sensitivity_at_most=Sensitivity.CONFIDENTIAL),
    when("resource.sensitivity >= 3", ", restricted or above", sensitivity_at_least=Sensitivity.RESTRICTED),
    when(
        "resource.sensitivity >= 1 && resource.sensitivity <= 2",
        ", from internal up to confidential",
        sensitivity_at_least=Sensitivity.INTERNAL,
        sensitivity_at_most=Sensitivity.CONFIDENTIAL,
    ),
    # circumstances
    when('context.tier == Tier::"research"', ", in research", tiers=("research",)),
    when(
        '[Tier::"research", Tier::"validation"].contains(context.tier)',
        ", in research or validation",
        tiers=("research", "validation"),
    ),
    when(
        'context.purpose in Purpose::"lending"', ", for purpose lending or anything beneath it", purposes=("lending",)
    ),
    when(
        'context.purpose in [Purpose::"a", Purpose::"b"]',
        ", for purpose a or b or anything beneath them",
        purposes=("a", "b"),
    ),
    when(
        '!(context.purpose in Purpose::"ads")',
        ", but not for purpose ads or anything beneath it",
        except_purposes=("ads",),
    ),
    when('context.now >= datetime("2026-03-01")', ", from 1 March 2026 (UTC)", first_day=date(2026, 3, 1)),
    when(
        'context.now < datetime("2027-01-01")',
        ", until the end of 31 December 2026 (UTC)",
        last_day=date(2026, 12, 31),
    ),
    when(
        'context.now.toTime() >= duration("8h30m") && context.now.toTime() < duration("18h")',
        ", between 08:30 and 18:00 UTC",
        hours=Hours(start=time(8, 30), end=time(18)),
    ),
    when(
        'context.now.toTime() >= duration("22h") || context.now.toTime() < duration("5m")',
        ", between 22:00 and 00:05 UTC",
        hours=Hours(start=time(22), end=time(0, 5)),
    ),
    when("context.mfa", ", if they signed in with a second factor", conditions=(MFA,)),
    when(
        'principal in Team::"x" && principal in Activity::"ac_1"',
        ", if they are in team x and they are a member of activity ac_1",
        conditions=(
            Condition(kind=ConditionKind.IN_TEAM, value="x"),
            Condition(kind=ConditionKind.MEMBER_OF, value="ac_1"),
        ),
    ),
    when(
        'context.activity == Activity::"ac_1"',
        ", if it is for activity ac_1",
        conditions=(Condition(kind=ConditionKind.FOR_ACTIVITY, value="ac_1"),),
    ),
    Shape(
        form(
            who=OfTeams(teams=("a",), kind="person"),
            exceptions=(MFA, Condition(kind=ConditionKind.TRAINING, value="privacy-basics")),
        ),
        f'permit (principal is Person in Team::"a", {READS}, {LOANS})'
        ' unless { context.mfa && principal.trainings.contains("privacy-basics") };',
        "Any person of team a may read and query anything in data product loan-applications, unless they signed in"
        " with a second factor and they have training privacy-basics.",
    ),
    Shape(
        form(
            data=Anything(kind="prefix"),
            actions=("write",),
            conditions=(Condition(kind=ConditionKind.ZONE, value="lake"),),
        ),
        f'permit ({SCIENCE}, action == Action::"write", resource is S3Prefix) when {{ resource.zone == "lake" }};',
        "Anyone of team lending-science may write any prefix, if its zone is lake.",
    ),
]
FORBIDDING = [
    Shape(
        form(who=Everyone(), effect=Effect.FORBID, exceptions=(MFA,)),
        f"forbid (principal, {READS}, {LOANS}) unless {{ context.mfa }};",
        "Nobody may read or query anything in data product loan-applications, unless they signed in with a second "
        "factor.",
    ),
    Shape(
        form(who=Named(kind="person", id="pe_1"), effect=Effect.FORBID, tiers=("research",), exceptions=(MFA,)),
        f'forbid (principal == Person::"pe_1", {READS}, {LOANS}) when {{ context.tier == Tier::"research" }} '
        "unless { context.mfa };",
        "Person pe_1 may not read or query anything in data product loan-applications, in research, unless they signed "
        "in with a second factor.",
    ),
    Shape(
        form(
            who=OfTeams(teams=("a",), kind="person"), effect=Effect.FORBID,
            conditions=(Condition(kind=ConditionKind.IN_TEAM, value="x"),),
            exceptions=(MFA, Condition(kind=ConditionKind.TRAINING, value="privacy-basics")),
        ),
        f'forbid (principal is Person in Team::"a", {READS}, {LOANS}) when {{ principal in Team::"x" }} '
        'unless { context.mfa && principal.trainings.contains("privacy-basics") };',
        "No person of team a may read or query anything in data product loan-applications, if they are in team x, "
        "unless they signed in with a second factor and they have training privacy-basics.",
    ),
    Shape(
        form(effect=Effect.FORBID, without_classes=("personal", "secret")),
        f'forbid ({SCIENCE}, {READS}, {LOANS}) when {{ !resource.classes.containsAny(["personal", "secret"]) }};',
        "Nobody of team lending-science may read or query anything in data product loan-applications, except what is "
        "of class personal or secret.",
    ),
    Shape(
        form(effect=Effect.FORBID, except_purposes=("ads",)),
        f'forbid ({SCIENCE}, {READS}, {LOANS}) when {{ !(context.purpose in Purpose::"ads") }};',
        "Nobody of team lending-science may read or query anything in data product loan-applications, except for "
        "purpose ads or anything beneath it.",
    ),
]  # fmt: skip
SHAPES += FORBIDDING
READ = 'permit (principal, action == Action::"read", resource) '
INSIDE = 'permit (principal, action == Action::"read", resource in GlueTable::"a") '
ANNOTATIONS = '@id("science-reads") @title("Science reads the loans") @owner("lending-data-owners")\n'


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.sentence)
def test_a_form_is_this_cedar_and_this_sentence(shape: Shape) -> None:
    assert from_cedar(ANNOTATIONS + shape.cedar) == shape.form
    assert from_cedar(to_cedar(shape.form)) == shape.form
    assert sentence(shape.form) == shape.sentence
    assert form_from_document(form_to_document(shape.form)) == shape.form
    assert Engine.load(Rulebook(version="v", text=to_cedar(shape.form))).rules[0].id == shape.form.id


def test_no_two_shapes_read_alike() -> None:
    assert len({shape.sentence for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize(
    "statement",
    statements_of(SAMPLE_RULES.read_text(encoding="utf-8"))[0],
    ids=lambda statement: statement.text.split('"')[1],
)
def test_every_rule_of_the_sample_is_a_form_and_stays_the_same_rule(statement: object) -> None:
    text = str(getattr(statement, "text", ""))
    found = from_cedar(text)
    assert isinstance(found, RuleForm)
    again = from_cedar(to_cedar(found))
    assert again == found
    assert sentence(found).endswith(".")


def test_the_order_in_which_a_rule_says_the_same_does_not_matter() -> None:
    text = (
        '@owner("o") @id("x") @title("t") permit (principal, action == Action::"read", resource is GlueTable)'
        ' when { context.mfa } when { resource.sensitivity <= 2 && (context.tier == Tier::"research" && context.mfa) };'
    )
    found = from_cedar(text)
    assert isinstance(found, RuleForm)
    assert (found.tiers, found.sensitivity_at_most) == (("research",), Sensitivity.CONFIDENTIAL)


def hours(start: str, end: str) -> str:
    """A rule with these hours."""
    now = "context.now.toTime()"
    return READ + f'when {{ {now} >= duration("{start}") && {now} < duration("{end}") }};'


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("permit (principal, action, resource is GlueTable);", "every action"),
        ('permit (principal, action == Action::"use", resource);', "the group use"),
        ('permit (principal in Activity::"a", action == Action::"read", resource);', "who"),
        (INSIDE + 'when { resource in [GlueTable::"b"] };', "which things"),
        (READ + 'when { context.tier != Tier::"operation" };', "no field for `context.tier != "),
        (READ + "when { resource.sensitivity < 2 };", "no field"),
        (READ + "when { resource.sensitivity <= 7 };", "7 is no sensitivity"),
        (READ + "when { context.mfa || true };", "no field"),
        (READ + 'when { context.mfa } unless { context.tier == Tier::"research" };', "no field"),
        (READ + 'unless { context.mfa } unless { principal in Team::"a" };', "more than one"),
        (READ + "when { resource.sensitivity <= 2 && resource.sensitivity <= 1 };", "twice"),
        (READ + 'when { [Tier::"research"].contains(context.tier) };', "would change"),
        (READ + 'when { resource.classes.containsAll(["a"]) };', "classes.names"),
        (READ + 'when { context.now < datetime("2026-01-01T10:00:00Z") };', "no whole day"),
        (READ + 'when { context.now < datetime("0001-01-01") };', "no whole day"),
        (READ + 'when { context.now.toTime() >= duration("8h") };', "both when"),
        (hours("480m", "9h"), "no time of day"),
        (hours("08h", "9h"), "would change"),
        (hours("18h", "9h"), "would change"),
        (READ + 'when { (context.now.toTime() >= duration("8h")) || context.mfa };', "no field"),
        (READ + "when { principal in [context.activity] };", "not written out"),
        (READ + 'when { principal in [Team::"a", Activity::"b"] };', "stands where"),
        (READ + "when { context.mfa // why\n };", "comment"),
        ('// why\npermit (principal, action == Action::"read", resource);', "comment"),
        ('permit (principal == Person::"аda", action == Action::"read", resource);', "U+0430"),
        ('permit (principal, action == Action::"fly", resource);', "actions"),
        ('@note("x") permit (principal, action == Action::"read", resource);', "@note"),
        ('permit (principal, action == Action::"read", resource)', "does not end"),
        ('permit (principal, action == Action::"read", resource); permit (principal, action, resource);', "one rule"),
        ('permit (principal, action == Action::"read", resourcez);', "Cedar does not read it"),
    ],
)
def test_what_a_form_would_lose_or_change_stays_text_and_says_why(rest: str, reason: str) -> None:
    found = from_cedar(ANNOTATIONS + rest)
    assert isinstance(found, NotAForm)
    assert reason in found.reason


def test_two_slashes_in_a_text_are_no_comment() -> None:
    found = from_cedar(
        to_cedar(form(title='see "https://x" \\', actions=("read",), data=Exactly(kind="prefix", id="s3://b//k/")))
    )
    assert isinstance(found, RuleForm)


def test_every_action_and_kind_of_the_schema_has_a_plain_name_of_its_own() -> None:
    assert set(words.actions().values()) == set(vocabulary().actions)
    assert set(words.kinds().values()) == set(vocabulary().entities)
    assert frozenset(words.tiers()) == vocabulary().entities["Tier"].members
    assert words.actions()["read-clear"] == "readClear"
    assert words.kinds()["prefix"] == "S3Prefix"
