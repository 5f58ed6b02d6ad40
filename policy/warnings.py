"""What an author should look at in rules that are valid: each warning is a fact or says `may`."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from policy.cedar import syntax_of
from policy.contradictions import contradiction
from policy.coverage import covered
from policy.decision import Effect
from policy.lookalikes import meant, mixed_word, oddity, twins
from policy.rulebook import Rulebook
from policy.statements import Statement, statements_of
from policy.syntax import (
    AnyEntity,
    InActions,
    InEntity,
    IsAction,
    IsEntity,
    OfType,
    OfTypeIn,
    RuleSyntax,
    Scope,
    TextLit,
    Unary,
    Var,
    everything_in,
    refs_in,
)
from policy.vocabulary import ActionKind, vocabulary

KnownIds: TypeAlias = Mapping[str, Set[str]]
"""The ids that exist, by entity type; ids of a type that is not a key are not checked."""

_CONSTRUCTORS: Final = frozenset({"datetime", "duration", "decimal", "ip"})


class Concern(StrEnum):
    """What a warning is about."""

    UNSCOPED = "unscoped"
    SHADOWED = "shadowed"
    NEVER_MATCHES = "never-matches"
    UNKNOWN_ID = "unknown-id"
    LOOK_ALIKE = "look-alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWarning:
    """One thing to look at; `line` counts from 1 in the rulebook."""

    concern: Concern
    rule: str
    line: int
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A rule that was read, and where it stands."""

    syntax: RuleSyntax
    statement: Statement

    @property
    def id(self) -> str:
        return self.syntax.annotations.get("id", "")

    def warning(self, concern: Concern, message: str, fix: str) -> RuleWarning:
        """A warning about this rule."""
        return RuleWarning(concern=concern, rule=self.id, line=self.statement.line, message=message, fix=fix)


def warnings_in(rulebook: Rulebook, known: KnownIds | None = None) -> tuple[RuleWarning, ...]:
    """What to look at in a rulebook, by line. What is invalid in it is for `rules_in`, and is passed over here."""
    statements, problems = statements_of(rulebook.text)
    if problems:
        return ()
    rules: list[_Read] = []
    for statement in statements:
        try:
            rules.append(_Read(syntax=syntax_of(statement), statement=statement))
        except ValueError:
            continue
    found = [warning for rule in rules for warning in _of_one(rule, known or {})]
    found += _shadowed(rules)
    found += _twins(rules)
    return tuple(sorted(found, key=lambda warning: warning.line))


def _of_one(rule: _Read, known: KnownIds) -> Iterator[RuleWarning]:
    yield from _unscoped(rule)
    yield from _never(rule)
    yield from _unknown(rule, known)
    yield from _odd(rule, known)


def _unscoped(rule: _Read) -> Iterator[RuleWarning]:
    says = rule.syntax
    anyone, anything = isinstance(says.principal, AnyEntity), isinstance(says.resource, AnyEntity)
    if anyone and anything and len(_resources(says)) > 1:
        yield rule.warning(
            Concern.UNSCOPED,
            "it names neither who nor which things in its scope, so it is read for every request of its actions",
            "name a principal or a resource in its scope if it is about some of them only; if not, leave it",
        )
    if says.effect is Effect.FORBID or not _uses_data(says):
        return
    mentioned = {expr.name for expr in everything_in(says) if isinstance(expr, Var)}
    if anyone and "principal" not in mentioned:
        yield rule.warning(
            Concern.UNSCOPED,
            "nothing in it says who, so it may permit this to everyone who works in any activity",
            'name whom it is for, such as `principal in Team::"…"`',
        )
    if anything and "resource" not in mentioned and len(_resources(says)) > 1:
        yield rule.warning(
            Concern.UNSCOPED,
            "nothing in it says which data, so it may permit this for every data product, present and future",
            'name what it is for, such as `resource in DataProduct::"…"`',
        )


def _never(rule: _Read) -> Iterator[RuleWarning]:
    if clash := contradiction(rule.syntax):
        yield rule.warning(Concern.NEVER_MATCHES, f"it never applies: {clash}", "take one of the two out")
    match rule.syntax.action:
        case InActions(names) if len(names) > 1:
            principals, resources = _kinds(rule.syntax.principal), _kinds(rule.syntax.resource)
            for name in names:
                leaves = vocabulary().actions_in([name])
                if not any(principals & {*a.principals} and resources & {*a.resources} for a in leaves):
                    yield rule.warning(
                        Concern.NEVER_MATCHES,
                        f"{name} does not exist for what its scope names, so that part never applies",
                        f"take {name} out, or widen the scope",
                    )
        case _:
            pass


def _unknown(rule: _Read, known: KnownIds) -> Iterator[RuleWarning]:
    for ref in dict.fromkeys(refs_in(rule.syntax)):
        if ref.type not in known or ref.id in known[ref.type]:
            continue
        likely = meant(ref.id, known[ref.type])
        effect = "permit nothing" if rule.syntax.effect is Effect.PERMIT else "forbid nothing"
        yield rule.warning(
            Concern.UNKNOWN_ID,
            f"{ref} does not exist now, so the rule may {effect} there",
            f"did you mean {' or '.join(likely)}?" if likely else "correct the id, or register it first",
        )


def _odd(rule: _Read, known: KnownIds) -> Iterator[RuleWarning]:
    """Letters that may mislead whoever reads the rule."""
    constructed = {
        expr.arg for expr in everything_in(rule.syntax) if isinstance(expr, Unary) and expr.op in _CONSTRUCTORS
    }
    named = [(str(ref), ref.id, known.get(ref.type, frozenset())) for ref in refs_in(rule.syntax)]
    named += [
        (f'"{expr.value}"', expr.value, frozenset())
        for expr in everything_in(rule.syntax)
        if isinstance(expr, TextLit) and expr not in constructed
    ]
    for shown, name, existing in dict.fromkeys((shown, name, frozenset(ids)) for shown, name, ids in named):
        if why := oddity(name):
            likely = meant(name, existing - {name})
            fix = f"did you mean {' or '.join(likely)}?" if likely else "write it in the letters of the registry"
            yield rule.warning(Concern.LOOK_ALIKE, f"{shown} {why}", fix)
    for annotation, text in rule.syntax.annotations.items():
        if word := mixed_word(text):
            yield rule.warning(
                Concern.LOOK_ALIKE,
                f"@{annotation} has a word of several alphabets, {word!r}",
                "write the word in one alphabet",
            )


def _shadowed(rules: list[_Read]) -> Iterator[RuleWarning]:
    for pair in covered([rule.syntax for rule in rules]):
        rule, other = rules[pair.rule], rules[pair.by]
        if rule.syntax.effect is other.syntax.effect:
            verb = "permits" if rule.syntax.effect is Effect.PERMIT else "forbids"
            message = f"{other.id} (line {other.statement.line}) {verb} all that this rule {verb}"
            fix = "it may be removed without changing what is allowed; or one of the two is not what was meant"
        else:
            message = f"{other.id} (line {other.statement.line}) forbids all that this rule permits"
            fix = "narrow the one or remove the other; a forbid always wins"
        yield rule.warning(Concern.SHADOWED, message, fix)


def _twins(rules: list[_Read]) -> Iterator[RuleWarning]:
    """Ids that differ and look the same, each told at the first rule that has the later one."""
    first: dict[str, dict[str, _Read]] = {}
    for rule in rules:
        for ref in refs_in(rule.syntax):
            first.setdefault(ref.type, {}).setdefault(ref.id, rule)
    for kind, ids in first.items():
        for before, other in twins(ids):
            yield ids[other].warning(
                Concern.LOOK_ALIKE,
                f'{kind}::"{other}" looks like {kind}::"{before}", which {ids[before].id} names, and is another',
                "make sure that both are meant",
            )


def _resources(rule: RuleSyntax) -> frozenset[str]:
    """The types of things that the rule's actions apply to, within its scope."""
    kinds = _kinds(rule.resource)
    return frozenset(kind for action in _actions(rule) for kind in action.resources if kind in kinds)


def _uses_data(rule: RuleSyntax) -> bool:
    return any("purpose" in action.context for action in _actions(rule))


def _actions(rule: RuleSyntax) -> tuple[ActionKind, ...]:
    match rule.action:
        case IsAction(name):
            return vocabulary().actions_in([name])
        case InActions(names):
            return vocabulary().actions_in(names)
        case _:
            return vocabulary().actions_in(vocabulary().actions)


def _kinds(scope: Scope) -> frozenset[str]:
    """The types of entities that a scope can hold."""
    match scope:
        case IsEntity(ref):
            return frozenset({ref.type})
        case InEntity(ref):
            return vocabulary().kinds_in(ref.type)
        case OfType(kind):
            return frozenset({kind})
        case OfTypeIn(kind, ref):
            return frozenset({kind}) & vocabulary().kinds_in(ref.type)
        case _:
            return frozenset(vocabulary().entities)
