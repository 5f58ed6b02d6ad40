"""What a flow raises when the answer is no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from jit_engine.domain.grant import Principal
from jit_engine.domain.held import HeldGrant
from jit_engine.domain.verdict import Refusal
from jit_engine.errors import EngineError
from jit_engine.ports import Evidence
from jit_engine.rules.counter_offer import Offer


class AccessRefused(EngineError):
    """A request that was refused, with every reason; it is on record. `offers` are what would be cleared instead."""

    code: ClassVar[str] = "access-refused"

    def __init__(self, refusal: Refusal, offers: tuple[Offer, ...] = ()) -> None:
        self.refusal = refusal
        self.offers = offers
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


class ApprovalNeeded(AccessRefused):
    """Everything has passed, but people have to say yes first; `evidence` is what it was decided from.

    Not on record yet: who catches it has the request wait.
    """

    code: ClassVar[str] = "approval-needed"

    def __init__(self, refusal: Refusal, evidence: Evidence) -> None:
        super().__init__(refusal)
        self.evidence = evidence


class AlreadyHeld(Exception):
    """A live grant gives all of it already. No failure: who asked is told of that grant, and nothing is minted."""

    def __init__(self, held: HeldGrant) -> None:
        self.held = held
        super().__init__(held.grant.id)


class ShownHasChanged(EngineError):
    """An approval that names another document than the one that would be shown now."""

    code: ClassVar[str] = "shown-has-changed"

    def __init__(self, *, request: str, sha256: str) -> None:
        self.request = request
        self.sha256 = sha256
        super().__init__(f"what is asked in {request} is not what you looked at: look again, then decide")


class NotAnApprover(EngineError):
    """Somebody whose yes does not count for this request."""

    code: ClassVar[str] = "not-an-approver"

    def __init__(self, *, request: str, why: str) -> None:
        self.request = request
        self.why = why
        super().__init__(f"you cannot approve {request}: {why}")


class GrantNotUsable(EngineError):
    """The grant is not, or no longer, one that credentials can be had for."""

    code: ClassVar[str] = "grant-not-usable"

    def __init__(self, *, grant: str, state: str, why: str) -> None:
        self.grant = grant
        self.state = state
        self.why = why
        super().__init__(f"grant {grant} gives no credentials: {why}; request access anew")
