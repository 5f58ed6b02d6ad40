"""An answer of the API, read leniently: what is missing shows as empty, and never breaks a command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""What JSON can say."""


@dataclass(frozen=True, slots=True)
class Doc:
    """A JSON object with typed reading."""

    fields: Mapping[str, Json]

    def text(self, name: str) -> str:
        """The field as text; empty when it is missing or null."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def flag(self, name: str) -> bool:
        """Whether the field is true; anything else is not."""
        return self.fields.get(name) is True

    def whole(self, name: str) -> int:
        """The field as a whole number; 0 when it is none."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def record(self, name: str) -> Doc:
        """The object of that name; an empty one when there is none."""
        return doc_of(self.fields.get(name))

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(name) is not None

    def records(self, name: str) -> list[Doc]:
        """The objects of the list of that name."""
        return [Doc(item) for item in self.sequence(name) if isinstance(item, Mapping)]

    def texts(self, name: str) -> list[str]:
        """The list of that name as texts."""
        return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in self.sequence(name)]

    def sequence(self, name: str) -> Sequence[Json]:
        """The list of that name; empty when there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A list, or a part of it; `next_cursor` is None when nothing follows."""

    items: Sequence[Doc]
    next_cursor: str | None


def doc_of(value: Json) -> Doc:
    """`value` when it is an object; an empty one otherwise."""
    return Doc(value if isinstance(value, Mapping) else {})


def parse(text: str | bytes) -> Json:
    """The JSON that `text` spells; raises `ValueError`."""
    value: Json = json.loads(text)
    return value
