"""What the engine raises. Each class has a stable `code`; HTTP is not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta


class EngineError(Exception):
    """The base of the engine's errors: a sentence for people in `str(error)`, a stable code for programs."""

    code: ClassVar[str] = "engine-error"


class InvalidValue(EngineError):
    """A value that cannot mean anything safe: which field, what was given, how to mend it."""

    code: ClassVar[str] = "invalid-value"

    def __init__(self, *, field: str, given: str, fix: str, corrected: str | None = None) -> None:
        self.field = field
        self.given = given[:200]
        self.fix = fix
        self.corrected = corrected
        super().__init__(f"{field}: {fix}")


class NotFound(EngineError):
    """Nothing of that id, or nothing that this caller may know of: the two look the same on purpose."""

    code: ClassVar[str] = "not-found"

    def __init__(self, *, kind: str, id: str, fix: str = "list yours to find its id") -> None:
        self.kind = kind
        self.id = id
        self.fix = fix
        super().__init__(f"no {kind} {id} that you may see; {fix}")


class WrongState(EngineError):
    """The thing exists but its state does not allow this."""

    code: ClassVar[str] = "wrong-state"

    def __init__(self, *, kind: str, id: str, state: str, fix: str) -> None:
        self.kind = kind
        self.id = id
        self.state = state
        self.fix = fix
        super().__init__(f"{kind} {id} is {state}: {fix}")


class PolicyTooLarge(EngineError):
    """A policy that does not fit AWS's limit; it is never cut and never widened.

    `sizes` says what each source (by URI) adds, in characters; empty where that was not measured.
    """

    code: ClassVar[str] = "policy-too-large"

    def __init__(self, *, size: int, limit: int, sources: int, sizes: Mapping[str, int] | None = None) -> None:
        self.size = size
        self.limit = limit
        self.sources = sources
        self.sizes = dict(sizes or {})
        super().__init__(
            f"the policy for {sources} sources has {size} characters and {limit} fit in a role: "
            "ask for fewer sources at a time"
        )


class TooManyParts(EngineError):
    """A request that would need more roles than one grant may have."""

    code: ClassVar[str] = "too-many-parts"

    def __init__(self, *, parts: int, limit: int, sizes: Mapping[str, int]) -> None:
        self.parts = parts
        self.limit = limit
        self.sizes = dict(sizes)
        super().__init__(
            f"what is asked for needs {parts} roles and a grant has {limit} at most: ask for fewer sources at a time"
        )


class NotOneSession(EngineError):
    """Sources that one job uses as a whole, and that no one session can hold."""

    code: ClassVar[str] = "not-one-session"

    def __init__(self, *, job: str, why: str, sizes: Mapping[str, int]) -> None:
        self.job = job
        self.why = why
        self.sizes = dict(sizes)
        super().__init__(
            f"the job {job} cannot have all its sources in one session: {why}; split the job, or leave `job` out and "
            "use one profile for each part"
        )


class LimitExceeded(EngineError):
    """A value outside one of AWS's own limits, refused before AWS hears of it."""

    code: ClassVar[str] = "aws-limit"

    def __init__(self, *, what: str, limit: str) -> None:
        self.what = what
        self.limit = limit
        super().__init__(f"{what}: {limit}")


class Passing(Exception):
    """What an error is besides when it may be over by itself: try again after `retry_after`."""

    code: ClassVar[str]
    retry_after: timedelta


class RoleBudgetSpent(Passing, EngineError):
    """An account that holds as many roles of ours as it may; there is room again as grants end."""

    code: ClassVar[str] = "role-budget-spent"

    def __init__(self, *, account: str, limit: int, retry_after: timedelta) -> None:
        self.account = account
        self.limit = limit
        self.retry_after = retry_after
        super().__init__(
            f"account {account} has no room for more than {limit} roles; nothing was minted: try again in "
            f"{retry_after.total_seconds():.0f} s, give back what you no longer need, or have an operator raise "
            "limits.roles_per_account with AWS's quota"
        )


class AwsUnavailable(Passing, EngineError):
    """AWS did not answer, throttled or failed in a way that may pass; try again after `retry_after`."""

    code: ClassVar[str] = "aws-unavailable"

    def __init__(self, *, operation: str, retry_after: timedelta) -> None:
        self.operation = operation
        self.retry_after = retry_after
        super().__init__(
            f"AWS did not complete {operation}; nothing is left open, try again in {retry_after.total_seconds():.0f} s"
        )


class AwsRefused(EngineError):
    """AWS answered with an error that trying again will not change."""

    code: ClassVar[str] = "aws-refused"

    def __init__(self, *, operation: str, aws_code: str) -> None:
        self.operation = operation
        self.aws_code = aws_code
        super().__init__(f"AWS refused {operation} with {aws_code}; an operator has to look at the platform's role")


class AccountNotServed(EngineError):
    """An AWS account in which the platform has no role to mint with."""

    code: ClassVar[str] = "account-not-served"

    def __init__(self, *, account: str) -> None:
        self.account = account
        super().__init__(f"the platform has no role in AWS account {account}; an operator has to add the account")


class AccountNotReady(AwsUnavailable):
    """An AWS account that is served, and where the environment has no place yet: once `wanted` it is being made."""

    code: ClassVar[str] = "account-not-ready"

    def __init__(self, *, account: str, retry_after: timedelta, wanted: bool = True) -> None:
        self.account = account
        self.operation = f"a place for the environment in account {account}"
        self.retry_after = retry_after
        soon = f"{retry_after.total_seconds():.0f} s"
        told = (
            f"it is being made; nothing was minted, try again in {soon}"
            if wanted
            else f"it is made when access is asked for and no dry run is; ask for it, and once more {soon} later"
        )
        EngineError.__init__(self, f"the environment has no place in AWS account {account} yet: {told}")


class RoleExists(EngineError):
    """A role of the name we were about to create is there already; it is never adopted."""

    code: ClassVar[str] = "role-exists"

    def __init__(self, *, role_name: str) -> None:
        self.role_name = role_name
        super().__init__(f"a role {role_name} exists that this attempt did not create; it is left alone, try again")
