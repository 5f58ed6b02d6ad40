"""A known directory to look for witnesses in: people, things and the circumstances in which they could be asked for."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from policy import syntax
from policy.change.fact_types import FactTypes, Plain, SetKind, fact_types
from policy.change.literals import instant_ms, moment, span_ms
from policy.change.reach import Groups
from policy.question import Entity, EntityRef, Scalar, Value
from policy.syntax import RuleSyntax

_MOST_VALUES = 12
Context = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that is known; `contexts` are the circumstances to try, whole or in part what actions ask for.

    `columns` are the names of the columns of each column group, for people to read.
    """

    entities: tuple[Entity, ...]
    principals: tuple[EntityRef, ...]
    resources: tuple[EntityRef, ...]
    contexts: tuple[Context, ...]
    columns: Mapping[EntityRef, tuple[str, ...]] = field(default_factory=dict)


def world_of(
    entities: Iterable[Entity], now: datetime, columns: Mapping[EntityRef, tuple[str, ...]] | None = None
) -> World:
    """The world that a directory is: every principal, every resource, every environment for each purpose in it."""
    known = tuple(entities)
    groups = Groups(known)
    actions = fact_types().vocabulary.actions.values()
    who = {kind for action in actions for kind in action.principals}
    what = {kind for action in actions for kind in action.resources}
    purposes = [each.ref for each in known if each.ref.type == "Purpose"]
    contexts: list[Context] = []
    facts = {each.ref: each.attrs for each in known}
    for each in known:
        activity = each.attrs.get("activity")
        if each.ref.type != "Environment" or not isinstance(activity, EntityRef):
            continue
        allowed = facts.get(activity, {}).get("purposes")
        named = allowed if isinstance(allowed, frozenset) else frozenset[Scalar]()
        for purpose in purposes:
            if groups.above(purpose) & named:
                contexts.append(
                    {
                        "purpose": purpose, "tier": each.attrs["tier"], "environment": each.ref,
                        "activity": activity, "now": now, "mfa": True,
                    }
                )  # fmt: skip
    return World(
        entities=known,
        principals=tuple(each.ref for each in known if each.ref.type in who),
        resources=tuple(each.ref for each in known if each.ref.type in what),
        contexts=tuple(contexts) or ({"now": now, "mfa": True},),
        columns=columns or {},
    )


def circumstances(world: World, types: FactTypes, rules: Iterable[RuleSyntax]) -> tuple[Context, ...]:
    """The world's contexts, each with the values at which a rule's answer can turn."""
    reads = list(rules)
    found: dict[str, Context] = {}
    for context in world.contexts:
        turns = {name: values for name, values in _turning(context, types, reads).items() if name in context}
        for values in product(*turns.values()):
            varied = {**context, **dict(zip(turns, values, strict=True))}
            found.setdefault(repr(sorted(varied.items())), varied)
    return tuple(found.values())


def _turning(context: Context, types: FactTypes, rules: list[RuleSyntax]) -> dict[str, list[Value]]:
    """For each fact of the context that some rule reads, the values at and around what the rules write."""
    literals = [expr for rule in rules for expr in syntax.everything_in(rule)]
    read = {of.name for of in literals if isinstance(of, syntax.Attr) and of.of == syntax.Var("context")}
    kinds = {name: fact.kind for facts in types.contexts.values() for name, fact in facts.items()}
    turns: dict[str, list[Value]] = {}
    for name in sorted(read & context.keys()):
        found = [context[name]]
        match kinds.get(name):
            case Plain.BOOL:
                found += [True, False]
            case Plain.LONG:
                numbers = [expr.value for expr in literals if isinstance(expr, syntax.LongLit)]
                found += [number + step for number in numbers for step in (-1, 0, 1)]
            case Plain.STRING:
                found += [expr.value for expr in literals if isinstance(expr, syntax.TextLit)]
            case Plain.DATETIME:
                now = context[name]
                found += _moments(literals, now) if isinstance(now, datetime) else ()
            case SetKind(Plain.STRING):
                texts = [expr.value for expr in literals if isinstance(expr, syntax.TextLit)]
                found += [frozenset[Scalar](), frozenset[Scalar](texts), *(frozenset[Scalar]({t}) for t in texts)]
            case _:
                continue
        turns[name] = list(dict.fromkeys(found))[:_MOST_VALUES]
    return turns


def _moments(literals: list[syntax.Expr], now: datetime) -> Iterator[datetime]:
    midnight = instant_ms(now.replace(hour=0, minute=0, second=0, microsecond=0).isoformat())
    for expr in literals:
        match expr:
            case syntax.Unary("datetime", syntax.TextLit(text)):
                at = instant_ms(text)
            case syntax.Unary("duration", syntax.TextLit(text)):
                at = midnight + span_ms(text)
            case _:
                continue
        for ms in (at - 1, at, at + 1):
            with suppress(OverflowError):  # nobody asks at a time beyond the calendar
                yield moment(ms)
