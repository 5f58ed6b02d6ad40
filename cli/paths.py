"""Paths of the API, built from what people typed."""

from __future__ import annotations

from urllib.parse import quote

from cli.failure import InputInvalid


def at(*parts: str) -> str:
    """A path of the API; what people typed cannot leave its place in it."""
    for part in parts:
        if part in ("", ".", ".."):
            raise InputInvalid(f"{part or 'an empty text'} is not an id", next_step="give the id as the lists show it")
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)
