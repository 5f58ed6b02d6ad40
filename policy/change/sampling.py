"""Random points around an edit: what a proof is tested against before anyone sees it.

They come from the rules' own values and from the engine alone; a mistake in the formulas does not hide from them.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from policy import syntax
from policy.change.fact_types import EntityOf, FactTypes, Kind, Plain, SetKind, Situation
from policy.change.literals import instant_ms, moment, span_ms
from policy.change.points import Directory, Unbuildable, plainest
from policy.change.terms import MOMENTS
from policy.question import EntityRef, Question, Scalar, Value
from policy.syntax import RuleSyntax

_SOME_DAY: Final = 1_767_225_600_000  # 2026-01-01
_GROUPS: Final = ""  # what an entity is in, where a fact's name could stand


class Pools:
    """The values that rules write, with their neighbours, and the names of the facts that they read."""

    def __init__(self, rules: Sequence[RuleSyntax]) -> None:
        self.refs: dict[str, set[EntityRef]] = defaultdict(set)
        self.names: set[str] = set()
        self.numbers: set[int] = {0}
        self.texts: set[str] = {"any"}
        self.moments: set[int] = {_SOME_DAY + 36_000_000}
        for rule in rules:
            for ref in syntax.refs_in(rule):
                self.refs[ref.type].add(ref)
            for expr in syntax.everything_in(rule):
                self._take(expr)

    def _take(self, expr: syntax.Expr) -> None:
        match expr:
            case syntax.Attr(_, name):
                self.names.add(name)
            case syntax.LongLit(number):
                self.numbers |= {number - 1, number, number + 1}
            case syntax.TextLit(text):
                self.texts.add(text)
            case syntax.Unary("datetime", syntax.TextLit(text)):
                at = instant_ms(text)
                self.moments |= {at - 1, at, at + 1}
            case syntax.Unary("duration", syntax.TextLit(text)):
                at = _SOME_DAY + span_ms(text)
                self.moments |= {at - 1, at, at + 1}
            case syntax.Like(_, pattern):
                self.texts |= {"".join(piece or filled for piece in pattern) for filled in ("", "x")}
            case _:
                pass


class Sampler:
    """Random questions of the situations that an edit reaches; the same for the same seed."""

    def __init__(self, types: FactTypes, pools: Pools, situations: Sequence[Situation], seed: int) -> None:
        self._types = types
        self._pools = pools
        self._situations = situations
        self._random = random.Random(seed)  # noqa: S311  # a test's randomness, repeatable on purpose

    def anywhere(self, count: int) -> Iterator[Question]:
        """Questions about directories that are random altogether."""
        for _ in range(count):
            try:
                yield self._made_up(self._random.choice(self._situations))
            except (Unbuildable, OverflowError):
                continue

    def near(self, question: Question, count: int) -> Iterator[Question]:
        """The question with one or two of its facts changed, mostly such as the rules read."""
        situation = Situation(question.action, question.principal.type, question.resource.type)
        for _ in range(count):
            try:
                yield self._changed(question, situation)
            except (Unbuildable, OverflowError):
                continue

    def value(self, kind: Kind, name: str) -> Value:
        """A random value of a kind."""
        pick = self._random
        match kind:
            case Plain.BOOL:
                return pick.random() < 0.5
            case Plain.LONG:
                return pick.choice(sorted(self._pools.numbers))
            case Plain.STRING:
                return pick.choice(sorted(self._pools.texts))
            case Plain.DATETIME:
                within = sorted(at for at in self._pools.moments if MOMENTS[0] <= at <= MOMENTS[1])
                return moment(pick.choice(within))
            case EntityOf(of):
                return self._ref(of)
            case SetKind(of):
                return frozenset(self._scalar(of) for _ in range(pick.randrange(4)))
        return plainest(self._types)(kind, name)

    def _scalar(self, kind: Plain | EntityOf) -> Scalar:
        found = self.value(kind, "")
        if isinstance(found, bool | int | str | EntityRef | datetime):
            return found
        raise Unbuildable("a set of sets")

    def _ref(self, kind: str) -> EntityRef:
        members = self._types.vocabulary.entities[kind].members
        if members is not None:
            return EntityRef(type=kind, id=self._random.choice(sorted(members)))
        known = sorted(self._pools.refs[kind], key=str)
        return self._random.choice([*known, EntityRef(type=kind, id="any"), EntityRef(type=kind, id="other")])

    def _made_up(self, situation: Situation) -> Question:
        directory = Directory(self._types)
        who, what = self._ref(situation.principal), self._ref(situation.resource)
        context = {
            name: self.value(declared.kind, name)
            for name, declared in sorted(self._types.contexts[situation.action].items())
            if not declared.is_optional or self._random.random() < 0.5
        }
        named = [value for value in context.values() if isinstance(value, EntityRef)]
        known = [ref for kind in sorted(self._pools.refs) for ref in sorted(self._pools.refs[kind], key=str)]
        for child in (who, what, *named):
            for parent in (*known, *named):
                self._perhaps_put(directory, child, parent)
        return directory.question(situation, who, what, context, self.value)

    def _perhaps_put(self, directory: Directory, child: EntityRef, parent: EntityRef) -> None:
        above = parent.type in self._types.vocabulary.entities and self._types.can_be_in(child.type, parent.type)
        upwards = child.type != parent.type or str(child) < str(parent)  # no circles
        if above and upwards and self._random.random() < 0.6:
            directory.put(child, parent)

    def _changed(self, question: Question, situation: Situation) -> Question:
        pick = self._random
        turns: list[tuple[EntityRef | None, str]] = [(None, name) for name in sorted(question.context)]
        turns += [(entity.ref, name) for entity in question.entities for name in sorted(entity.attrs)]
        turns += [(entity.ref, _GROUPS) for entity in question.entities if entity.parents]
        read = [turn for turn in turns if turn[1] in self._pools.names or turn[1] == _GROUPS]
        turned = {pick.choice(read if read and pick.random() < 0.8 else turns) for _ in range(pick.randint(1, 2))}
        context = dict(question.context)
        for name in context:
            if (None, name) in turned:
                context[name] = self.value(self._types.contexts[situation.action][name].kind, name)
        directory = Directory(self._types)
        for entity in question.entities:
            directory.add(entity.ref)
            for name, value in entity.attrs.items():
                kind = self._types.entities[entity.ref.type][name].kind
                is_turned = (entity.ref, name) in turned and name != "uid"
                directory.say(entity.ref, name, self.value(kind, name) if is_turned else value)
            for parent in sorted(entity.parents, key=str):
                if (entity.ref, _GROUPS) not in turned or pick.random() < 0.5:
                    directory.put(entity.ref, parent)
        return directory.question(situation, question.principal, question.resource, context, self.value)
