"""What a flow raises when the answer is no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from jit_engine.domain.grant import Principal
from jit_engine.domain.verdict import Refusal
from jit_engine.errors import EngineError


class AccessRefused(EngineError):
    """A request that was refused, with every reason; it is on record."""

    code: ClassVar[str] = "access-refused"

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__("access was refused; every source below says why, and what could be asked for instead")


class DurationTooLong(AccessRefused):
    """A request whose only fault is a duration longer than the contract allows."""

    code: ClassVar[str] = "duration-too-long"


class ProfileNeeded(EngineError):
    """The grant has several principals, or none of the name that was asked for: one of `profiles` has to be named."""

    code: ClassVar[str] = "profile-needed"

    def __init__(self, *, grant: str, given: str | None, principals: Sequence[Principal]) -> None:
        self.grant = grant
        self.given = given
        self.profiles = {principal.profile: principal.sources for principal in principals}
        which = "several profiles" if given is None else f"no profile {given[:100]}"
        held = "; ".join(f"{profile} for {', '.join(sources)}" for profile, sources in self.profiles.items())
        super().__init__(f"grant {grant} has {which}: name one of {held}")


class GrantNotUsable(EngineError):
    """The grant is not, or no longer, one that credentials can be had for."""

    code: ClassVar[str] = "grant-not-usable"

    def __init__(self, *, grant: str, state: str, why: str) -> None:
        self.grant = grant
        self.state = state
        self.why = why
        super().__init__(f"grant {grant} gives no credentials: {why}; request access anew")
