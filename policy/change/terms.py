"""What the expressions of one situation become: terms of the solver, each remembered so that a model can be read.

Nothing is assumed about the directory beyond what holds of every question that the engine answers at all: facts
have the types of the schema, groups have no cycles, `uid` repeats an entity's id, times are of the years 1 to 9999.
So what is impossible here is impossible in any directory. What is possible here may still be a misreading, which is
why a counterexample counts only once the engine has confirmed it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from policy.change.fact_types import EntityOf, FactTypes, Kind, Plain, SetKind
from policy.change.logic import Formula, Logic, Number, Truth
from policy.syntax import Like

_LONGS: Final = (-(2**63), 2**63 - 1)
# The first and the last millisecond that a question's `datetime` can name.
MOMENTS: Final = (-62_135_596_800_000, 253_402_300_799_999)
# Beyond this many rules about groups the rest is left out: that only makes more seem possible.
_MOST_WAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Term:
    """A value that is no truth: a number, or the number that stands for a text, an entity or a set."""

    kind: Kind
    number: Number
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact of an entity that some rule reads; `value` is a truth where the fact is one."""

    owner: Term
    fact: str
    value: Term | Formula


Key: TypeAlias = tuple[str, str]


class Terms:
    """Makes terms, each once, and knows what always holds of them."""

    def __init__(self, logic: Logic, types: FactTypes) -> None:
        self.logic = logic
        self.types = types
        self.readings: dict[Key, Reading] = {}
        self.having: dict[Key, tuple[Term, str, Formula]] = {}
        self.links: dict[Key, tuple[Term, Term, Formula]] = {}
        self.likes: dict[tuple[Like, str], tuple[Like, Term, Formula]] = {}
        self.sets: dict[SetKind, dict[str, Term]] = defaultdict(dict)
        self.members: dict[Plain | EntityOf, dict[str, Term]] = defaultdict(dict)
        self.literal_sets: dict[str, tuple[Term, tuple[Term, ...]]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._names: dict[tuple[str, int], str] = {}
        self._facts: list[Truth] = []
        self._rules: list[tuple[Term, Callable[[Term], Truth]]] = []

    # ---- making them ---------------------------------------------------------------------------

    def literal(self, kind: Plain | EntityOf, value: int | str) -> Term:
        """A value that a rule writes."""
        if isinstance(value, int):
            return Term(kind, self.logic.constant(value), str(value))
        number = self._number(_sort(kind), value)
        if kind == Plain.STRING:
            return Term(kind, self.logic.constant(number), f"{value!r}")
        return Term(kind, self.logic.constant(number), f"{_sort(kind)}::{value!r}")

    def written(self, kind: Plain | EntityOf, number: int) -> str | None:
        """The text or id that a number stands for, where a rule writes it."""
        return self._names.get((_sort(kind), number))

    def unknown(self, kind: Kind, name: str) -> Term:
        """Any value of the kind."""
        term = Term(kind, self.logic.number(name), name)
        self._bound(term)
        return term

    def fact(self, owner: Term, entity_type: str, fact: str, kind: Kind) -> Term | Formula:
        """The fact of an entity, the same for the same entity."""
        key = (owner.name, fact)
        if key not in self.readings:
            function, name = f"{entity_type}.{fact}", f"{owner.name}.{fact}"
            value: Term | Formula
            if kind is Plain.BOOL:
                value = self.logic.claim_of(function, owner.number)
            else:
                value = Term(kind, self.logic.number_of(function, owner.number), name)
                self._bound(value)
            self.readings[key] = Reading(owner, fact, value)
        return self.readings[key].value

    def has(self, owner: Term, entity_type: str, fact: str) -> Formula:
        """Whether the entity has a fact that it may lack."""
        key = (owner.name, fact)
        if key not in self.having:
            claim = self.logic.claim_of(f"{entity_type} has {fact}", owner.number)
            self.having[key] = (owner, fact, claim)
        return self.having[key][2]

    def within(self, child: Term, parent: Term) -> Truth:
        """`child in parent`, both entities."""
        if not (isinstance(child.kind, EntityOf) and isinstance(parent.kind, EntityOf)):
            raise TypeError("only entities are in entities")
        low, high = child.kind.type, parent.kind.type
        if not self.types.can_be_in(low, high):
            return low == high and self.logic.equal(child.number, parent.number)
        key = (child.name, parent.name)
        if key not in self.links:
            claim = self.logic.claim_of(f"{low} in {high}", child.number, parent.number)
            self.links[key] = (child, parent, claim)
        return self.links[key][2]

    def contains(self, of: Term, member: Term) -> Formula:
        """Whether a set holds a member."""
        kind = of.kind
        if not isinstance(kind, SetKind):
            raise TypeError("only a set contains")
        self.sets[kind][of.name] = of
        self.members[kind.of][member.name] = member
        return self.logic.claim_of(f"{_sort(kind.of)} member", of.number, member.number)

    def literal_set(self, kind: SetKind, members: tuple[Term, ...]) -> Term:
        """The set of exactly these."""
        name = f"{_sort(kind.of)}[" + ", ".join(sorted(member.name for member in members)) + "]"
        if name not in self.literal_sets:
            term = Term(kind, self.logic.number(name), name)
            self.literal_sets[name] = (term, members)
            for member in members:
                self.contains(term, member)
        return self.literal_sets[name][0]

    def witness(self, of: SetKind, name: str) -> Term:
        """A member that shows something about sets."""
        term = self.unknown(of.of, name)
        self.members[of.of][name] = term
        return term

    def like(self, pattern: Like, text: Term) -> Formula:
        """Whether a text is of a pattern."""
        key = (pattern, text.name)
        if key not in self.likes:
            claim = self.logic.claim_of(f"like {pattern.pattern!r}", text.number)
            self.likes[key] = (pattern, text, claim)
        return self.likes[key][2]

    def add(self, truth: Truth) -> None:
        """Say something that always holds."""
        self._facts.append(truth)

    def for_members(self, of: Term, then: Callable[[Term], Truth]) -> None:
        """Say that `then` holds of every member of a set, whichever there turn out to be."""
        self._rules.append((of, then))

    # ---- what always holds ---------------------------------------------------------------------

    def axioms(self) -> list[Truth]:
        """Everything that always holds of the terms made so far."""
        return [*self._facts, *self._about_sets(), *self._about_groups(), *self._about_ids(), *self._about_texts()]

    def _about_sets(self) -> Iterator[Truth]:
        logic = self.logic
        for term, then in self._rules:
            kind = term.kind
            if isinstance(kind, SetKind):
                for member in tuple(self.members[kind.of].values()):
                    yield logic.implies(self.contains(term, member), then(member))
        for term, members in self.literal_sets.values():
            kind = term.kind
            if isinstance(kind, SetKind):
                for other in tuple(self.members[kind.of].values()):
                    among = logic.any_of(logic.equal(other.number, member.number) for member in members)
                    yield logic.same(self.contains(term, other), among)

    def _about_groups(self) -> Iterator[Truth]:
        logic = self.logic
        links = tuple(self.links.values())
        for child, parent, holds in links:
            if child.kind == parent.kind:
                yield logic.implies(logic.equal(child.number, parent.number), holds)
        ways = 0
        for low, middle, first in links:
            for again, high, second in links:
                if again.kind != middle.kind or ways >= _MOST_WAYS:
                    continue
                ways += 1
                both = logic.all_of((first, second, logic.equal(middle.number, again.number)))
                if low.kind == high.kind:  # a circle: only an entity with itself
                    same = (logic.equal(low.number, middle.number), logic.equal(high.number, middle.number))
                    circle = logic.all_of((both, logic.equal(low.number, high.number)))
                    yield logic.implies(circle, logic.all_of(same) if low.kind == middle.kind else False)
                yield logic.implies(both, self.within(low, high))

    def _about_ids(self) -> Iterator[Truth]:
        """An entity's `uid` is its id: the literal's own, and no other entity's."""
        logic = self.logic
        readings = [reading for reading in self.readings.values() if reading.fact == "uid"]
        for place, reading in enumerate(readings):
            kind, uid = reading.owner.kind, reading.value
            if not (isinstance(kind, EntityOf) and isinstance(uid, Term) and uid.kind is Plain.STRING):
                continue
            for sort, written in tuple(self._numbers):
                if sort in ("String", kind.type):
                    text = self.literal(Plain.STRING, written).number
                    entity = self.literal(kind, written).number
                    is_named = logic.equal(uid.number, text)
                    yield logic.same(is_named, logic.equal(reading.owner.number, entity))
            for other in readings[:place]:
                if other.owner.kind == kind and isinstance(other.value, Term):
                    same_id = logic.equal(other.value.number, uid.number)
                    yield logic.implies(same_id, logic.equal(other.owner.number, reading.owner.number))

    def _about_texts(self) -> Iterator[Truth]:
        patterns = dict.fromkeys(pattern for pattern, _ in self.likes)
        for pattern in patterns:
            for sort, text in tuple(self._numbers):
                if sort == "String":
                    claim = self.like(pattern, self.literal(Plain.STRING, text))
                    yield self.logic.same(claim, matches(pattern, text))

    def _bound(self, term: Term) -> None:
        logic = self.logic
        match term.kind:
            case Plain.LONG | Plain.DURATION:
                low, high = _LONGS
            case Plain.DATETIME:
                low, high = MOMENTS
            case EntityOf(kind) if (members := self.types.vocabulary.entities[kind].members) is not None:
                numbers = (self.literal(term.kind, member).number for member in sorted(members))
                self._facts.append(logic.any_of(logic.equal(term.number, number) for number in numbers))
                return
            case _:
                return
        self._facts.append(logic.no(logic.less(term.number, logic.constant(low))))
        self._facts.append(logic.no(logic.less(logic.constant(high), term.number)))

    def _number(self, sort: str, text: str) -> int:
        key = (sort, text)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._names[sort, self._numbers[key]] = text
        return self._numbers[key]


def matches(like: Like, text: str) -> bool:
    """Whether a text is of the pattern; what stands for a `*` is taken as short as the rest allows."""
    at, part, star, resume = 0, 0, -1, 0
    while at < len(text):
        piece = like.pattern[part] if part < len(like.pattern) else ""
        if piece is None:
            star, resume, part = part, at, part + 1
        elif piece and text.startswith(piece, at):
            at, part = at + len(piece), part + 1
        elif star >= 0:
            resume += 1
            at, part = resume, star + 1
        else:
            return False
    return all(piece is None for piece in like.pattern[part:])


def _sort(kind: Kind) -> str:
    return kind.type if isinstance(kind, EntityOf) else str(kind)
