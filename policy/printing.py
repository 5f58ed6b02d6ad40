"""The Cedar text of a rule's syntax. Built node by node, every string escaped: no value can become syntax.

The text reads back as the same syntax. More is bracketed than Cedar needs, which its tree does not show.
"""

from typing import Final, assert_never

from policy.question import EntityRef
from policy.syntax import (
    ActionScope,
    AnyEntity,
    Attr,
    Binary,
    BinaryName,
    BoolLit,
    Expr,
    Has,
    IfElse,
    InActions,
    InEntity,
    IsAction,
    IsEntity,
    IsType,
    Like,
    LongLit,
    OfType,
    OfTypeIn,
    RecordOf,
    RefLit,
    RuleSyntax,
    Scope,
    SetOf,
    TextLit,
    Unary,
    UnaryName,
    Var,
)

_WIDTH: Final = 100
_RESERVED: Final = frozenset({"true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"})

_INFIX: Final[dict[BinaryName, str]] = {
    "eq": "==", "not_eq": "!=", "less": "<", "less_eq": "<=", "greater": ">", "greater_eq": ">=",
    "and": "&&", "or": "||", "add": "+", "sub": "-", "mul": "*", "in": "in",
}  # fmt: skip
_BINARY_METHODS: Final[dict[BinaryName, str]] = {
    "contains": "contains", "contains_all": "containsAll", "contains_any": "containsAny", "get_tag": "getTag",
    "has_tag": "hasTag", "is_in_range": "isInRange", "offset": "offset", "duration_since": "durationSince",
    "decimal_less_than": "lessThan", "decimal_less_eq": "lessThanOrEqual", "decimal_greater": "greaterThan",
    "decimal_greater_eq": "greaterThanOrEqual",
}  # fmt: skip
_UNARY_METHODS: Final[dict[UnaryName, str]] = {
    "is_empty": "isEmpty", "is_ipv4": "isIpv4", "is_ipv6": "isIpv6", "is_loopback": "isLoopback",
    "is_multicast": "isMulticast", "to_date": "toDate", "to_time": "toTime", "to_milliseconds": "toMilliseconds",
    "to_seconds": "toSeconds", "to_minutes": "toMinutes", "to_hours": "toHours", "to_days": "toDays",
}  # fmt: skip


def printed(rule: RuleSyntax) -> str:
    """The text of one rule, its annotations first, ending with `;` and no line break."""
    lines = [f"@{name}({_text(value)})" for name, value in rule.annotations.items()]
    scopes = [
        f"principal{_scope(rule.principal)}",
        f"action{_action_scope(rule.action)}",
        f"resource{_scope(rule.resource)}",
    ]
    head = f"{rule.effect.value} ({', '.join(scopes)})"
    if len(head) > _WIDTH:
        head = f"{rule.effect.value} (\n  " + ",\n  ".join(scopes) + "\n)"
    lines.append(head)
    for clause in rule.clauses:
        body = _links(clause.expr)
        flat = f"{clause.kind} {{ {' && '.join(body)} }}"
        if len(flat) > _WIDTH:
            flat = f"{clause.kind} {{\n  " + " &&\n  ".join(body) + "\n}"
        lines.append(flat)
    return "\n".join(lines) + ";"


def printed_expr(expr: Expr) -> str:
    """The text of one expression."""
    match expr:
        case Var(name):
            return name
        case BoolLit(flag):
            return "true" if flag else "false"
        case LongLit(number):
            return str(number)
        case TextLit(text):
            return _text(text)
        case RefLit(ref):
            return _ref(ref)
        case Unary(op, arg):
            return _unary(op, arg)
        case Binary(op, left, right):
            if op in _BINARY_METHODS:
                return f"{_inner(left)}.{_BINARY_METHODS[op]}({printed_expr(right)})"
            return f"{_inner(left)} {_INFIX[op]} {_inner(right)}"
        case Attr(of, name):
            return f"{_inner(of)}[{_text(name)}]" if not _is_word(name) else f"{_inner(of)}.{name}"
        case Has(of, path):
            return f"{_inner(of)} has {'.'.join(path) if all(map(_is_word, path)) else _text(path[0])}"
        case Like(of, pattern):
            return f'{_inner(of)} like "{"".join(_pattern_part(part) for part in pattern)}"'
        case IsType(of, kind, inside):
            return f"{_inner(of)} is {kind}" + ("" if inside is None else f" in {_inner(inside)}")
        case IfElse(test, then, other):
            return f"if {printed_expr(test)} then {printed_expr(then)} else {printed_expr(other)}"
        case SetOf(members):
            return f"[{', '.join(map(printed_expr, members))}]"
        case RecordOf(fields):
            return "{" + ", ".join(f"{_text(name)}: {printed_expr(value)}" for name, value in fields) + "}"
        case _:
            assert_never(expr)


def _unary(op: UnaryName, arg: Expr) -> str:
    if op == "not":
        return f"!{_inner(arg)}"
    if op == "neg":
        return f"-({printed_expr(arg)})"
    if op in _UNARY_METHODS:
        return f"{_inner(arg)}.{_UNARY_METHODS[op]}()"
    return f"{op}({printed_expr(arg)})"


def _inner(expr: Expr) -> str:
    """An operand: bracketed unless it is one piece."""
    text = printed_expr(expr)
    match expr:
        case Var() | BoolLit() | TextLit() | RefLit() | Attr() | SetOf() | RecordOf():
            return text
        case LongLit(number) if number >= 0:
            return text
        case Binary(op, _, _) if op in _BINARY_METHODS:
            return text
        case Unary(op, _) if op not in ("not", "neg"):
            return text
        case _:
            return f"({text})"


def _links(expr: Expr) -> list[str]:
    """The operands of a chain of `&&` that is nested to the left, as Cedar reads one without brackets."""
    links: list[str] = []
    while isinstance(expr, Binary) and expr.op == "and":
        links.append(_link(expr.right))
        expr = expr.left
    links.append(_link(expr) if links else printed_expr(expr))
    return links[::-1]


def _link(expr: Expr) -> str:
    """An operand of `&&`: comparisons stand without brackets there, which is how people write them."""
    match expr:
        case Binary(op, _, _) if op in _INFIX and op not in ("and", "or"):
            return printed_expr(expr)
        case Unary("not", _) | Like() | Has() | IsType():
            return printed_expr(expr)
        case _:
            return _inner(expr)


def _scope(scope: Scope) -> str:
    match scope:
        case AnyEntity():
            return ""
        case IsEntity(ref):
            return f" == {_ref(ref)}"
        case InEntity(ref):
            return f" in {_ref(ref)}"
        case OfType(kind):
            return f" is {kind}"
        case OfTypeIn(kind, ref):
            return f" is {kind} in {_ref(ref)}"
        case _:
            assert_never(scope)


def _action_scope(scope: ActionScope) -> str:
    match scope:
        case AnyEntity():
            return ""
        case IsAction(name):
            return f" == {_action(name)}"
        case InActions((name,)):
            return f" in {_action(name)}"
        case InActions(names):
            return f" in [{', '.join(map(_action, names))}]"
        case _:
            assert_never(scope)


def _action(name: str) -> str:
    return f"Action::{_text(name)}"


def _ref(ref: EntityRef) -> str:
    """Types come from the schema or from Cedar's own reading; ids come from anybody."""
    if not all(map(_is_word, ref.type.split("::"))):
        raise ValueError(f"{ref.type!r} is no name of a type")
    return f"{ref.type}::{_text(ref.id)}"


def _text(text: str) -> str:
    return f'"{"".join(map(_character, text))}"'


def _pattern_part(part: str | None) -> str:
    if part is None:
        return "*"
    return r"\*" if part == "*" else _character(part)


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def _is_word(text: str) -> bool:
    return text.isascii() and text.isidentifier() and text not in _RESERVED
