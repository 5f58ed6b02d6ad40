"""What identity raises: a token that does not count, or keys that cannot be had."""

from datetime import timedelta
from typing import ClassVar


class IdentityError(Exception):
    """The base of identity's errors; no message ever holds a token or a part of one."""

    code: ClassVar[str] = "identity-error"


class TokenInvalid(IdentityError):
    """A token that proves nothing. `reason` is for logs and tests; the caller only hears to sign in again."""

    code: ClassVar[str] = "token-invalid"

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the access token does not count ({reason}): sign in again")


class KeysUnavailable(IdentityError):
    """The issuer's keys cannot be had and the cached ones are too old: nobody can be verified for now."""

    code: ClassVar[str] = "keys-unavailable"

    def __init__(self, *, issuer: str, retry_after: timedelta) -> None:
        self.issuer = issuer
        self.retry_after = retry_after
        super().__init__(f"the keys of {issuer} cannot be read: try again in {retry_after.total_seconds():.0f} s")


class SignInFailed(IdentityError):
    """A sign-in to the console that came to nothing; the person starts again."""

    code: ClassVar[str] = "sign-in-failed"

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(f"signing in did not work: {why}")
