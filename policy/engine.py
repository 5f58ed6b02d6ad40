"""A live rulebook, ready to answer; and the invariants, which are one that nobody edits."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from policy.cedar import Answer, CedarSchema, PolicyHandle
from policy.decision import Decision, Effect, Rule, Why
from policy.errors import Problem, QuestionUnfit, RulebookInvalid
from policy.facts import Facts
from policy.question import Entity, EntityRef, Question, Value
from policy.rulebook import Authorship, Rulebook, WrittenRule, rules_in
from policy.statements import Statement

# Named in records beside the rulebook's version: raise it when the schema changes what a rule can mean.
SCHEMA_VERSION = "1"

# What the invariants stand on: they only forbid, and what they leave is for others to decide. It never leaves
# this module and no decision names it.
_THE_REST = Statement(text='@id("the-rest") permit (principal, action, resource);', line=0)


class Engine:
    """The rules of one rulebook, parsed once. Safe to share between threads; it never changes."""

    __slots__ = ("_by_id", "_handle", "_written", "rules", "version")

    def __init__(
        self, version: str, written: tuple[WrittenRule, ...], foundation: tuple[Statement, ...]
    ) -> None:
        """For this module: `load` and `invariants` are the ways to an engine."""
        statements = [each.statement for each in written]
        names = [each.rule.id for each in written] + ["the-rest"] * len(foundation)
        try:
            self._handle = PolicyHandle([*statements, *foundation], names, _schema())
        except ValueError as error:
            raise RulebookInvalid(version, (Problem(line=1, message=str(error)),)) from error
        self.version = version
        self.rules: tuple[Rule, ...] = tuple(each.rule for each in written)
        self._written = {each.rule.id: each.statement.text for each in written}
        self._by_id = {rule.id: rule for rule in self.rules}

    @classmethod
    def load(cls, rulebook: Rulebook) -> "Engine":
        """An engine of an editable rulebook; RulebookInvalid with every problem when it must not be live."""
        return cls(rulebook.version, rules_in(rulebook, _schema(), Authorship.EDITABLE), ())

    def source_of(self, rule_id: str) -> str | None:
        """The text of a rule as its author wrote it; None where there is no such rule."""
        return self._written.get(rule_id)

    def decide(self, question: Question) -> Decision:
        """The answer to one question; what goes wrong is a refusal with `Why.FAILED`, never raised."""
        return self.decide_all(
            principal=question.principal,
            context=question.context,
            entities=question.entities,
            asks=((question.action, question.resource),),
        )[0]

    def decide_all(
        self,
        *,
        principal: EntityRef,
        context: Mapping[str, Value],
        entities: Sequence[Entity],
        asks: Sequence[tuple[str, EntityRef]],
    ) -> tuple[Decision, ...]:
        """An answer to each (action, resource) in order, all from the same facts, which are read once.

        An ask that fails leaves the others as they are; facts that do not hold together fail them all.
        """
        try:
            facts = Facts(entities, context, _schema().enums)
            who = facts.check_known(principal, "principal")
        except QuestionUnfit as unfit:
            return tuple(self._failed(str(unfit)) for _ in asks)
        decisions: dict[int, Decision] = {}
        fit: list[tuple[int, tuple[str, dict[str, str]]]] = []
        for place, (action, resource) in enumerate(asks):
            try:
                fit.append((place, (action, facts.check_known(resource, "resource"))))
            except QuestionUnfit as unfit:
                decisions[place] = self._failed(str(unfit))
        if fit:
            try:
                answers = self._handle.ask(who, [ask for _, ask in fit], facts.context, facts.entities)
            except QuestionUnfit as unfit:
                return tuple(self._failed(str(unfit)) for _ in asks)
            for (place, _), answer in zip(fit, answers, strict=True):
                decisions[place] = self._decided(answer)
        return tuple(decisions[place] for place in range(len(asks)))

    def _decided(self, answer: Answer) -> Decision:
        """Cedar's answer as a decision: allowed only without any error."""
        if answer.errors:
            return self._failed(*answer.errors)
        rules = tuple(sorted((self._by_id[name] for name in answer.rules if name in self._by_id), key=_id))
        if answer.allowed:
            why = Why.PERMITTED
        else:
            why = Why.FORBIDDEN if any(rule.effect is Effect.FORBID for rule in rules) else Why.NOT_PERMITTED
        return Decision(allowed=answer.allowed, why=why, rules=rules, errors=(), rulebook=self.version)

    def _failed(self, *errors: str) -> Decision:
        return Decision(allowed=False, why=Why.FAILED, rules=(), errors=errors, rulebook=self.version)


@cache
def invariants() -> Engine:
    """The engine of what always holds, to be asked before anything else.

    It allows what no invariant forbids, so an allow of its own permits nothing: it only lets others decide.
    A refusal is `Why.FORBIDDEN` with the invariants by name, or `Why.FAILED`, and stands.
    """
    text = files("policy").joinpath("schema", "invariants.cedar").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    rulebook = Rulebook(version=f"invariants-{digest}", text=text)
    return Engine(rulebook.version, rules_in(rulebook, _schema(), Authorship.PLATFORM), (_THE_REST,))


@cache
def _schema() -> CedarSchema:
    return CedarSchema(files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8"))


def _id(rule: Rule) -> str:
    return rule.id
