"""What an edit would change, on a book of a thousand rules: the time of a proof and of a replay."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from importlib.resources import files

from cedarpy import Entities, PolicySet, Schema, is_authorized_batch

from policy import Engine, Entity, EntityRef, Question, Rulebook, Value
from policy.change import Recorded, edit_between, prove, reason_of, replay
from policy.facts import Facts
from tests.bench.figure import Figure, ratio_figure
from tests.fakes import world

RULES = 1000
DECISIONS = 2000
ASKS_OF_A_REQUEST = 4
PRODUCTS = 10
_HEAD = '@id("{}")\n@title("A rule")\n@owner("somebody")\n'
_PERMIT = (
    'permit (principal in Team::"team-{0}", action in Action::"readLike", resource in DataProduct::"product-{0}")\n'
    "when {{ resource.sensitivity <= 2 && context.purpose in context.activity.purposes }};\n"
)
_FORBID = (
    'forbid (principal is Person, action in Action::"readLike", resource in DataProduct::"product-{0}")\n'
    'unless {{ context.now.toTime() >= duration("7h") && context.now.toTime() < duration("20h") }};\n'
)


def book() -> Engine:
    """Nine permits to one forbid, each of a team and a product of its own."""
    texts = [_HEAD.format(f"rule-{number}") + _rule(number) for number in range(RULES)]
    return Engine.load(Rulebook(version="live", text="".join(texts)))


def _rule(number: int) -> str:
    return (_FORBID if number % 10 == 9 else _PERMIT).format(number - number % 10 if number % 10 == 9 else number)


def edits(live: Engine) -> tuple[Engine, ...]:
    """What people do to a rulebook, a dozen times over: limits moved, rules added, removed and reworded."""

    def put(name: str, text: str) -> Engine:
        return live.edited("draft", put=_HEAD.format(name) + text)

    found: list[Engine] = []
    for number in (10, 500, 880):
        permit, forbid = _rule(number), _rule(number + 9)
        found += [
            put(f"rule-{number}", permit.replace("<= 2", "<= 3")),
            put(f"rule-{number}", permit.replace("<= 2", "< 2")),
            put(f"rule-{number}", permit.replace('"readLike"', '"writeLike"')),
            put(f"rule-{number}", permit.replace("resource.sensitivity <= 2", "!(resource.sensitivity > 2)")),
            put(f"rule-{number + 9}", forbid.replace("20h", "23h")),
            put(f"rule-{number + 9}", forbid.replace("20h", "18h")),
            put("new", _PERMIT.format("new")),
            put("new", _FORBID.format("new")),
            live.edited("draft", removed=(f"rule-{number}",)),
            live.edited("draft", removed=(f"rule-{number + 9}",)),
        ]
    return tuple(found)


def change_figures() -> Iterator[Figure]:
    """Processor time, which a busy machine does not stretch; a replay as a ratio, and as a speed to know."""
    proof = round(_proof_milliseconds(), 1)
    name = "proof of what an edit changes, of 1,000 rules, p50"
    yield Figure(name=name, value=proof, unit="ms of CPU", aim=200, met=proof <= 200)
    history = _History()
    cases = (
        ("that every question is in reach of", history.unscoped, DECISIONS, 2.0, None),
        ("that a tenth of the questions is in reach of", history.scoped, DECISIONS // 10, 0.5, 1000.0),
    )
    for which, draft, reached, aim, most in cases:
        replayed, asked = history.replay_and_floor(draft, reached)
        name = f"replay of an edit {which}, over bare cedarpy asked every question with parsed rules"
        yield ratio_figure(name, replayed / asked, aim)
        took = round(replayed * 5_000_000, 1)
        name = f"replay of 5,000 recorded questions, of an edit {which}"
        yield Figure(name=name, value=took, unit="ms of CPU", aim=most, met=most is None or took <= most)


def _proof_milliseconds() -> float:
    """The median over the edits, each proved once after a warm-up of all that stays warm in a process."""
    live = book()
    drafts = edits(live)
    prove(live, drafts[0])
    return statistics.median(_busy(_proving(live, draft)) for draft in drafts) * 1000


def _proving(live: Engine, draft: Engine) -> Callable[[], object]:
    return lambda: prove(live, draft)


class _History:
    """What was asked under a book of a thousand rules, and two edits of it.

    One touches every question and changes one in ten; the other touches one question in ten and changes one of
    four of those.
    """

    def __init__(self) -> None:
        self._live = live = book()
        requests = [_request(live, number) for number in range(DECISIONS // ASKS_OF_A_REQUEST)]
        self._past = [tuple(request) for request in requests]
        no_mfa = "forbid (principal, action, resource is S3Prefix) unless { context.mfa };\n"
        self.unscoped = live.edited("draft", put=_HEAD.format("new") + no_mfa)
        self.scoped = live.edited("draft", put=_HEAD.format("rule-10") + _rule(10).replace("<= 2", "<= 1"))
        self._bare = _bare_cedarpy(live, requests)

    def replay_and_floor(self, draft: Engine, reached: int) -> tuple[float, float]:
        """Seconds a question: of a replay; and of cedarpy, given the same facts as ready text and parsed rules."""
        edit = edit_between(self._live, draft)
        done = replay(edit, self._past)
        if (done.in_reach, done.changed_count > 0, done.sample.differing) != (reached, True, ()):
            raise SystemExit("the benchmark's records are not what they were meant to be: mend it")
        pairs = [(_busy(lambda: replay(edit, self._past)), _busy(self._bare)) for _ in range(9)]
        replayed, bare = map(min, zip(*pairs, strict=True))
        return replayed / DECISIONS, bare / DECISIONS


def _bare_cedarpy(live: Engine, requests: list[list[Recorded]]) -> Callable[[], object]:
    schema = Schema.from_str(files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8"))
    matching = [
        PolicySet.from_str(f"{live.source_of(f'rule-{number}')}{live.source_of(f'rule-{number + 9}')}")
        for number in range(0, PRODUCTS * 10, 10)
    ]
    ready: list[tuple[PolicySet, str, list[dict[str, object]]]] = []
    for number, request in enumerate(requests):
        facts = Facts(request[0].question.entities, request[0].question.context, frozenset({"Tier"}))
        asked: list[dict[str, object]] = [
            {
                "principal": {"type": each.question.principal.type, "id": each.question.principal.id},
                "action": {"type": "Action", "id": each.question.action},
                "resource": {"type": each.question.resource.type, "id": each.question.resource.id},
                "context": facts.context,
            }
            for each in request
        ]
        ready.append((matching[number % PRODUCTS], facts.entities, asked))

    def ask() -> None:
        for policies, entities, asked in ready:
            is_authorized_batch(asked, policies, Entities.from_json_str(entities, schema), schema)

    return ask


def _busy(work: Callable[[], object]) -> float:
    """How long `work` keeps this process busy, in seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _request(live: Engine, number: int) -> list[Recorded]:
    """The questions of one request: another person each time, some prefixes of one of ten products, facts of then."""
    who, place_of = _ref("Person", f"person-{number}"), number % PRODUCTS * 10
    team = _ref("Team", f"team-{place_of}")
    activity, environment, product_ = (
        _ref("Activity", "a"),
        _ref("Environment", "e"),
        _ref("DataProduct", f"product-{place_of}"),
    )
    things = [_ref("S3Prefix", f"prefix-{place}") for place in range(ASKS_OF_A_REQUEST)]
    purposes = [_ref("Purpose", name) for name in ("lending", "lending/risk", "marketing")]
    entities = (
        _entity(who, (team, activity), uid=who.id, trainings=frozenset({"privacy"})),
        _entity(_ref("Person", "owner"), (), uid="owner", trainings=frozenset()),
        _entity(
            activity, (), owner=_ref("Person", "owner"), purposes=frozenset(purposes[:1]), sensitivity=2, state="active"
        ),
        _entity(environment, (), tier=_ref("Tier", "research"), activity=activity, state="active"),
        _entity(team, ()),
        _entity(_ref("Domain", "d"), ()),
        _entity(product_, ()),
        _entity(purposes[0], ()),
        _entity(purposes[1], (purposes[0],)),
        _entity(purposes[2], ()),
        *(
            _entity(
                thing, (product_, _ref("Domain", "d")), sensitivity=1 if place else 2, classes=frozenset(), zone="lake"
            )
            for place, thing in enumerate(things)
        ),
    )
    context: dict[str, Value] = {
        "purpose": purposes[1], "tier": _ref("Tier", "research"), "environment": environment,
        "activity": activity, "now": world.NOW.replace(hour=8, minute=number % 60), "mfa": number % 10 > 0,
    }  # fmt: skip
    asked = [
        Question(principal=who, action="read", resource=thing, context=context, entities=entities) for thing in things
    ]
    return [
        Recorded(id=f"{number}", question=each, was=reason_of(live.decide(each)), rulebook="live") for each in asked
    ]


def _ref(kind: str, name: str) -> EntityRef:
    return EntityRef(type=kind, id=name)


def _entity(ref: EntityRef, parents: tuple[EntityRef, ...], **attrs: Value) -> Entity:
    return Entity(ref=ref, attrs=attrs, parents=frozenset(parents))
