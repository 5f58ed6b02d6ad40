"""What the options before the command chose: which platform, whose token, which folders."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """As typed or as the environment says; None when neither does."""

    api: str | None = None
    home: str | None = None
    token_file: str | None = None


_chosen: ContextVar[Where] = ContextVar("where")


def choose(where: Where) -> None:
    """Makes `where` hold for this command."""
    _chosen.set(where)


def chosen() -> Where:
    """What holds for this command."""
    return _chosen.get(Where())
