"""A platform with other minters than those that wiring gave it, in every flow that has some."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from jit_engine.accounts import Minters
from platform_api.wiring import Platform

_FLOWS = "jit_engine.flows."


def with_minters(platform: Platform, minters: Minters) -> Platform:
    """The platform, minting by these."""
    changed: Platform = _with(platform, minters)
    return changed


def _with(value: Any, minters: Minters) -> Any:
    changes: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if field.name == "minters":
            changes[field.name] = minters
        elif is_dataclass(held) and type(held).__module__.startswith(_FLOWS):
            inner = _with(held, minters)
            if inner is not held:
                changes[field.name] = inner
    return replace(value, **changes) if changes else value
