"""What the proof says of edits whose effect is known, and what it never says."""

import pytest

from policy import Engine, Rulebook, invariants
from policy.change import Counterexample, Direction, Known, Proof, Verdict, prove
from tests.unit.policy.lending import SAMPLE_RULES, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
HOURS = """forbid (principal is Person, action in [Action::"readLike", Action::"columnRead"],
  resource in DataProduct::"loan-applications")
unless {{ context.now.toTime() >= duration("7h") && context.now.toTime() < duration("{until}") }};"""
PERSONAL = 'context.tier == Tier::"research" && resource.classes.contains("personal")'
FAIRNESS = 'context.tier == Tier::"validation" &&\n  context.purpose in Purpose::"lending/fairness-testing"'


def sample(**replaced: str) -> str:
    """The sample's rules with office hours, some words replaced."""
    text = SAMPLE + rule(HOURS.format(until=replaced.get("until", "20h")), "office-hours")
    if words := replaced.get("words"):
        assert words in text
        text = text.replace(words, replaced["by"])
    return text + replaced.get("more", "")


def edited(old: str, new: str) -> Proof:
    return prove(Rulebook(version="old", text=old), Rulebook(version="new", text=new))


EDITS = {
    "nothing changed": (sample(), Verdict.EQUAL),
    "office hours widened": (sample(until="23h"), Verdict.WIDENS),
    "office hours cut": (sample(until="19h"), Verdict.NARROWS),
    "the personal forbid switched off": (sample(words=PERSONAL, by=f"false && {PERSONAL}"), Verdict.WIDENS),
    "at most became less": (sample(words="sensitivity <= 2", by="sensitivity < 2"), Verdict.NARROWS),
    "one level more": (sample(words="sensitivity <= 2", by="sensitivity <= 3"), Verdict.WIDENS),
    "another level": (sample(words="sensitivity <= 2", by="sensitivity == 3"), Verdict.BOTH),
    "a forbid that an invariant makes redundant": (
        sample(more=rule(
            'forbid (principal, action == Action::"share", resource) when { context.tier == Tier::"research" };', "x"
        )),
        Verdict.EQUAL,
    ),
    "a permit inside a wider one": (
        sample(more=rule(
            'permit (principal in Team::"internal-audit", action == Action::"viewGrant", resource is Grant);', "x"
        )),
        Verdict.EQUAL,
    ),
    "a permit that an invariant always overrules": (
        sample(more=rule(
            'permit (principal is Person, action == Action::"read", resource) '
            'when { context.tier == Tier::"operation" };', "x",
        )),
        Verdict.EQUAL,
    ),
    "a forbid where nothing is permitted": (
        sample(more=rule('forbid (principal is Pipeline, action == Action::"registerActivity", resource) '
                         'when { !(principal in Team::"lending-science") };', "x")),
        Verdict.EQUAL,
    ),
    "conditions in another order": (
        sample(
            words=FAIRNESS,
            by='context.purpose in Purpose::"lending/fairness-testing" && context.tier == Tier::"validation"',
        ),
        Verdict.EQUAL,
    ),
    "a set asked in another way": (
        sample(words='resource.classes.contains("personal")', by='resource.classes.containsAny(["personal"])'),
        Verdict.EQUAL,
    ),
    "a forbid of two classes in place of one": (
        sample(words=PERSONAL, by=PERSONAL.replace("contains(", "containsAll([").replace(")", ', "minor"])')),
        Verdict.WIDENS,
    ),
    "one team fewer": (sample(words='Team::"internal-audit"\n  ]', by='Team::"internal-auditors"\n  ]'), Verdict.BOTH),
    "an unless for a when": (
        sample(words="when { principal in resource.activity };", by="unless { !(principal in resource.activity) };"),
        Verdict.EQUAL,
    ),
    "not even the holder by id": (
        sample(words="when { principal.uid == resource.holderId };", by='when { principal.uid == "ada" };'),
        Verdict.BOTH,
    ),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_has_the_verdict_that_it_deserves(edit: str) -> None:
    new, expected = EDITS[edit]
    proof = edited(sample(), new)
    assert (proof.verdict, proof.unknown_because) == (expected, ())


@pytest.mark.parametrize("edit", EDITS)
def test_every_counterexample_is_what_the_engines_say(edit: str) -> None:
    new, _ = EDITS[edit]
    for example in edited(sample(), new).counterexamples:
        check(example, sample(), new)


def check(example: Counterexample, old: str, new: str) -> None:
    asked = example.question
    before = Engine.load(Rulebook(version="old", text=old)).decide(asked)
    after = Engine.load(Rulebook(version="new", text=new)).decide(asked)
    assert invariants().decide(asked).allowed
    assert (before, after) == (example.before, example.after)
    assert (before.allowed, after.allowed) == ((False, True) if example.direction is Direction.GAIN else (True, False))


def test_a_changed_title_changes_nothing() -> None:
    proof = edited(SAMPLE, SAMPLE.replace('@title("Internal audit', '@title("The internal audit'))
    assert (proof.verdict, proof.changed) == (Verdict.EQUAL, ())


def test_a_renamed_rule_is_equal_though_it_counts_as_changed() -> None:
    proof = edited(SAMPLE, SAMPLE.replace('@id("audit-reads-the-audit-log")', '@id("audit-reads-it")'))
    assert (proof.verdict, proof.changed) == (Verdict.EQUAL, ("audit-reads-it", "audit-reads-the-audit-log"))


def test_rules_in_another_order_are_the_same_rules() -> None:
    first = rule('permit (principal is Person, action == Action::"readAudit", resource);', "one")
    second = rule('forbid (principal in Team::"x", action == Action::"readAudit", resource);', "two")
    assert edited(first + second, second + first).changed == ()


def test_a_permit_that_becomes_a_forbid_narrows() -> None:
    text = rule('permit (principal is Person, action == Action::"readAudit", resource);')
    assert edited(text, text.replace("permit", "forbid")).verdict is Verdict.NARROWS


ADDITION = 'permit (principal is Person, action == Action::"read", resource) when { resource.sensitivity + 1 < 3 };'


def test_a_changed_rule_that_can_fail_makes_the_verdict_unknown_and_says_why() -> None:
    proof = edited(SAMPLE + rule(ADDITION), SAMPLE + rule(ADDITION.replace("< 3", "< 2")))
    assert (proof.verdict, proof.gains, proof.losses) == (Verdict.UNKNOWN, Known.UNKNOWN, Known.UNKNOWN)
    assert proof.unknown_because == ("rule `a-rule`: its arithmetic can leave the range of 64 bits",)


def test_a_rule_that_can_fail_but_is_the_same_before_and_after_stands_in_no_proofs_way() -> None:
    proof = edited(SAMPLE + rule(ADDITION), SAMPLE.replace("sensitivity <= 2", "sensitivity < 2") + rule(ADDITION))
    assert (proof.gains, proof.unknown_because) == (Known.NO, ())


@pytest.mark.parametrize(
    "condition",
    [
        'principal.uid like "a*" && principal.uid like "b*"',  # the solver does not know that this is impossible
        'principal.uid like "a*" && principal.uid like "*b" && !(principal.uid like "ab")',  # nor a text for this
    ],
)
def test_what_the_engine_does_not_confirm_is_not_shown_but_unknown(condition: str) -> None:
    added = f'permit (principal is Person, action == Action::"readAudit", resource) when {{ {condition} }};'
    proof = edited(SAMPLE, SAMPLE + rule(added))
    assert (proof.verdict, proof.gains, proof.counterexamples) == (Verdict.UNKNOWN, Known.UNKNOWN, ())
    assert proof.unknown_because
    assert proof.losses is Known.NO


def test_a_rule_too_high_to_be_read_is_unknown_in_an_edit() -> None:
    high = " && ".join(["context.mfa"] * 110)
    added = f'permit (principal is Person, action == Action::"readAudit", resource) when {{ {high} }};'
    proof = edited(SAMPLE, SAMPLE + rule(added))
    assert proof.verdict is Verdict.UNKNOWN
    assert "cannot be read" in proof.unknown_because[0]


def test_without_time_nothing_is_claimed() -> None:
    old, new = (Rulebook(version="v", text=text) for text in (sample(), sample(until="23h")))
    proof = prove(old, new, seconds=0.0)
    assert (proof.gains, proof.losses) == (Known.UNKNOWN, Known.UNKNOWN)
    assert proof.unknown_because == ("the solver ran out of time",)


def test_what_was_claimed_impossible_was_tested_against_random_points() -> None:
    assert edited(sample(), sample(until="19h")).tested >= 12


def test_the_same_edit_has_the_same_proof() -> None:
    assert edited(sample(), sample(until="19h")) == edited(sample(), sample(until="19h"))
