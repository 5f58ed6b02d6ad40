"""The syntax of one rule as plain data: what it says, for code that reads, writes or compares rules.

Nodes are small and many, so their fields are positional, unlike elsewhere. The names of the operators are
those of Cedar's own public syntax tree (`cedar_policy::pst`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from policy.decision import Effect
from policy.question import EntityRef

VarName: TypeAlias = Literal["principal", "action", "resource", "context"]
UnaryName: TypeAlias = Literal[
    "not", "neg", "is_empty", "datetime", "decimal", "duration", "ip", "is_ipv4", "is_ipv6", "is_loopback",
    "is_multicast", "to_date", "to_time", "to_milliseconds", "to_seconds", "to_minutes", "to_hours", "to_days",
]  # fmt: skip
BinaryName: TypeAlias = Literal[
    "eq", "not_eq", "less", "less_eq", "greater", "greater_eq", "and", "or", "add", "sub", "mul", "in",
    "contains", "contains_all", "contains_any", "get_tag", "has_tag", "is_in_range", "offset", "duration_since",
    "decimal_less_than", "decimal_less_eq", "decimal_greater", "decimal_greater_eq",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Var:
    """`principal`, `action`, `resource` or `context`."""

    name: VarName


@dataclass(frozen=True, slots=True)
class BoolLit:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class LongLit:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class TextLit:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class RefLit:
    """An entity, such as `Team::"lending-science"`."""

    value: EntityRef


@dataclass(frozen=True, slots=True)
class Unary:
    """An operator, method or constructor of one operand."""

    op: UnaryName
    arg: "Expr"


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator or method of two operands."""

    op: BinaryName
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Attr:
    """`of.name`."""

    of: "Expr"
    name: str


@dataclass(frozen=True, slots=True)
class Has:
    """`of has path`."""

    of: "Expr"
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """`of like pattern`; None stands for `*`."""

    of: "Expr"
    pattern: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class IsType:
    """`of is type`, with `in inside` where that is given."""

    of: "Expr"
    type: str
    inside: "Expr | None"


@dataclass(frozen=True, slots=True)
class IfElse:
    """`if test then then else other`."""

    test: "Expr"
    then: "Expr"
    other: "Expr"


@dataclass(frozen=True, slots=True)
class SetOf:
    """`[…]`."""

    members: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class RecordOf:
    """`{…}`."""

    fields: tuple[tuple[str, "Expr"], ...]


Expr: TypeAlias = (
    Var | BoolLit | LongLit | TextLit | RefLit | Unary | Binary | Attr | Has | Like | IsType | IfElse
    | SetOf | RecordOf
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnyEntity:
    """No constraint: `principal`, `resource`, `action`."""


@dataclass(frozen=True, slots=True)
class IsEntity:
    """`== ref`."""

    ref: EntityRef


@dataclass(frozen=True, slots=True)
class InEntity:
    """`in ref`."""

    ref: EntityRef


@dataclass(frozen=True, slots=True)
class OfType:
    """`is type`."""

    type: str


@dataclass(frozen=True, slots=True)
class OfTypeIn:
    """`is type in ref`."""

    type: str
    ref: EntityRef


Scope: TypeAlias = AnyEntity | IsEntity | InEntity | OfType | OfTypeIn


@dataclass(frozen=True, slots=True)
class IsAction:
    """`action == Action::"name"`."""

    name: str


@dataclass(frozen=True, slots=True)
class InActions:
    """`action in [Action::"…"]`; a single one may stand without brackets."""

    names: tuple[str, ...]


ActionScope: TypeAlias = AnyEntity | IsAction | InActions


@dataclass(frozen=True, slots=True)
class Clause:
    """`when { expr }` or `unless { expr }`."""

    kind: Literal["when", "unless"]
    expr: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSyntax:
    """One rule: its annotations, effect, scopes and clauses in the order of the text."""

    annotations: Mapping[str, str]
    effect: Effect
    principal: Scope
    action: ActionScope
    resource: Scope
    clauses: tuple[Clause, ...]


def conjuncts(expr: Expr) -> tuple[Expr, ...]:
    """The operands of `a && b && …` in order, however they are bracketed; `expr` alone if it is no such chain."""
    found: list[Expr] = []
    waiting = [expr]
    while waiting:
        match waiting.pop():
            case Binary("and", left, right):
                waiting += (right, left)
            case other:
                found.append(other)
    return tuple(found)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside `expr`, in the order of the text."""
    match expr:
        case Unary(_, arg):
            return (arg,)
        case Binary(_, left, right):
            return (left, right)
        case Attr(of, _) | Has(of, _) | Like(of, _) | IsType(of, _, None):
            return (of,)
        case IsType(of, _, inside) if inside is not None:
            return (of, inside)
        case IfElse(test, then, other):
            return (test, then, other)
        case SetOf(members):
            return members
        case RecordOf(fields):
            return tuple(value for _, value in fields)
        case _:
            return ()


def everything_in(rule: RuleSyntax) -> Iterator[Expr]:
    """Every expression of a rule's clauses, each before those inside it, in the order of the text."""
    waiting = [clause.expr for clause in reversed(rule.clauses)]
    while waiting:
        expr = waiting.pop()
        yield expr
        waiting += reversed(children(expr))


def refs_in(rule: RuleSyntax) -> tuple[EntityRef, ...]:
    """Every entity that a rule names, actions included, in the order of the text, repeats included."""
    found: list[EntityRef] = []
    for scope in (rule.principal, rule.action, rule.resource):
        match scope:
            case IsEntity(ref) | InEntity(ref) | OfTypeIn(_, ref):
                found.append(ref)
            case IsAction(name):
                found.append(EntityRef(type="Action", id=name))
            case InActions(names):
                found += (EntityRef(type="Action", id=name) for name in names)
            case _:
                pass
    found += (expr.value for expr in everything_in(rule) if isinstance(expr, RefLit))
    return tuple(found)
