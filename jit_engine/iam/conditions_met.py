"""Whether a role or session that is minted here could be whom a policy names, and could meet its conditions.

Only keys whose value is known of every session of ours can close anything: who it is, and in which account. Every
other key, operator and form counts as met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

MINTED_PATH = "role/jit/"
ENVIRONMENT_PATH = "role/sluicegate/env/"
_MINTED_NAME = "sg-"
"""How the names of minted roles and of environments' roles begin; a session's ARN holds no path."""
_ROOT = re.compile(r"(?:arn:[a-z-]*:iam::)?([0-9]{12})(?::root)?\Z", re.ASCII)
_UNIQUE_ID = re.compile(r"AROA[A-Z0-9]*\Z", re.ASCII)
_VARIABLE = re.compile(r"\$\{[^}]*\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Every role of ours and its sessions, in the accounts that the platform serves."""

    accounts: tuple[str, ...]

    @property
    def role_patterns(self) -> tuple[str, ...]:
        """The ARNs of the roles, each with one star at its end."""
        return tuple(f"arn:aws:iam::{a}:{path}*" for a in self.accounts for path in (MINTED_PATH, ENVIRONMENT_PATH))

    def may_be(self, name: str) -> bool:
        """Whether a principal of that name can be one of ours; an id of a role tells nothing, so it can."""
        sessions = (f"arn:aws:sts::{account}:assumed-role/{_MINTED_NAME}*" for account in self.accounts)
        patterns = (*self.role_patterns, *sessions)
        return bool(_UNIQUE_ID.match(name)) or any(meets(_opened(name), pattern) for pattern in patterns)


def is_root(name: str) -> bool:
    """Whether a principal is a whole account: by itself it gives nothing to a role, it lets the account decide."""
    return _ROOT.match(name) is not None


def can_be_met(conditions: Mapping[str, object], ours: Ours) -> bool:
    """Whether some request of some session of ours meets every condition."""
    return all(
        _can_hold(str(operator).lower(), str(key).lower(), values, ours)
        for operator, block in conditions.items()
        if isinstance(block, dict)
        for key, values in block.items()
    )


def _can_hold(operator: str, key: str, given: object, ours: Ours) -> bool:
    values = [str(value) for value in given] if isinstance(given, list) else [str(given)]
    known = _KNOWN.get(key)
    if known is None or not values:
        return True
    if operator == "null":
        return "false" in {value.lower() for value in values}  # the key is always there
    bare = operator.rpartition(":")[2].removesuffix("ifexists")
    own = known(ours)
    match bare:
        case "stringequals" | "stringlike" | "arnequals" | "arnlike" | "bool" | "stringequalsignorecase":
            return any(meets(_pattern(bare, value), mine) for value in values for mine in _spelt(bare, own))
        case "stringnotequals" | "stringnotlike" | "arnnotequals" | "arnnotlike" | "stringnotequalsignorecase":
            return not all(any(_covers(bare, value, mine) for value in values) for mine in own)
    return True


_KNOWN: Mapping[str, Callable[[Ours], tuple[str, ...]]] = {
    "aws:principalaccount": lambda ours: ours.accounts,
    "aws:principalarn": lambda ours: ours.role_patterns,
    "aws:principalisawsservice": lambda _: ("false",),
    "aws:principaltype": lambda _: ("AssumedRole",),
    "kms:calleraccount": lambda ours: ours.accounts,
}
"""What is known of each session of ours: by key, what its value can be, as patterns with one star at the end."""


def _pattern(operator: str, value: str) -> str:
    """The value as a pattern: a variable can become anything, and only some operators read stars as such.

    `StringEquals` does not, but a literal star never helps a value of ours; to read it as one is the wider reading.
    """
    opened = _opened(value)
    return opened.lower() if operator.endswith("ignorecase") or operator == "bool" else opened


def _spelt(operator: str, own: Iterable[str]) -> Iterable[str]:
    return [mine.lower() for mine in own] if operator.endswith("ignorecase") or operator == "bool" else own


def _covers(operator: str, value: str, mine: str) -> bool:
    """Whether everything that `mine` can be is what the value says, so that its negation never holds."""
    if "$" in value:
        return False
    if not operator.endswith("like") and not operator.startswith("arn"):
        return value == mine
    literal = mine.removesuffix("*")
    return (value.endswith("*") or not mine.endswith("*")) and _matches(value, literal)


def _matches(pattern: str, text: str) -> bool:
    expression = "".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _opened(text: str) -> str:
    return _VARIABLE.sub("*", text)


def meets(one: str, other: str) -> bool:
    """Whether some text is matched by both patterns, in which `*` is any text and `?` any character."""

    @cache
    def both(left: int, right: int) -> bool:
        if left == len(one) and right == len(other):
            return True
        if left < len(one) and one[left] == "*":
            return both(left + 1, right) or (right < len(other) and both(left, right + 1))
        if right < len(other) and other[right] == "*":
            return both(left, right + 1) or (left < len(one) and both(left + 1, right))
        if left == len(one) or right == len(other):
            return False
        return (one[left] == other[right] or "?" in (one[left], other[right])) and both(left + 1, right + 1)

    return both(0, 0)
