"""Cedar, with its edges closed: the only module that imports cedarpy.

What cedarpy would do, and what happens here instead:

1. A rule that errors is skipped, so a forbid that errors becomes an Allow; a `NoDecision` is no Deny. Every
   diagnostic is handed on in `Answer.errors`, and only `Decision.Allow` is an allow.
2. Deeply nested text ends the process. Text gets here as a `Statement`, which was measured before.
3. Ids as strings are parsed as Cedar, and are slow. Ids, entities and context are built as JSON values.
   Entities are always parsed with the schema, so a missing or mistyped attribute is refused there.
4. Policies in text get positional ids. Answers speak of rules by their `@id`, as Cedar itself reads it.
5. Validation has no positions, and gives up in silence when the stack runs low. It sees one bounded
   statement at a time, whose line is known.

Whatever cedarpy raises, a panic of its Rust code included, becomes an error of ours: the caller refuses.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, assert_never, cast

import cedarpy
from cedarpy import pst

from policy import syntax
from policy.decision import Effect
from policy.errors import QuestionUnfit, SchemaBroken
from policy.question import EntityRef
from policy.scope_index import Key, Scope
from policy.scope_keys import action_groups, names_in, scope_of
from policy.statements import Statement

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

_POSITION = re.compile(r"policy `?policy(\d+)`?")
_NOISE = re.compile(r"^(?:for policy `policy\d+`[,:] |Policy parse error: )")
_ENUM = re.compile(r"^entity\s+(\w+)\s+enum\b", re.MULTILINE)


class CedarSchema:
    """A parsed schema."""

    __slots__ = ("_groups", "enums", "handle")

    def __init__(self, text: str) -> None:
        try:
            self.handle = cedarpy.Schema.from_str(text)
        except ValueError as error:
            raise SchemaBroken(f"the policy schema does not parse: {error}") from error
        # Entity types whose members the schema itself lists: they exist without being loaded.
        self.enums = frozenset(_ENUM.findall(text))
        self._groups = action_groups(str(self.handle))

    def __str__(self) -> str:
        """The schema as Cedar writes it: one declaration an entity type and action, comments gone."""
        return str(self.handle)

    def action_keys(self, action: str) -> frozenset[Key]:
        """The keys under which a rule's action scope can match `action`; one that is unknown has only its own."""
        return self._groups.get(action, frozenset({("Action", action), None}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRule:
    """What Cedar read in one statement; `names` is every entity that it names, as (type, id)."""

    effect: Effect
    annotations: Mapping[str, str]
    is_unscoped: bool
    scope: Scope
    names: frozenset[tuple[str, str]]


def read_rule(statement: Statement, schema: CedarSchema) -> tuple[ParsedRule | None, tuple[str, ...]]:
    """One statement as Cedar reads it, and everything that is wrong with it under the schema (strict)."""
    try:
        with _panics_raised():
            document = json.loads(cedarpy.policies_to_json_str(statement.text))
            validation = cedarpy.validate_policies(statement.text, schema.handle)
    except ValueError as error:
        return None, (_clean(str(error)),)
    if document["templates"]:
        return None, ("write the principal and the resource; slots (`?principal`) are not used here",)
    policies = list(document["staticPolicies"].values())
    if len(policies) != 1:
        return None, (f"one rule was expected here, Cedar reads {len(policies)}",)
    problems = tuple(_clean(error.error) for error in validation.errors)
    if not validation.validation_passed and not problems:
        problems = ("the rule does not fit the schema",)
    return _parsed(policies[0]), problems


def _parsed(policy: dict[str, Json]) -> ParsedRule:
    """Cedar's own JSON form of a policy, as far as we need it."""
    scope = (cast(dict[str, Json], policy[part]) for part in ("principal", "action", "resource"))
    annotations = cast(dict[str, str | None], policy.get("annotations", {}))
    return ParsedRule(
        effect=Effect(cast(str, policy["effect"])),
        annotations={name: value or "" for name, value in annotations.items()},
        is_unscoped=all(part["op"] == "All" for part in scope),
        scope=scope_of(policy),
        names=names_in(policy),
    )


def syntax_of(statement: Statement) -> syntax.RuleSyntax:
    """What one statement says, as data of our own; ValueError where it is not one rule that can be read so.

    Cedar gives no tree of more than 100 levels, a chain of `&&` counted: such a rule can decide, but not be read.
    """
    try:
        with _panics_raised():
            read = cedarpy.policies_to_pst(statement.text)
    except ValueError as error:
        raise ValueError(_clean(str(error))) from error
    rules = tuple(read.static_policies.values())
    if read.templates or len(rules) != 1:
        raise ValueError(f"one rule without slots was expected here, Cedar reads {len(rules)}")
    (rule,) = rules
    return syntax.RuleSyntax(
        annotations=dict(rule.annotations),
        effect=Effect(rule.effect),
        principal=_scope(rule.principal),
        action=_action_scope(rule.action),
        resource=_scope(rule.resource),
        clauses=tuple(
            syntax.Clause("when" if isinstance(clause, pst.When) else "unless", _expr(clause.expr))
            for clause in rule.clauses
        ),
    )


def _ref(uid: pst.EntityOrSlot) -> EntityRef:
    if isinstance(uid, pst.Slot):
        raise ValueError("slots (`?principal`) are not used here")
    return EntityRef(type=str(uid.type), id=uid.id)


def _scope(scope: pst.PrincipalOrResourceConstraint) -> syntax.Scope:
    match scope:
        case pst.ScopeAny():
            return syntax.AnyEntity()
        case pst.ScopeEq(entity):
            return syntax.IsEntity(_ref(entity))
        case pst.ScopeIn(entity):
            return syntax.InEntity(_ref(entity))
        case pst.ScopeIs(kind):
            return syntax.OfType(str(kind))
        case pst.ScopeIsIn(kind, entity):
            return syntax.OfTypeIn(str(kind), _ref(entity))
        case _:
            assert_never(scope)


def _action_scope(scope: pst.ActionConstraint) -> syntax.ActionScope:
    match scope:
        case pst.ScopeAny():
            return syntax.AnyEntity()
        case pst.ActionEq(entity):
            return syntax.IsAction(entity.id)
        case pst.ActionIn(entities):
            return syntax.InActions(tuple(entity.id for entity in entities))
        case _:
            assert_never(scope)


def _expr(expr: pst.Expr) -> syntax.Expr:
    """A tree of at most 100 levels, which is what makes recursion safe here."""
    match expr:
        case pst.Var(name):
            return syntax.Var(name)
        case pst.BoolLit(flag):
            return syntax.BoolLit(flag)
        case pst.LongLit(number):
            return syntax.LongLit(number)
        case pst.StringLit(text):
            return syntax.TextLit(text)
        case pst.EntityLit(uid):
            return syntax.RefLit(_ref(uid))
        case pst.UnaryOp(unary, arg):
            return syntax.Unary(unary, _expr(arg))
        case pst.BinaryOp(binary, left, right):
            return syntax.Binary(binary, _expr(left), _expr(right))
        case pst.GetAttr(base, name):
            return syntax.Attr(_expr(base), name)
        case pst.HasAttr(base, path):
            return syntax.Has(_expr(base), tuple(path))
        case pst.Like(base, pattern):
            return syntax.Like(_expr(base), tuple(c.value if isinstance(c, pst.Char) else None for c in pattern))
        case pst.Is(base, kind, inside):
            return syntax.IsType(_expr(base), str(kind), None if inside is None else _expr(inside))
        case pst.IfThenElse(test, then, other):
            return syntax.IfElse(_expr(test), _expr(then), _expr(other))
        case pst.Set(members):
            return syntax.SetOf(tuple(_expr(member) for member in members))
        case pst.Record(fields):
            return syntax.RecordOf(tuple((name, _expr(value)) for name, value in fields.items()))
        case pst.Slot():
            raise ValueError("slots (`?principal`) are not used here")
        case _:
            assert_never(expr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Cedar's answer to one request: the `@id`s of the rules that determined it, and every error."""

    allowed: bool
    rules: tuple[str, ...]
    errors: tuple[str, ...]


class ParsedFacts:
    """Entities (JSON text) parsed with the schema once, for any number of questions about them.

    QuestionUnfit when they do not fit it.
    """

    __slots__ = ("handle", "schema")

    def __init__(self, entities: str, schema: CedarSchema) -> None:
        self.schema = schema
        try:
            with _panics_raised():
                self.handle = cedarpy.Entities.from_json_str(entities, schema.handle)
        except (ValueError, TypeError) as error:
            raise QuestionUnfit(f"Cedar could not be asked: {error}") from error


class PolicyHandle:
    """Rules parsed once, ready to be asked any number of times."""

    __slots__ = ("_names", "_policies")

    def __init__(self, statements: Sequence[Statement], names: Sequence[str]) -> None:
        """Parse; `names` are the `@id`s, in the order of the statements.

        ValueError when Cedar does not read exactly one policy a statement.
        """
        with _panics_raised():
            self._policies = cedarpy.PolicySet.from_str("\n".join(s.text for s in statements))
        if len(self._policies) != len(statements):
            raise ValueError(f"Cedar reads {len(self._policies)} rules where {len(statements)} are written")
        self._names = tuple(names)

    def ask(
        self,
        principal: dict[str, str],
        asks: Sequence[tuple[str, dict[str, str]]],
        context: str,
        facts: ParsedFacts,
    ) -> tuple[Answer, ...]:
        """An answer to each (action, resource) in order, all from the same facts; `context` is JSON text.

        QuestionUnfit when Cedar could not be asked at all.
        """
        requests = [
            {
                "principal": principal,
                "action": {"type": "Action", "id": action},
                "resource": resource,
                "context": context,
            }
            for action, resource in asks
        ]
        try:
            with _panics_raised():
                results = cedarpy.is_authorized_batch(requests, self._policies, facts.handle, facts.schema.handle)
                if len(results) != len(requests):
                    raise ValueError(f"{len(results)} answers to {len(requests)} requests")
                return tuple(self._answer(result) for result in results)
        except (ValueError, TypeError, KeyError) as error:
            raise QuestionUnfit(f"Cedar could not be asked: {error}") from error

    def _answer(self, result: cedarpy.AuthzResult) -> Answer:
        decision, diagnostics = result.decision, result.diagnostics
        ids = diagnostics.id_annotations_by_reason
        errors = tuple([self._named(error) for error in diagnostics.errors])
        if decision is cedarpy.Decision.NoDecision and not errors:
            errors = ("Cedar came to no decision",)
        return Answer(
            allowed=decision is cedarpy.Decision.Allow,
            rules=tuple([ids[reason] for reason in diagnostics.reasons]),
            errors=errors,
        )

    def _named(self, error: str) -> str:
        """An error of Cedar's with the rule's own id in place of its position."""
        return _POSITION.sub(lambda found: f"rule `{self._names[int(found.group(1))]}`", error, count=1)


def _clean(message: str) -> str:
    return _NOISE.sub("", message)


@contextmanager
def _panics_raised() -> Iterator[None]:
    """Raise a panic of cedarpy's Rust code, which is no `Exception`, as a ValueError."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"Cedar panicked: {error}") from error
