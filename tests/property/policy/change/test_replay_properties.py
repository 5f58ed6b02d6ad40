"""Whatever the edit: a replay that leaves out what the edit cannot reach is a replay that decides everything."""

import random
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy import Engine, Question, Rulebook
from policy.change import Access, Direction, PastDecision, Recorded, edit_between, reason_of, replay
from tests.unit.policy.lending import COMPANY, data_context, ref, rule

SCOPES = (
    "principal, action, resource is S3Prefix",
    'principal is Person, action in Action::"readLike", resource is S3Prefix',
    'principal in Team::"lending-science", action == Action::"read", resource',
    'principal in Team::"lending-pipelines", action in [Action::"read", Action::"write"], resource is S3Prefix',
    'principal, action in Action::"readLike", resource in DataProduct::"loan-applications"',
    'principal, action == Action::"read", resource == S3Prefix::"personal"',
    'principal == Person::"ada", action == Action::"readClear", resource is ColumnGroup',
    'principal is Person, action == Action::"readHashed", resource is ColumnGroup',
    'principal is Person in Team::"lending-science", action == Action::"readMasked", resource is ColumnGroup',
)
CONDITIONS = (
    "true",
    "context.mfa",
    "resource.sensitivity <= 2",
    "context.purpose in context.activity.purposes",
    'resource.classes.contains("personal")',
    "resource.sensitivity + 9223372036854775807 > 0",  # it can fail
)
bodies = st.builds(
    "{} ({}) when {{ {} }};".format,
    st.sampled_from(("permit", "permit", "forbid")),
    st.sampled_from(SCOPES),
    st.sampled_from(CONDITIONS),
)
books = st.dictionaries(st.sampled_from(("r1", "r2", "r3", "r4", "r5")), bodies, max_size=5)

READS = ("readClear", "readHashed", "readMasked")
ASKS = (
    *product(("read", "write"), map(ref, ("S3Prefix:facts", "S3Prefix:personal", "S3Prefix:secret"))),
    *((action, ref("ColumnGroup:loans/plain")) for action in READS),
)
PRINCIPALS = tuple(map(ref, ("Person:ada", "Person:ben", "Pipeline:scorer")))
CONTEXTS = tuple({**data_context(), "mfa": mfa} for mfa in (True, False))


def load(version: str, rules: dict[str, str]) -> Engine:
    return Engine.load(Rulebook(version=version, text="".join(rule(text, name) for name, text in rules.items())))


def history(live: Engine, other: Engine, seed: int) -> list[PastDecision]:
    """Some of every question there is, decided by the live rules or by others; every one is a decision of its own."""
    draw = random.Random(seed)
    found: list[PastDecision] = []
    for principal, context in product(PRINCIPALS, CONTEXTS):
        questions = [
            Question(principal=principal, action=action, resource=resource, context=context, entities=COMPANY)
            for action, resource in draw.sample(ASKS, 5)
        ]
        by = draw.choice((live, other))
        found += [
            (Recorded(id=f"{len(found)}.{n}", question=asked, was=reason_of(by.decide(asked)), rulebook=by.version),)
            for n, asked in enumerate(questions)
        ]
        found.append(tuple(one for (one, *_) in found[-len(questions) :] if isinstance(one, Recorded)))
    return found


def access(engine: Engine, question: Question) -> Access:
    """What it comes to, of a column group the best treatment, every question decided by itself."""

    def allowed(action: str) -> bool:
        (decision,) = engine.decide_all(
            principal=question.principal,
            context=question.context,
            entities=question.entities,
            asks=((action, question.resource),),
        )
        return decision.allowed

    if question.action not in READS:
        return Access.ALLOWED if allowed(question.action) else Access.NONE
    levels = zip(READS, (Access.CLEAR, Access.HASHED, Access.MASKED), strict=True)
    return max((level for action, level in levels if allowed(action)), default=Access.NONE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books, books, books, st.integers(0, 9))
def test_what_was_left_out_would_have_come_out_the_same(
    old: dict[str, str], edits: dict[str, str], older: dict[str, str], seed: int
) -> None:
    live, draft = load("live", old), load("draft", {**old, **edits} if seed % 2 else edits)
    edit, past = edit_between(live, draft), history(live, load("older", older), seed)
    fast = replay(edit, past, sample_rate=1.0)
    assert fast.sample.differing == ()
    assert fast.sample.decided == fast.asked - fast.in_reach
    asked = [one for decision in past for one in decision if isinstance(one, Recorded)]
    assert fast.asked == len(asked)
    changed: list[tuple[str, Direction, Access, Access]] = []
    for one in asked:
        before, after = access(live, one.question), access(draft, one.question)
        if before != after:
            changed.append((one.id, Direction.GAIN if after > before else Direction.LOSS, before, after))
    assert [(each.id, each.direction, each.before, each.after) for each in fast.changed] == changed
    plain = replay(edit, past, sample_rate=0.0)
    assert (plain.changed, plain.in_reach) == (fast.changed, fast.in_reach)
