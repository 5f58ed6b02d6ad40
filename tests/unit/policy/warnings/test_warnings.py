"""What an author is warned of, and what they are not."""

import pytest

from policy import Rulebook
from policy.warnings import Concern, KnownIds, RuleWarning, warnings_in
from tests.unit.policy.lending import SAMPLE_RULES, rule

READ = 'action == Action::"read"'
LOANS = 'resource in DataProduct::"loan-applications"'
SCIENCE = 'principal in Team::"lending-science"'
KNOWN: KnownIds = {
    "Team": frozenset({"lending-science", "lending-pipelines"}),
    "Purpose": frozenset({"lending", "lending/fairness-testing"}),
    "DataProduct": frozenset({"loan-applications", "claims"}),
}


def warned(*texts: str, known: KnownIds | None = None) -> list[RuleWarning]:
    """The warnings of these rules, which are called r0, r1…"""
    text = "\n".join(rule(each, f"r{place}") for place, each in enumerate(texts))
    return list(warnings_in(Rulebook(version="draft", text=text), known))


def concerns(*texts: str, known: KnownIds | None = None) -> list[tuple[str, Concern]]:
    """Which rule is warned of for what."""
    return [(each.rule, each.concern) for each in warned(*texts, known=known)]


def test_a_rule_that_says_who_and_what_is_not_warned_of() -> None:
    assert warned(f"permit ({SCIENCE}, {READS}, {LOANS}) when {{ context.mfa }};", known=KNOWN) == []


READS = 'action in [Action::"read", Action::"query"]'


def test_the_sample_rules_are_warned_of_for_the_one_that_is_meant_for_everybody_and_everything() -> None:
    found = warnings_in(Rulebook(version="sample", text=SAMPLE_RULES.read_text(encoding="utf-8")))
    assert [(each.rule, each.concern) for each in found] == [
        ("forbid-personal-attributes-in-research", Concern.UNSCOPED)
    ]
    assert found[0].line > 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"permit (principal, {READS}, resource);", 3),
        (f"forbid (principal, {READS}, resource);", 1),
        (f"permit (principal, {READS}, {LOANS});", 1),
        (f"permit ({SCIENCE}, {READS}, resource);", 1),
        (f"permit (principal, {READS}, {LOANS}) when {{ principal in context.activity }};", 0),
        (f"permit ({SCIENCE}, {READS}, resource) when {{ resource.sensitivity <= 0 }};", 0),
        (f"forbid (principal, {READS}, {LOANS});", 0),
        ('permit (principal is Person, action == Action::"readAudit", resource);', 0),
        ('permit (principal, action == Action::"invoke", resource);', 1),
        ("forbid (principal, action, resource);", 1),
    ],
)
def test_a_rule_without_scope_is_warned_of_for_what_that_costs_and_opens(text: str, count: int) -> None:
    assert concerns(text) == [("r0", Concern.UNSCOPED)] * count


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (f"permit ({SCIENCE}, {READS}, {LOANS});", f"permit ({SCIENCE}, {READ}, {LOANS});"),
        (f"permit ({SCIENCE}, {READS}, {LOANS});", f"permit ({SCIENCE}, {READS}, {LOANS}) when {{ context.mfa }};"),
        (f"permit ({SCIENCE}, {READS}, {LOANS});", f"permit ({SCIENCE}, {READS}, {LOANS}) unless {{ context.mfa }};"),
        (
            f'permit ({SCIENCE}, action in Action::"readLike", {LOANS}) when {{ context.mfa }};',
            f"permit ({SCIENCE}, {READ}, {LOANS}) when {{ resource.sensitivity <= 1 && context.mfa }};",
        ),
        (
            f"permit ({SCIENCE}, {READ}, {LOANS});",
            f'permit (principal is Person in Team::"lending-science", {READ}, {LOANS});',
        ),
        (f"permit (principal is Person, {READ}, {LOANS});", f'permit (principal == Person::"ada", {READ}, {LOANS});'),
        (
            f"permit ({SCIENCE}, {READ}, resource is GlueTable);",
            f'permit ({SCIENCE}, {READ}, resource == GlueTable::"t");',
        ),
        (f"forbid (principal, action, {LOANS});", f"permit ({SCIENCE}, {READ}, {LOANS});"),
        (f"forbid (principal, action, {LOANS});", f"forbid ({SCIENCE}, {READ}, {LOANS}) when {{ context.mfa }};"),
        (
            f"forbid (principal, {READ}, {LOANS}) when {{ context.mfa }};",
            f"permit ({SCIENCE}, {READ}, {LOANS}) when {{ context.mfa }};",
        ),
    ],
)
def test_a_rule_that_another_covers_is_warned_of_wherever_it_stands(wide: str, narrow: str) -> None:
    assert concerns(wide, narrow) == [("r1", Concern.SHADOWED)]
    assert concerns(narrow, wide) == [("r0", Concern.SHADOWED)]
    assert "r0 (line 1)" in warned(wide, narrow)[0].message


def test_of_two_rules_that_say_the_same_the_later_is_warned_of() -> None:
    twice = f"permit ({SCIENCE}, {READS}, {LOANS}) when {{ context.mfa }};"
    assert concerns(twice, twice) == [("r1", Concern.SHADOWED)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"permit ({SCIENCE}, {READ}, {LOANS});", f"forbid ({SCIENCE}, {READ}, {LOANS}) when {{ context.mfa }};"),
        (
            f"permit ({SCIENCE}, {READ}, {LOANS}) when {{ context.mfa }};",
            f"permit ({SCIENCE}, {READS}, {LOANS}) when {{ !context.mfa }};",
        ),
        (f"permit ({SCIENCE}, {READ}, {LOANS});", f'permit ({SCIENCE}, {READ}, resource in DataProduct::"x");'),
        (
            f"permit ({SCIENCE}, {READ}, {LOANS}) unless {{ context.mfa }};",
            f'permit ({SCIENCE}, {READ}, {LOANS}) unless {{ context.mfa && principal in Team::"x" }};',
        ),
        (f"permit (principal is Person, {READ}, {LOANS});", f"permit (principal is Pipeline, {READ}, {LOANS});"),
    ],
)
def test_rules_of_which_none_covers_the_other_are_not_warned_of(first: str, second: str) -> None:
    assert concerns(first, second) == []


@pytest.mark.parametrize(
    "clauses",
    [
        "when { false }",
        "when { context.mfa && !context.mfa }",
        "when { context.mfa } when { !context.mfa }",
        "when { context.mfa } unless { context.mfa }",
        "when { context.mfa && resource.sensitivity <= 2 } unless { resource.sensitivity <= 2 && context.mfa }",
        "unless { true }",
        'when { context.tier == Tier::"research" && context.tier == Tier::"validation" }',
        'when { context.tier == Tier::"research" && [Tier::"validation", Tier::"operation"].contains(context.tier) }',
        'when { [Tier::"research"].contains(context.tier) && [Tier::"operation"].contains(context.tier) }',
        "when { resource.sensitivity <= 1 && resource.sensitivity >= 2 }",
        "when { resource.sensitivity == 3 && resource.sensitivity < 3 }",
        "when { resource.sensitivity < 2 && 2 <= resource.sensitivity }",
        "when { 1 == resource.sensitivity && resource.sensitivity == 2 }",
        'when { context.now >= datetime("2026-06-01") && context.now < datetime("2026-06-01") }',
    ],
)
def test_conditions_that_exclude_each_other_are_warned_of(clauses: str) -> None:
    assert concerns(f"permit ({SCIENCE}, {READ}, {LOANS}) {clauses};") == [("r0", Concern.NEVER_MATCHES)]


@pytest.mark.parametrize(
    "clauses",
    [
        "when { resource.sensitivity <= 2 && resource.sensitivity >= 2 }",
        "when { resource.sensitivity > 1 && resource.sensitivity < 3 }",
        "when { context.mfa || !context.mfa }",
        "when { context.mfa } unless { context.mfa && resource.sensitivity <= 2 }",
        'when { context.tier == Tier::"research" && [Tier::"research", Tier::"operation"].contains(context.tier) }',
        'when { context.now >= datetime("2026-06-01") && context.now < datetime("2026-06-02") }',
        'when { context.now >= datetime("2026-06-01T10:00:00Z") && context.now < datetime("2026-05-01") }',
        'when { resource.classes.contains("a") && resource.classes.contains("b") }',
    ],
)
def test_conditions_that_may_hold_together_are_not_warned_of(clauses: str) -> None:
    assert concerns(f"permit ({SCIENCE}, {READ}, {LOANS}) {clauses};") == []


def test_an_action_that_the_scope_leaves_nothing_for_is_warned_of() -> None:
    (found,) = warned(
        f'permit ({SCIENCE}, action in [Action::"read", Action::"invoke"], resource is GlueTable);', known=KNOWN
    )
    assert found.concern is Concern.NEVER_MATCHES
    assert found.message.startswith("invoke ")
    assert concerns(f'permit ({SCIENCE}, action in [Action::"readLike", Action::"columnRead"], {LOANS});') == []


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (f'permit (principal in Team::"lending-sciense", {READ}, {LOANS});', "did you mean lending-science?"),
        (f'permit ({SCIENCE}, {READ}, resource in DataProduct::"Claims");', "did you mean claims?"),
        (f'permit ({SCIENCE}, {READ}, resource in DataProduct::"c1aims");', "did you mean claims?"),
        (f'forbid (principal in Team::"zebra", {READ}, {LOANS});', "correct the id, or register it first"),
        (
            f"permit ({SCIENCE}, {READ}, {LOANS})"
            ' when { context.purpose in [Purpose::"lending", Purpose::"lending/fairness"] };',
            "did you mean lending/fairness-testing?",
        ),
    ],
)
def test_an_id_that_is_not_registered_is_warned_of_with_what_was_probably_meant(text: str, fix: str) -> None:
    (found,) = warned(text, known=KNOWN)
    assert (found.concern, found.fix) == (Concern.UNKNOWN_ID, fix)
    assert "may" in found.message
    assert warned(text) == []


def test_ids_of_a_kind_that_is_not_listed_are_not_checked() -> None:
    assert warned(f'permit (principal == Person::"ghost", {READ}, {LOANS});', known=KNOWN) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f'forbid (principal == Person::"\u0430lice", {READ}, {LOANS});', "mixes cyrillic and latin"),
        (f'forbid (principal == Person::"\u0430\u0440\u0435", {READ}, {LOANS});', "looks like 'ape'"),
        (f'forbid (principal == Person::"\uff41lice", {READ}, {LOANS});', "fullwidth"),
        (f'forbid ({SCIENCE}, {READ}, {LOANS}) when {{ resource.classes.contains("p\u0435rsonal") }};', "mixes"),
        (f'forbid ({SCIENCE}, {READ}, {LOANS}) when {{ resource.classes.contains("lend\u0131ng") }};', "'lending'"),
        (f'forbid (principal == Person::"al\u2010ice", {READ}, {LOANS});', "'al-ice'"),
    ],
)
def test_letters_that_look_like_others_are_warned_of(text: str, shown: str) -> None:
    (found,) = warned(text)
    assert found.concern is Concern.LOOK_ALIKE
    assert shown in found.message


def test_the_registered_id_that_a_look_alike_imitates_is_named() -> None:
    found = warned(f'forbid (principal in Team::"lending-s\u0441ience", {READ}, {LOANS});', known=KNOWN)
    assert {each.concern for each in found} == {Concern.LOOK_ALIKE, Concern.UNKNOWN_ID}
    assert {each.fix for each in found} == {"did you mean lending-science?"}


def test_two_ids_that_look_the_same_in_one_rulebook_are_warned_of() -> None:
    (found,) = warned(
        f'forbid ({SCIENCE}, {READ}, resource in DataProduct::"claims");',
        f'forbid ({SCIENCE}, {READ}, resource in DataProduct::"Claims");',
    )
    assert (found.rule, found.concern) == ("r1", Concern.LOOK_ALIKE)
    assert "r0" in found.message


def test_a_title_in_any_language_is_fine_and_a_word_of_two_alphabets_is_not() -> None:
    text = f"permit ({SCIENCE}, {READ}, {LOANS});"
    for title in (
        "Доступ к кредитам",
        "Kreditprüfung für Äpfel",
        "信用リスクの研究",
        "Θ für Theta",
        "наука in science",
    ):
        assert warnings_in(Rulebook(version="v", text=rule(text).replace("A rule", title))) == ()
    (found,) = warnings_in(Rulebook(version="v", text=rule(text).replace("A rule", "Персонаl data")))
    assert found.concern is Concern.LOOK_ALIKE


def test_what_cannot_be_read_is_left_to_the_validation() -> None:
    assert warned("permit (principal, action") == []
    assert concerns("permit (nobody);", f"forbid (principal, {READS}, resource);") == [("r1", Concern.UNSCOPED)]


def test_every_warning_names_rule_line_and_fix_in_the_order_of_the_text() -> None:
    found = warned(
        f"permit (principal, {READ}, resource);", f"permit ({SCIENCE}, {READ}, {LOANS}) when {{ false }};", known=KNOWN
    )
    assert [each.line for each in found] == sorted(each.line for each in found)
    assert all(each.rule and each.message and each.fix and each.line >= 1 for each in found)
