"""Typed, prefixed, sortable ids: a two-letter prefix and a ULID, made at the edge and only read here."""

import re
from typing import NewType

from jit_engine.errors import InvalidValue

ActivityId = NewType("ActivityId", str)
EnvironmentId = NewType("EnvironmentId", str)
ContractId = NewType("ContractId", str)
RequestId = NewType("RequestId", str)
GrantId = NewType("GrantId", str)
ReviewId = NewType("ReviewId", str)
SubjectId = NewType("SubjectId", str)

_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_ID = re.compile(rf"(?P<prefix>[a-z]{{2}})_{_ULID}\Z", re.ASCII)
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z", re.ASCII)
"""Names of activities and teams: lower-case ASCII letters, digits and inner hyphens, 63 at most."""


def check_id(text: str, prefix: str, field: str) -> str:
    """`text` when it is an id of that kind; raises `InvalidValue` naming `field` otherwise."""
    match = _ID.match(text)
    if match is None or match["prefix"] != prefix:
        raise InvalidValue(
            field=field,
            given=text,
            fix=f"give an id such as {prefix}_ and 26 letters and digits, as the lists show it",
        )
    return text
