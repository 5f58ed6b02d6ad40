"""Conditions that cannot hold together, as far as their wording alone shows it."""

from collections.abc import Iterator
from typing import Final

from policy.printing import printed_expr
from policy.syntax import (
    Binary,
    BinaryName,
    BoolLit,
    Expr,
    LongLit,
    RefLit,
    RuleSyntax,
    SetOf,
    TextLit,
    Unary,
    conjuncts,
)

_LITERALS: Final = BoolLit | LongLit | TextLit | RefLit
_MIRRORED: Final[dict[BinaryName, BinaryName]] = {
    "eq": "eq", "less": "greater", "less_eq": "greater_eq", "greater": "less", "greater_eq": "less_eq",
}  # fmt: skip
_DAY: Final = len("2026-01-01")


def contradiction(rule: RuleSyntax) -> str | None:
    """Two conditions of a rule that exclude each other, or one that never holds; None where none is found."""
    when = [part for clause in rule.clauses if clause.kind == "when" for part in conjuncts(clause.expr)]
    held = set(when)
    for part in when:
        if part == BoolLit(False):
            return "its condition is `false`"
        if Unary("not", part) in held:
            return f"it demands `{printed_expr(part)}` and its opposite"
    for clause in rule.clauses:
        if clause.kind == "unless" and (clause.expr == BoolLit(True) or held.issuperset(conjuncts(clause.expr))):
            return f"what it demands is what it excepts: `{printed_expr(clause.expr)}`"
    limits = [limit for part in when for limit in _limits(part)]
    for place, (subject, first, bound, text) in enumerate(limits):
        for other, second, against, said in limits[:place]:
            if other == subject and not _go_together(second, against, first, bound):
                return f"`{said}` and `{text}` exclude each other"
    return None


def _limits(part: Expr) -> Iterator[tuple[Expr, str, Expr, str]]:
    """What a condition says of one expression: (the expression, the relation, the literal or set, the wording)."""
    match part:
        case Binary(op, SetOf() | BoolLit() | LongLit() | TextLit() | RefLit() as left, right) if op in _MIRRORED:
            yield right, _MIRRORED[op], left, printed_expr(part)
        case Binary("contains", SetOf(members) as several, subject):
            if all(isinstance(member, _LITERALS) for member in members):
                yield subject, "among", several, printed_expr(part)
        case Binary(op, left, right) if op in _MIRRORED and _is_fixed(right):
            yield left, op, right, printed_expr(part)
        case _:
            pass


def _is_fixed(expr: Expr) -> bool:
    return isinstance(expr, _LITERALS) or (isinstance(expr, Unary) and _day(expr) is not None)


def _day(expr: Expr) -> str | None:
    """A whole day as text, which sorts as time does."""
    match expr:
        case Unary("datetime", TextLit(text)) if len(text) == _DAY:
            return text
        case _:
            return None


def _go_together(first: str, one: Expr, second: str, other: Expr) -> bool:
    """Whether something can stand in both relations; true in every case that is not plain."""
    if "among" in (first, second):
        return _is_among(first, one, second, other)
    low, high = _order(one), _order(other)
    if low is None or high is None or low[0] != high[0]:
        return not (first == second == "eq") or one == other or not isinstance(one, _LITERALS)
    a, b = low[1], high[1]
    match (first, second):
        case ("eq", "eq"):
            return a == b
        case ("eq", relation):
            return _holds(a, relation, b)
        case (relation, "eq"):
            return _holds(b, relation, a)
        case ("greater" | "greater_eq", "less" | "less_eq"):
            return a < b or (a == b and first == "greater_eq" and second == "less_eq")
        case ("less" | "less_eq", "greater" | "greater_eq"):
            return b < a or (a == b and first == "less_eq" and second == "greater_eq")
        case _:
            return True


def _is_among(first: str, one: Expr, second: str, other: Expr) -> bool:
    match (first, one, second, other):
        case ("among", SetOf(some), "among", SetOf(others)):
            return bool(set(some) & set(others))
        case ("among", SetOf(members), "eq", literal) | ("eq", literal, "among", SetOf(members)):
            return literal in members
        case _:
            return True


def _order(expr: Expr) -> tuple[str, tuple[int, str]] | None:
    """A literal as something that can be compared with its like; None for what has no order."""
    if isinstance(expr, LongLit):
        return "number", (expr.value, "")
    day = _day(expr)
    return None if day is None else ("day", (0, day))


def _holds(value: tuple[int, str], relation: str, bound: tuple[int, str]) -> bool:
    match relation:
        case "less":
            return value < bound
        case "less_eq":
            return value <= bound
        case "greater":
            return value > bound
        case "greater_eq":
            return value >= bound
        case _:
            return True
