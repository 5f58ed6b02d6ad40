"""What a flow raises when the answer is no."""

from __future__ import annotations

from typing import ClassVar

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


class GrantNotUsable(EngineError):
    """The grant is not, or no longer, one that credentials can be had for."""

    code: ClassVar[str] = "grant-not-usable"

    def __init__(self, *, grant: str, state: str, why: str) -> None:
        self.grant = grant
        self.state = state
        self.why = why
        super().__init__(f"grant {grant} gives no credentials: {why}; request access anew")
