"""Whether one row filter lets through nothing but what another does. Never a guess: what is not shown is not so."""

from __future__ import annotations

from decimal import Decimal

from jit_engine.domain.row_filter import Comparator, Comparison, Literal, LiteralKind, RowFilter

_BOUNDS = frozenset({Comparator.LESS, Comparator.AT_MOST, Comparator.MORE, Comparator.AT_LEAST})


def lets_through(comparison: Comparison, value: Literal) -> bool:
    """Whether a value passes; one of another kind does not. Text is compared by code points."""
    kind = comparison.literals[0].kind
    if value.kind is not kind:
        return False
    if comparison.comparator is Comparator.IN:
        return value in comparison.literals
    (literal,) = comparison.literals
    if kind is LiteralKind.NUMBER:
        return _compare(comparison.comparator, Decimal(value.text), Decimal(literal.text))
    return _compare(comparison.comparator, value.text, literal.text)


def is_within(inner: RowFilter | None, outer: RowFilter | None) -> bool:
    """Whether every row that `inner` lets through passes `outer`; false where that cannot be shown."""
    if outer is None:
        return True
    if inner is None:
        return False
    return all(any(_implies(one, other) for one in inner.comparisons) for other in outer.comparisons)


def _implies(one: Comparison, other: Comparison) -> bool:
    if one == other:
        return True
    kinds = {literal.kind for literal in (*one.literals, *other.literals)}
    if one.column != other.column or len(kinds) != 1:
        return False
    if one.comparator in (Comparator.EQUAL, Comparator.IN):
        is_ordered = other.comparator in _BOUNDS
        # How text is ordered is the engine's own affair.
        if is_ordered and kinds == {LiteralKind.TEXT}:
            return False
        return all(lets_through(other, literal) for literal in one.literals)
    if one.comparator not in _BOUNDS or kinds == {LiteralKind.TEXT}:
        return False
    return _bound_implies(one, other)


def _bound_implies(one: Comparison, other: Comparison) -> bool:
    """A half-line lies within another that points the same way, or beside the one value that is excluded."""
    (start,), end = one.literals, other.literals[0]
    is_upper = one.comparator in (Comparator.LESS, Comparator.AT_MOST)
    is_open = one.comparator in (Comparator.LESS, Comparator.MORE)
    if other.comparator is Comparator.UNEQUAL:
        return not lets_through(one, end)
    if other.comparator not in _BOUNDS or is_upper is not (other.comparator in (Comparator.LESS, Comparator.AT_MOST)):
        return False
    return lets_through(other, start) or (is_open and start == end)


def _compare(comparator: Comparator, one: Decimal | str, other: Decimal | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        one, other = str(one), str(other)
        return _ordered(comparator, (one > other) - (one < other))
    return _ordered(comparator, (one > other) - (one < other))


def _ordered(comparator: Comparator, sign: int) -> bool:
    match comparator:
        case Comparator.EQUAL:
            return sign == 0
        case Comparator.UNEQUAL:
            return sign != 0
        case Comparator.LESS:
            return sign < 0
        case Comparator.AT_MOST:
            return sign <= 0
        case Comparator.MORE:
            return sign > 0
        case Comparator.AT_LEAST:
            return sign >= 0
        case Comparator.IN:
            return sign == 0
