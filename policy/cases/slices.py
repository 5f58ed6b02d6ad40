"""A case as a question with everything that it mentions: what a case leaves out is filled in plainly."""

from collections.abc import Iterable, Mapping

from policy.cases.case import Case
from policy.cases.containers import containment
from policy.question import Entity, EntityRef, Question, Value
from policy.vocabulary import vocabulary

SOMEBODY = "somebody-else"
"""The owner of an activity of which a case does not say it."""
ENVIRONMENT = "the-environment"


def question_of(case: Case) -> Question:
    """The question that a case asks, complete."""
    slice_ = _Slice(case.purposes)
    who = EntityRef(type=case.who.kind, id=case.who.id)
    facts: dict[str, Value] = {"uid": case.who.id}
    if case.who.kind == "Person":
        facts["trainings"] = frozenset(case.who.trainings)
    slice_.add(who, facts, (*_refs("Team", case.who.teams), *_refs("Activity", case.who.member_of)))
    placed = containment(case.thing.ref, case.thing.within)
    slice_.add(case.thing.ref, case.thing.facts, placed[case.thing.ref])
    context: dict[str, Value] = {"now": case.at, "mfa": case.mfa}
    if (within := case.circumstances) is not None:
        activity, environment = _ref("Activity", within.activity), _ref("Environment", ENVIRONMENT)
        slice_.add(activity, within.activity_facts)
        slice_.add(environment, within.environment_facts)
        context |= {
            "tier": _ref("Tier", within.tier),
            "purpose": _ref("Purpose", within.purpose),
            "activity": activity,
            "environment": environment,
        }
    slice_.complete(context.values(), placed, like=case.thing.facts)
    return Question(
        principal=who, action=case.action, resource=case.thing.ref, context=context, entities=slice_.entities()
    )


def activity_facts(owner: str, purposes: Iterable[str], state: str, sensitivity: int) -> dict[str, Value]:
    """An activity's facts as the schema has them."""
    return {
        "owner": _ref("Person", owner),
        "purposes": frozenset(_refs("Purpose", purposes)),
        "state": state,
        "sensitivity": sensitivity,
    }


class _Slice:
    """Entities, each once; what they mention is added until nothing is missing."""

    def __init__(self, purposes: Mapping[str, str]) -> None:
        self._entities: dict[EntityRef, Entity] = {}
        self._purposes = purposes

    def add(self, ref: EntityRef, facts: Mapping[str, Value], parents: Iterable[EntityRef] = ()) -> None:
        """Adds an entity unless it is there."""
        if ref not in self._entities:
            self._entities[ref] = Entity(ref=ref, attrs=facts, parents=frozenset(parents))

    def complete(
        self, context: Iterable[Value], placed: Mapping[EntityRef, Iterable[EntityRef]], like: Mapping[str, Value]
    ) -> None:
        """Adds what is mentioned and missing; a container of data has the facts of the data in it, `like`."""
        waiting = [*_mentioned(context)]
        for entity in self._entities.values():
            waiting += (*entity.parents, *_mentioned(entity.attrs.values()))
        while waiting:
            ref = waiting.pop()
            if ref in self._entities or vocabulary().entities[ref.type].members is not None:
                continue
            facts = self._plain_facts(ref, like)
            self.add(ref, facts, (*self._purposes_above(ref), *placed.get(ref, ())))
            waiting += (*self._entities[ref].parents, *_mentioned(facts.values()))

    def entities(self) -> tuple[Entity, ...]:
        """All of them."""
        return tuple(self._entities.values())

    def _purposes_above(self, ref: EntityRef) -> tuple[EntityRef, ...]:
        """A purpose is beneath the one that its case says, or that its id begins with before the last slash."""
        if ref.type != "Purpose":
            return ()
        above = self._purposes.get(ref.id) or ref.id.rpartition("/")[0]
        return (_ref("Purpose", above),) if above else ()

    def _plain_facts(self, ref: EntityRef, like: Mapping[str, Value]) -> dict[str, Value]:
        plain: dict[str, Value] = {
            "uid": ref.id,
            "trainings": frozenset(),
            "sensitivity": 0,
            "classes": frozenset(),
            "zone": "lake",
            **activity_facts(SOMEBODY, (), "active", 0),
        }
        needed = vocabulary().entities[ref.type].facts
        shared = {"sensitivity", "classes", "zone"} if ref.type != "Activity" else set()
        return {name: like[name] if name in shared & like.keys() else plain[name] for name in needed}


def _mentioned(values: Iterable[Value]) -> list[EntityRef]:
    found: list[EntityRef] = []
    for value in values:
        members = value if isinstance(value, frozenset) else (value,)
        found += (each for each in members if isinstance(each, EntityRef))
    return found


def _ref(kind: str, name: str) -> EntityRef:
    return EntityRef(type=kind, id=name)


def _refs(kind: str, names: Iterable[str]) -> tuple[EntityRef, ...]:
    return tuple(_ref(kind, name) for name in names)
