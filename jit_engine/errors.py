"""What the engine raises. Each class has a stable `code`; HTTP is not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
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

    def __init__(self, *, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"no {kind} {id} that you may see; list yours to find its id")


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
    """A policy that does not fit AWS's limit; it is never cut and never widened."""

    code: ClassVar[str] = "policy-too-large"

    def __init__(self, *, size: int, limit: int, sources: int) -> None:
        self.size = size
        self.limit = limit
        self.sources = sources
        super().__init__(
            f"the policy for {sources} sources has {size} characters and {limit} fit in a role: "
            "ask for fewer sources at a time"
        )


class LimitExceeded(EngineError):
    """A value outside one of AWS's own limits, refused before AWS hears of it."""

    code: ClassVar[str] = "aws-limit"

    def __init__(self, *, what: str, limit: str) -> None:
        self.what = what
        self.limit = limit
        super().__init__(f"{what}: {limit}")


class AwsUnavailable(EngineError):
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


class RoleExists(EngineError):
    """A role of the name we were about to create is there already; it is never adopted."""

    code: ClassVar[str] = "role-exists"

    def __init__(self, *, role_name: str) -> None:
        self.role_name = role_name
        super().__init__(f"a role {role_name} exists that this attempt did not create")
