"""Names in place of the ids of people and workloads, where people read; `--json` keeps the ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cli.answer import Doc, Json, Part
from cli.failure import CommandFailed, NotFound
from cli.find import is_id, only

if TYPE_CHECKING:
    from cli.client import Client

_ID = re.compile(r"(?:pe|wl)_[0-9A-HJKMNP-TV-Z]{26}\Z", re.ASCII)
_PEOPLE = frozenset(
    {
        "actor",
        "approver",
        "author",
        "authors",
        "by",
        "decided_by",
        "members",
        "owner",
        "proposed_by",
        "proposer",
        "subject",
    }
)
"""The fields whose values are people. No other is touched: an id in a policy of IAM stays what it is."""
_MOST = 2000
"""How many of the directory are read; whoever comes after them keeps an id."""


def subject_id(client: Client, text: str) -> str:
    """The id of the person or workload of that id or whole name."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/subjects", q=text) if item.text("name").casefold() == text.casefold()]
    if found:
        return only("person", text, found, "")
    raise NotFound(
        f"nobody is called {text}, as far as you may see",
        next_step="give the whole name, or an id, pe_… or wl_…: `sluice grant show` says both",
    )


def named(client: Client, found: Doc, *, as_json: bool, brief: bool = False) -> Doc:
    """The same with `Dana Quist (pe_…)` for people, or `brief`, with the name alone.

    As it is for JSON, and where the directory cannot be read.
    """
    names = {} if as_json else _names(client, [found])
    return Doc({key: _with(value, names, brief, key) for key, value in found.fields.items()}) if names else found


def named_part(client: Client, found: Part, *, as_json: bool) -> Part:
    """A list with names alone, else as `named`."""
    names = {} if as_json else _names(client, found.items)
    items = [Doc({key: _with(value, names, True, key) for key, value in one.fields.items()}) for one in found.items]
    return Part(items=items, next_cursor=found.next_cursor) if names else found


def _names(client: Client, found: Sequence[Doc]) -> Mapping[str, str]:
    wanted = set[str]()
    for one in found:
        _each(one.fields, "", wanted.add)
    if not wanted:
        return {}
    try:
        known = client.part("/v1/subjects", limit=_MOST, cursor=None).items
    except CommandFailed:  # what was asked for is done: whoever cannot read the directory reads ids
        return {}
    return {one.text("id"): one.text("name") for one in known if one.text("id") in wanted}


def _each(value: Json, key: str, take: Callable[[str], object]) -> None:
    if isinstance(value, str):
        if key in _PEOPLE and _ID.match(value):
            take(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _each(inner, name, take)
    elif isinstance(value, Sequence):
        for inner in value:
            _each(inner, key, take)


def _with(value: Json, names: Mapping[str, str], brief: bool, key: str) -> Json:
    if isinstance(value, str):
        name = names.get(value) if key in _PEOPLE else None
        return value if name is None else name if brief else f"{name} ({value})"
    if isinstance(value, Mapping):
        return {inner: _with(one, names, brief, inner) for inner, one in value.items()}
    if isinstance(value, Sequence):
        return [_with(one, names, brief, key) for one in value]
    return value
