"""A solver's model as a question that the engine can be asked."""

from policy.change.encoding import Encoder
from policy.change.fact_types import EntityOf, Plain, SetKind
from policy.change.literals import moment
from policy.change.logic import Formula, Model
from policy.change.points import Directory, Unbuildable, plainest
from policy.change.terms import Term, matches
from policy.question import EntityRef, Question, Scalar, Value


def question_in(model: Model, encoder: Encoder) -> Question:
    """The question and the smallest directory that look like the model; Unbuildable where there is none."""
    return _Reader(model, encoder).question()


class _Reader:
    def __init__(self, model: Model, encoder: Encoder) -> None:
        self._model = model
        self._encoder = encoder
        self._terms = encoder.terms
        self._uids: dict[tuple[str, int], str] = {}
        self._texts: dict[int, str] = {}
        for reading in self._terms.readings.values():
            kind, uid = reading.owner.kind, reading.value
            if reading.fact == "uid" and isinstance(kind, EntityOf) and isinstance(uid, Term):
                self._uids[kind.type, model.value(reading.owner.number)] = self._text(model.value(uid.number))

    def question(self) -> Question:
        encoder, model, terms = self._encoder, self._model, self._terms
        directory = Directory(terms.types)
        for having, fact, claim in terms.having.values():
            if model.holds(claim) and (having.name, fact) not in terms.readings:
                declared = terms.types.entities[self._ref(having).type][fact]
                directory.say(self._ref(having), fact, plainest(terms.types)(declared.kind, fact))
        lacking = {
            (owner.name, fact) for owner, fact, claim in terms.having.values() if not model.holds(claim)
        }  # fmt: skip
        for key, reading in terms.readings.items():
            if key not in lacking:
                directory.say(self._ref(reading.owner), reading.fact, self._value(reading.value))
        for child, parent, claim in terms.links.values():
            low, high = self._ref(child), self._ref(parent)
            if model.holds(claim) and low != high:
                directory.put(low, high)
        context = {
            name: self._value(value)
            for name, value in encoder.context.items()
            if name not in encoder.context_has or model.holds(encoder.context_has[name])
        }
        who, what = self._ref(encoder.principal), self._ref(encoder.resource)
        return directory.question(encoder.situation, who, what, context, plainest(terms.types))

    def _ref(self, term: Term) -> EntityRef:
        found = self._scalar(term)
        if not isinstance(found, EntityRef):
            raise Unbuildable(f"{term.name} is no entity")
        return found

    def _value(self, value: Term | Formula) -> Value:
        if not isinstance(value, Term):
            return self._model.holds(value)
        if not isinstance(value.kind, SetKind):
            return self._scalar(value)
        members = tuple(self._terms.members[value.kind.of].values())
        return frozenset(
            self._scalar(member) for member in members if self._model.holds(self._terms.contains(value, member))
        )

    def _scalar(self, term: Term) -> Scalar:
        number = self._model.value(term.number)
        match term.kind:
            case Plain.LONG:
                return number
            case Plain.DATETIME:
                return moment(number)
            case Plain.STRING:
                return self._text(number)
            case EntityOf(kind):
                written = self._terms.written(term.kind, number)
                name = self._uids.get((kind, number), f"some-{kind.lower()}-{number}") if written is None else written
                return EntityRef(type=kind, id=name)
        raise Unbuildable(f"{term.name} is of a kind that a question cannot hold")

    def _text(self, number: int) -> str:
        """The text that a number stands for; for one that no rule writes, one that its patterns allow."""
        written = self._terms.written(Plain.STRING, number)
        if written is not None:
            return written
        if number not in self._texts:
            self._texts[number] = self._made_up(number)
        return self._texts[number]

    def _made_up(self, number: int) -> str:
        wanted = [
            (pattern, self._model.holds(claim))
            for pattern, text, claim in self._terms.likes.values()
            if self._model.value(text.number) == number
        ]
        tries = [
            f"any-{number}",
            *("".join(f"x{number}" if p is None else p for p in like.pattern) for like, _ in wanted),
        ]
        tries += ["".join(piece or "" for piece in like.pattern) for like, _ in wanted]
        for text in tries:
            if all(matches(pattern, text) is holds for pattern, holds in wanted):
                return text
        raise Unbuildable("no text was found that is of these patterns")
