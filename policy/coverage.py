"""Which rules another rule covers: wherever the one applies, so does the other. Never a guess, often silent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy.decision import Effect
from policy.syntax import (
    ActionScope,
    AnyEntity,
    Expr,
    InActions,
    InEntity,
    IsAction,
    IsEntity,
    OfType,
    OfTypeIn,
    RuleSyntax,
    Scope,
    conjuncts,
)
from policy.vocabulary import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A rule, by its place, that has no say because of another."""

    rule: int
    by: int


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where a rule applies, as sets: more actions and fewer demands is wider."""

    actions: frozenset[str] | None
    demands: frozenset[tuple[str, Expr]]


def covered(rules: Sequence[RuleSyntax]) -> tuple[Covered, ...]:
    """Each rule that another one covers, with the first that does: a permit by a permit or a forbid, a forbid by
    a forbid. Of two that cover each other, the later is named.
    """
    by_scope: dict[tuple[Scope, Scope], list[int]] = defaultdict(list)
    for place, rule in enumerate(rules):
        by_scope[rule.principal, rule.resource].append(place)
    extents = [_extent(rule) for rule in rules]

    def covers(wide: int, narrow: int) -> bool:
        if wide == narrow or (rules[wide].effect is Effect.PERMIT and rules[narrow].effect is Effect.FORBID):
            return False
        if not _is_within(extents[narrow], extents[wide]):
            return False
        mutual = (
            (rules[wide].principal, rules[wide].resource) == (rules[narrow].principal, rules[narrow].resource)
            and extents[wide] == extents[narrow]
            and rules[wide].effect is rules[narrow].effect
        )
        return not mutual or wide < narrow

    found = []
    for place, rule in enumerate(rules):
        candidates = (
            other
            for principal in _around(rule.principal)
            for resource in _around(rule.resource)
            for other in by_scope.get((principal, resource), ())
        )
        by = min((other for other in candidates if covers(other, place)), default=None)
        if by is not None:
            found.append(Covered(rule=place, by=by))
    return tuple(found)


def _around(scope: Scope) -> Iterator[Scope]:
    """The scopes that surely hold all that `scope` holds, itself included."""
    yield scope
    match scope:
        case IsEntity(ref):
            yield from (InEntity(ref), OfType(ref.type), OfTypeIn(ref.type, ref))
        case OfTypeIn(kind, ref):
            yield from (InEntity(ref), OfType(kind))
        case _:
            pass
    if not isinstance(scope, AnyEntity):
        yield AnyEntity()


def _extent(rule: RuleSyntax) -> _Extent:
    demands: set[tuple[str, Expr]] = set()
    for clause in rule.clauses:
        # All of `when` has to hold; of an `unless`, something has not to: its operands belong together.
        parts = conjuncts(clause.expr) if clause.kind == "when" else (clause.expr,)
        demands |= {(clause.kind, part) for part in parts}
    return _Extent(actions=_leaves(rule.action), demands=frozenset(demands))


def _leaves(scope: ActionScope) -> frozenset[str] | None:
    match scope:
        case IsAction(name):
            return frozenset({name})
        case InActions(names):
            return frozenset(action.name for action in vocabulary().actions_in(names))
        case _:
            return None


def _is_within(narrow: _Extent, wide: _Extent) -> bool:
    if wide.actions is not None and (narrow.actions is None or not narrow.actions <= wide.actions):
        return False
    return wide.demands <= narrow.demands
