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
TIERS = ("research", "validation", "operation")


def is_id(text: str) -> bool:
    """Whether `text` is an id rather than a name: two letters and a ULID, or a UUID."""
    return _ID.match(text) is not None


def activity_id(client: Client, text: str) -> str:
    """The id of the activity of that id or name."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/activities", name=text) if item.text("name") == text]
    return _only("activity", text, found, "sluice activity list")


def contract_id(client: Client, text: str) -> str:
    """The id of the contract of that id or name, whatever its versions."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/contracts") if text in (item.text("id"), item.text("name"))]
    return _only("contract", text, found, "sluice contract list")


def environment_id(client: Client, text: str, activity: str) -> str:
    """The id of the environment of that id, or of that tier in the activity (an id)."""
    if text not in TIERS:
        return text
    found = list(client.every("/v1/environments", activity=activity, tier=text))
    alive = [item for item in found if item.text("state") not in ("rejected", "retired", "failed")]
    if not found:
        raise NotFound(
            f"the activity has no environment {text} that you may see",
            next_step=f"order one: sluice env request ACTIVITY --tier {text}; those there are: sluice env list",
        )
    return _only("environment", text, alive or found, "sluice env list --activity NAME")


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
    return _one_source(typed, exactly or nearly, f"sluice data list --kind {kind}") + part


def source_uri(client: Client, text: str) -> str:
    """The URI of a source as people type it: a URI stays, a short name is looked up in the catalogue."""
    if "://" in text:
        return text
    if text.startswith("glue:"):
        name = text.removeprefix("glue:").replace(".", "/")
        rest = _names(client, q=name.rpartition("/")[2])  # of every kind, for a view is named so, too
        fits = [uri for uri in rest if uri.startswith("glue://") and rest[uri] == name]
        return _one_source(text, fits, "sluice data list")
    if known := typed_as(text):
        return _source_uri(client, known[0].kind, known[1])
    raise NotFound(f"no source {text} that you may see", next_step="give its URI as `sluice data list` shows it")


def _names(client: Client, *, q: str, kind: str | None = None) -> Mapping[str, str]:
    """By URI the catalogued sources of a kind, or of any, that `q` finds, each with the name that its URI ends in."""
    found = (item.text("uri") for item in client.every("/v1/sources", kind=kind, q=q))
    return {uri: uri.split("/", 4)[-1] for uri in found}


def _one_source(typed: str, fits: Sequence[str], listing: str) -> str:
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise NotFound(f"{len(fits)} sources are {typed}: {', '.join(sorted(fits))}", next_step="give one of these")
    raise NotFound(f"no source {typed} that you may see", next_step=f"look for it: {listing}")


def _part_of(name: str) -> tuple[str, str]:
    """Table and part: `loans:a,b` and `loans/keys/2024/attributes/a,b` name some attributes, in any order."""
    for sign in ("/keys/", "/attributes/"):
        if sign in name:
            table, _, more = name.partition(sign)
            return table, sign + more
    table, colon, attributes = name.partition(":")
    return table, f"/attributes/{','.join(sorted(attributes.split(',')))}" if colon else ""


def _only(kind: str, text: str, found: Sequence[Doc], listing: str) -> str:
    ids = sorted({item.text("id") for item in found})
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise NotFound(f"no {kind} {text} that you may see", next_step=f"look for it: {listing}")
    raise NotFound(f"{len(ids)} things are the {kind} {text}: {', '.join(ids)}", next_step="give one of these ids")
