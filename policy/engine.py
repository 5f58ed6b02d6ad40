"""A live rulebook, ready to answer; and the invariants, which are one that nobody edits."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files

from policy.alike import FEWEST, Alike, alike
from policy.cedar import Answer, CedarSchema, ParsedFacts
from policy.decision import Decision, Effect, Rule, Why
from policy.errors import Problem, QuestionUnfit, RulebookInvalid
from policy.facts import Facts
from policy.question import Entity, EntityRef, Question, Value
from policy.rulebook import Authorship, Rulebook, WrittenRule, rules_in
from policy.scope_index import Key, Scope
from policy.shelf import Shelf, Slice
from policy.statements import Statement

# Named in records beside the rulebook's version: raise it when the schema changes what a rule can mean.
# 2: who may propose, approve and activate rules. 3: kinds of source that are not made of files. 4: what workspaces
# hold, and importing the catalogue. 5: who may suspend, resume and retire activities.
SCHEMA_VERSION = "7"

# What the invariants stand on: they only forbid, and what they leave is for others to decide. It never leaves
# this module and no decision names it. No rule that anybody writes can have its id.
_REST = "(the-rest)"
_THE_REST = WrittenRule(
    rule=Rule(id=_REST, title="", owner="", effect=Effect.PERMIT),
    statement=Statement(text=f'@id("{_REST}") permit (principal, action, resource);', line=0),
    scope=Scope(principal=None, actions=(None,), resource=None),
    names=frozenset(),
)


class Engine:
    """The rules of one rulebook, indexed by scope. Safe to share between threads; its answers never change.

    Only the rules whose scope can match a question are put to Cedar; parsed, they are kept for the next question
    and for the engines that are made from this one.
    """

    __slots__ = ("_schema", "_shelf", "version")

    def __init__(self, version: str, shelf: Shelf, schema: CedarSchema | None = None) -> None:
        """For this module: `load`, `edited` and `invariants` are the ways to an engine."""
        self.version = version
        self._shelf = shelf
        self._schema = schema or _schema()

    @classmethod
    def load(cls, rulebook: Rulebook, after: "Engine | None" = None, *, schema: CedarSchema | None = None) -> "Engine":
        """An engine of an editable rulebook; RulebookInvalid with every problem when it must not be live.

        The answers are the same with any `after`, an engine that was made before: of it, rules that are still
        written as they were are not read again, and what is kept of it stays warm. `schema` is what the rules
        speak about; the platform's own unless given.
        """
        schema = schema or _schema()
        shelf = after._shelf if after and after._schema is schema and _REST not in after._shelf else Shelf()
        known = {each.statement.text: each for each in shelf}
        written = rules_in(rulebook, schema, Authorship.EDITABLE, known)
        return cls(rulebook.version, shelf.holding(written), schema)

    def edited(self, version: str, *, put: str = "", removed: Collection[str] = ()) -> "Engine":
        """An engine of a few rules more, others or fewer, made at the price of the edit.

        `put` is a text of rules: each takes the place of the rule with its id or, if there is none, comes last.
        `removed` are ids. RulebookInvalid with every problem, as for a whole rulebook.
        """
        written = rules_in(Rulebook(version=version, text=put), self._schema, Authorship.EDITABLE)
        unknown = sorted({name for name in removed if name not in self._shelf})
        both = sorted({each.rule.id for each in written}.intersection(removed))
        problems = [Problem(line=1, rule=name, message="there is no such rule to remove") for name in unknown]
        problems += [Problem(line=1, rule=name, message="either remove this rule or put it") for name in both]
        if problems:
            raise RulebookInvalid(version, tuple(problems))
        return Engine(version, self._shelf.edited(put=written, removed=frozenset(removed)), self._schema)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, in the order of the rulebook."""
        return tuple(each.rule for each in self._shelf if each.rule.id != _REST)

    def source_of(self, rule_id: str) -> str | None:
        """The text of a rule as its author wrote it; None where there is no such rule."""
        written = self._shelf.rule(rule_id)
        return written.statement.text if written and rule_id != _REST else None

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

        An ask that fails leaves the others as they are; facts that do not hold together fail them all. Of many asks,
        those about things that no rule can tell apart are put once.
        """
        setting = Setting(principal=principal, context=context, entities=entities, schema=self._schema)
        return self.decide_in(setting, asks)

    def decide_in(self, setting: "Setting", asks: Sequence[tuple[str, EntityRef]]) -> tuple[Decision, ...]:
        """As `decide_all`, in a setting that other engines of the same schema may be asked in as well."""
        if setting.schema is not self._schema:
            raise ValueError("the setting was read with another schema")
        if len(asks) < FEWEST or (like := self._alike(setting, asks)) is None:
            return self._each(setting, asks)
        put = [(action, like.stands_for.get(resource, resource)) for action, resource in asks]
        distinct = tuple(dict.fromkeys(put))
        fewer = Setting(
            principal=setting.principal, context=setting.context, entities=like.entities, schema=self._schema
        )
        answers = dict(zip(distinct, self._each(fewer, distinct), strict=True))
        return tuple(answers[ask] for ask in put)

    def _alike(self, setting: "Setting", asks: Sequence[tuple[str, EntityRef]]) -> Alike | None:
        parents = {entity.ref: entity.parents for entity in setting.entities}
        above, unread = set[EntityRef](), [setting.principal]
        while unread:
            ref = unread.pop()
            if ref not in above:
                above.add(ref)
                unread += parents.get(ref, ())
        keys: frozenset[Key] = frozenset({*((ref.type, ref.id) for ref in above), setting.principal.type, None})
        actions = frozenset[Key]().union(*(self._schema.action_keys(action) for action in {a for a, _ in asks}))
        return alike(
            principal=setting.principal,
            context=setting.context,
            entities=setting.entities,
            resources=(resource for _, resource in asks if resource in parents),
            is_named=lambda ref: self._shelf.naming((ref.type, ref.id), principal=keys, actions=actions),
        )

    def _each(self, setting: "Setting", asks: Sequence[tuple[str, EntityRef]]) -> tuple[Decision, ...]:
        """An answer to each, every one put to the rules."""
        decisions: dict[int, Decision] = {}
        slices: dict[Slice, dict[int, tuple[str, dict[str, str]]]] = {}
        try:
            facts, who = setting.facts()
            for place, (action, resource) in enumerate(asks):
                try:
                    ask = (action, facts.check_known(resource, "resource"))
                except QuestionUnfit as unfit:
                    decisions[place] = self._failed(str(unfit))
                else:
                    slices.setdefault(self._matching(facts, setting.principal, action, resource), {})[place] = ask
            for numbers, together in slices.items():
                answers = self._shelf.parsed(numbers).ask(who, [*together.values()], facts.context, setting.parsed())
                decisions |= {place: self._decided(each) for place, each in zip(together, answers, strict=True)}
        except (QuestionUnfit, ValueError) as unfit:
            return tuple(self._failed(str(unfit)) for _ in asks)
        return tuple(decisions[place] for place in range(len(asks)))

    def _matching(self, facts: Facts, principal: EntityRef, action: str, resource: EntityRef) -> Slice:
        return self._shelf.matching(
            principal=facts.keys(principal), action=self._schema.action_keys(action), resource=facts.keys(resource)
        )

    def _decided(self, answer: Answer) -> Decision:
        """Cedar's answer as a decision: allowed only without any error."""
        if answer.errors:
            return self._failed(*sorted(answer.errors))
        rules = tuple(self._rule(name) for name in sorted(answer.rules) if name != _REST)
        if answer.allowed:
            why = Why.PERMITTED
        else:
            why = Why.FORBIDDEN if any(rule.effect is Effect.FORBID for rule in rules) else Why.NOT_PERMITTED
        return Decision(allowed=answer.allowed, why=why, rules=rules, errors=(), rulebook=self.version)

    def _rule(self, rule_id: str) -> Rule:
        written = self._shelf.rule(rule_id)
        if written is None:
            raise QuestionUnfit(f"Cedar answers with a rule `{rule_id}` that is not in the rulebook")
        return written.rule

    def _failed(self, *errors: str) -> Decision:
        return Decision(allowed=False, why=Why.FAILED, rules=(), errors=errors, rulebook=self.version)


class Setting:
    """Who asks, in which circumstances and on which facts: read once, for every engine that is asked about it.

    Not to be shared between threads.
    """

    __slots__ = ("_facts", "_parsed", "_who", "context", "entities", "principal", "schema")

    def __init__(
        self,
        *,
        principal: EntityRef,
        context: Mapping[str, Value],
        entities: Sequence[Entity],
        schema: CedarSchema | None = None,
    ) -> None:
        self.principal = principal
        self.schema = schema or _schema()
        self.context = context
        self.entities = entities
        self._facts: Facts | None = None
        self._who: dict[str, str] = {}
        self._parsed: ParsedFacts | None = None

    def is_of(self, question: Question) -> bool:
        """Whether the question has this principal, and this very context and these very facts."""
        same = question.context is self.context and question.entities is self.entities
        return same and question.principal == self.principal

    def facts(self) -> tuple[Facts, dict[str, str]]:
        """The facts as text and the principal's id; QuestionUnfit where they do not hold together."""
        if self._facts is None:
            facts = Facts(self.entities, self.context, self.schema.enums)
            self._who = facts.check_known(self.principal, "principal")
            self._facts = facts
        return self._facts, self._who

    def parsed(self) -> ParsedFacts:
        """The entities as Cedar reads them; QuestionUnfit where they do not fit the schema."""
        if self._parsed is None:
            self._parsed = ParsedFacts(self.facts()[0].entities, self.schema)
        return self._parsed


@cache
def invariants() -> Engine:
    """The engine of what always holds, to be asked before anything else.

    It allows what no invariant forbids, so an allow of its own permits nothing: it only lets others decide.
    A refusal is `Why.FORBIDDEN` with the invariants by name, or `Why.FAILED`, and stands.
    """
    text = files("policy").joinpath("schema", "invariants.cedar").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    rulebook = Rulebook(version=f"invariants-{digest}", text=text)
    written = rules_in(rulebook, _schema(), Authorship.PLATFORM)
    return Engine(rulebook.version, Shelf().holding([*written, _THE_REST]))


@cache
def schema_text() -> str:
    """What the rules speak about, as this package ships it."""
    return files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")


@cache
def _schema() -> CedarSchema:
    return CedarSchema(schema_text())
