"""The settings as they are shown to people: one line each, secrets hidden."""

from __future__ import annotations

from typing import Any

from platform_api.settings import Settings


def shown(settings: Settings) -> list[tuple[str, str]]:
    """Each setting by its dotted name with its value for people, secrets hidden."""
    return list(_flat("", settings.model_dump(mode="json")))


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    match value:
        case dict():
            return [line for key, item in value.items() for line in _flat(f"{prefix}.{key}".lstrip("."), item)]
        case list() if value and isinstance(value[0], dict):
            return [line for index, item in enumerate(value) for line in _flat(f"{prefix}[{index}]", item)]
        case list():
            return [(prefix, ", ".join(str(item) for item in value))]
        case None:
            return [(prefix, "(not set)")]
    return [(prefix, str(value))]
