"""Whatever the edit: no question of a small universe gainsays the proof."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy import Engine, Rulebook, RulebookInvalid, invariants
from policy.change import Direction, Known, Verdict, prove
from tests.unit.policy.lending import COMPANY, data_context, ref, rule

SCOPES = (
    'principal is Person, action in Action::"readLike", resource is S3Prefix',
    'principal in Team::"lending-science", action == Action::"read", resource',
    'principal in Team::"lending-pipelines", action in [Action::"read", Action::"write"], resource is S3Prefix',
    'principal, action in Action::"readLike", resource in DataProduct::"loan-applications"',
    'principal, action == Action::"read", resource == S3Prefix::"personal"',
    'principal == Person::"ada", action in Action::"writeLike", resource is S3Prefix',
    'principal is Person in Team::"lending-science", action == Action::"read", resource is S3Prefix',
)
ATOMS = (
    "context.mfa",
    'context.tier == Tier::"research"',
    'context.tier != Tier::"operation"',
    'context.purpose in Purpose::"lending"',
    "context.purpose in context.activity.purposes",
    "principal in context.activity",
    "context.activity.sensitivity >= 2",
    "context.activity.sensitivity < resource.sensitivity",
    "resource.sensitivity <= 2",
    "resource.sensitivity > 2",
    'resource.classes.contains("personal")',
    'resource.classes.containsAny(["personal", "minor"])',
    '["personal"].containsAll(resource.classes)',
    "resource.classes.isEmpty()",
    'principal.uid == "ada"',
    'principal.uid like "a*"',
    'context.now.toTime() < duration("9h30m")',
    'context.now > datetime("2026-03-02T09:30:00Z")',
    'if context.mfa then resource.sensitivity == 3 else context.tier == Tier::"research"',
)
atoms = st.sampled_from(ATOMS)
conditions = st.one_of(
    st.just("true"),
    atoms,
    st.builds("!({})".format, atoms),
    st.builds("{} && {}".format, atoms, atoms),
    st.builds("{} || {}".format, atoms, atoms),
)
bodies = st.builds(
    "{} ({}) {} {{ {} }};".format,
    st.sampled_from(("permit", "permit", "forbid")),
    st.sampled_from(SCOPES),
    st.sampled_from(("when", "unless")),
    conditions,
)
rulebooks = st.lists(bodies, min_size=1, max_size=4)

PRINCIPALS = tuple(map(ref, ("Person:ada", "Person:ben", "Pipeline:scorer", "Person:outsider")))
ASKS = tuple(
    (action, ref(resource))
    for action, resource in product(
        ("read", "write"), ("S3Prefix:facts", "S3Prefix:personal", "S3Prefix:secret", "S3Prefix:workspace")
    )
)
KINDS = {"Team", "Person", "Pipeline", "Activity", "Environment", "Purpose", "DataProduct", "S3Prefix"}
KNOWN = tuple(entity for entity in COMPANY if entity.ref.type in KINDS)
CONTEXTS = tuple(
    {**data_context(env=f"risk-{tier}", tier=tier, purpose=purpose), "mfa": mfa}
    for tier, purpose, mfa in product(
        ("research", "validation", "operation"), ("lending/credit-risk-research", "lending/fairness-testing"),
        (True, False),
    )
)  # fmt: skip


def load(rules: dict[str, str]) -> Engine | None:
    """An engine of the rules that fit the schema; None where one does not."""
    try:
        return Engine.load(Rulebook(version="drawn", text="".join(rule(text, name) for name, text in rules.items())))
    except RulebookInvalid:
        return None


def differences(old: Engine, new: Engine) -> set[Direction]:
    """Every direction in which the universe differs, the invariants taken into account."""
    found: set[Direction] = set()
    for principal, context in product(PRINCIPALS, CONTEXTS):
        always, before, after = (
            judge.decide_all(principal=principal, context=context, entities=KNOWN, asks=ASKS)
            for judge in (invariants(), old, new)
        )
        for possible, was, now in zip(always, before, after, strict=True):
            if possible.allowed and was.allowed is not now.allowed:
                found.add(Direction.GAIN if now.allowed else Direction.LOSS)
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(rulebooks, bodies, st.sampled_from(("add", "drop", "replace")), st.integers(0, 3))
def test_no_point_of_a_small_universe_gainsays_the_proof(drawn: list[str], other: str, how: str, place: int) -> None:
    rules = {f"rule-{number}": text for number, text in enumerate(drawn)}
    target = f"rule-{place % len(drawn)}"
    edited = dict(rules)
    if how == "drop":
        del edited[target]
    else:
        edited["rule-new" if how == "add" else target] = other
    old, new = load(rules), load(edited)
    if old is None or new is None:
        return
    proof = prove(old, new)
    seen = differences(old, new)
    if proof.gains is Known.NO:
        assert Direction.GAIN not in seen
    if proof.losses is Known.NO:
        assert Direction.LOSS not in seen
    assert proof.verdict is not Verdict.EQUAL or not seen
    for example in proof.counterexamples:
        was, now = old.decide(example.question), new.decide(example.question)
        assert invariants().decide(example.question).allowed
        assert (was.allowed, now.allowed) == ((False, True) if example.direction is Direction.GAIN else (True, False))
    assert not any("report this edit" in reason for reason in proof.unknown_because)


@settings(max_examples=10, deadline=None)
@given(rulebooks)
def test_rules_written_anew_under_other_names_are_proved_equal_or_unknown_never_different(
    drawn: list[str],
) -> None:
    rules = {f"rule-{number}": text for number, text in enumerate(drawn)}
    old, new = load(rules), load({f"again-{number}": text for number, text in enumerate(reversed(drawn))})
    if old is None or new is None:
        return
    proof = prove(old, new)
    assert proof.verdict is Verdict.EQUAL
    assert proof.counterexamples == ()
