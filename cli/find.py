"""From what people type to ids: a name where it is unique, a tier for an environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli.answer import Doc, Json
from cli.failure import NotFound
from cli.source_kinds import typed_as

if TYPE_CHECKING:
    from cli.client import Client

_ID = re.compile(
    r"[a-z]{2}_[0-9A-HJKMNP-TV-Z]{26}\Z|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.ASCII
)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z", re.ASCII)
_LOOKED_THROUGH = 1000
TIERS = ("research", "validation", "operation")


def is_id(text: str) -> bool:
    """Whether `text` is an id rather than a name: two letters and a ULID, or a UUID."""
    return _ID.match(text) is not None


def activity_id(client: Client, text: str) -> str:
    """The id of the activity of that id or name."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/activities", name=text) if item.text("name") == text]
    return only("activity", text, found, "sluice activity list")


def contract_id(client: Client, text: str) -> str:
    """The id of the contract of that id or name, whatever its versions."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/contracts") if text in (item.text("id"), item.text("name"))]
    return only("contract", text, found, "sluice contract list")


def environment_id(client: Client, text: str, activity: str) -> str:
    """The id of the environment of that id, or of that tier in the activity (an id)."""
    if is_id(text):
        return text
    if text not in TIERS:
        raise NotFound(
            f"{text} is neither a tier nor the id of an environment",
            next_step=f"name a tier ({', '.join(TIERS)}), or an id of `sluice env list`",
        )
    found = list(client.every("/v1/environments", activity=activity, tier=text))
    alive = [item for item in found if item.text("state") not in ("rejected", "retired", "failed")]
    if not found:
        raise NotFound(
            f"the activity has no environment {text} that you may see",
            next_step=f"order one: sluice env request ACTIVITY --tier {text}; those there are: sluice env list",
        )
    return only("environment", text, alive or found, "sluice env list --activity NAME")


def source_uris(client: Client, sources: Sequence[Json]) -> list[Json]:
    """The sources with `word:name` replaced by the URI of the one catalogued source of that name."""
    return [
        {**source, "uri": _source_uri(client, str(source["kind"]), str(source["uri"]))}
        if isinstance(source, Mapping) and "://" not in str(source.get("uri", "://"))
        else source
        for source in sources
    ]


def _source_uri(client: Client, kind: str, typed: str) -> str:
    """A name stands for the URI that ends in it; less a guardrail, or the six characters of a secret, if but one fits.

    What is typed of a part of a DynamoDB table is put behind the table's URI.
    """
    name, part = typed.partition(":")[2], ""
    if kind == "dynamodb-table":
        name, part = _part_of(name)
    rest = _names(client, q=name, kind=kind)
    exactly = [uri for uri in rest if rest[uri] == name]
    nearly = [uri for uri in rest if rest[uri].startswith(f"{name}/") or _SUFFIX.sub("", rest[uri]) == name]
    if fits := exactly or nearly:
        return _only_source(typed, fits) + part
    raise _no_source(client, typed, name, kind=kind)


def source_uri(client: Client, text: str) -> str:
    """The URI of a source as people type it: a URI stays, a short name is looked up in the catalogue."""
    if "://" in text:
        return text
    if text.startswith("glue:"):
        name = text.removeprefix("glue:").replace(".", "/")
        rest = _names(client, q=name.rpartition("/")[2])  # of every kind, for a view is named so, too
        fits = [uri for uri in rest if uri.startswith("glue://") and rest[uri] == name]
        if fits:
            return _only_source(text, fits)
        raise _no_source(client, text, name)
    if known := typed_as(text):
        return _source_uri(client, known[0].kind, known[1])
    raise NotFound(f"no source {text} that you may see", next_step="give its URI as `sluice data list` shows it")


def _names(client: Client, *, q: str, kind: str | None = None) -> Mapping[str, str]:
    """By URI the catalogued sources of a kind, or of any, that `q` finds, each with the name that its URI ends in."""
    found = (item.text("uri") for item in client.every("/v1/sources", kind=kind, q=q))
    return {uri: uri.split("/", 4)[-1] for uri in found}


def _only_source(typed: str, fits: Sequence[str]) -> str:
    if len(fits) == 1:
        return fits[0]
    raise NotFound(f"{len(fits)} sources are {typed}: {', '.join(sorted(fits))}", next_step="give one of these")


def _no_source(client: Client, typed: str, name: str, kind: str | None = None) -> NotFound:
    """With the names that are nearly `name`, from as much of the catalogue as is looked through for a slip."""
    from difflib import get_close_matches  # only where something was not found

    found = client.part("/v1/sources", limit=_LOOKED_THROUGH, cursor=None, kind=kind).items
    uris = [item.text("uri") for item in found]
    names = {uri.split("/", 4)[-1]: uri for uri in uris if kind is not None or uri.startswith("glue://")}
    near = [names[one] for one in get_close_matches(name, names, n=3)]
    listing = "sluice data list" if kind is None else f"sluice data list --kind {kind}"
    step = f"look for it: {listing}"
    return NotFound(
        f"no source {typed} that you may see",
        next_step=f"did you mean {' or '.join(near)}? Else {step}" if near else step,
    )


def _part_of(name: str) -> tuple[str, str]:
    """Table and part: `loans:a,b` and `loans/keys/2024/attributes/a,b` name some attributes, in any order."""
    for sign in ("/keys/", "/attributes/"):
        if sign in name:
            table, _, more = name.partition(sign)
            return table, sign + more
    table, colon, attributes = name.partition(":")
    return table, f"/attributes/{','.join(sorted(attributes.split(',')))}" if colon else ""


def only(kind: str, text: str, found: Sequence[Doc], listing: str) -> str:
    """The one id of what was `found` for `text`; raises `NotFound` for none, or for several."""
    ids = sorted({item.text("id") for item in found})
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise NotFound(f"no {kind} {text} that you may see", next_step=f"look for it: {listing}")
    raise NotFound(f"{len(ids)} things are the {kind} {text}: {', '.join(ids)}", next_step="give one of these ids")
