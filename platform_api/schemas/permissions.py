"""Questions about what the caller may do, on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from platform_api.schemas.wire import Asked, Shown

_LONGEST_LIST = 50


class PermissionAsked(Asked):
    """One action on one thing. A contract is named `co_…/1.0.0`; the platform needs no id, nor does a rulebook that is
    yet to be drafted.
    """

    action: Annotated[str, Field(pattern=r"^[A-Za-z]{1,64}\z")]
    kind: Literal["platform", "activity", "environment", "review", "contract", "grant", "request", "rulebook"]
    id: Annotated[str, Field(max_length=128)] = ""


class PermissionsAsked(Asked):
    """Several questions at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"asks": [{"action": "readAudit"}]}]})

    asks: Annotated[list[PermissionAsked], Field(min_length=1, max_length=_LONGEST_LIST)]


class PermissionShown(Shown):
    """Whether the caller may; `why` says what refuses it, and what could be done instead."""

    action: str
    allowed: bool
    why: str | None


class PermissionsShown(Shown):
    """An answer to each question, in order."""

    answers: list[PermissionShown]
