"""What the door itself refuses, before any flow is asked. Each class has a stable `code`."""

from datetime import timedelta
from typing import ClassVar, Final

_NAMED: Final = 5
"""How many fields a sentence names; all of them are listed beside it."""


class DoorError(Exception):
    """The base of the door's errors."""

    code: ClassVar[str] = "door-error"


class NotSignedIn(DoorError):
    """No access token, or not in the one way that is taken."""

    code: ClassVar[str] = "not-signed-in"

    def __init__(self) -> None:
        super().__init__("send an access token: Authorization: Bearer <token> (`sluice login` gets one)")


class ForgedRequest(DoorError):
    """A request with the console's cookie that the console's own pages did not make."""

    code: ClassVar[str] = "forged-request"

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(f"the session's cookie does not count for this request: {why}; reload the page")


class SignInAgain(DoorError):
    """A session whose person has not shown for a while who they are, and something that lets another's wish pass."""

    code: ClassVar[str] = "sign-in-again"

    def __init__(self, *, action: str) -> None:
        self.action = action
        super().__init__(
            f"you signed in too long ago for {action}: sign in again at /auth/sign-in?again=true, and repeat it"
        )


class UnknownSubject(DoorError):
    """A good token about somebody whom the directory does not know."""

    code: ClassVar[str] = "unknown-subject"

    def __init__(self) -> None:
        super().__init__("the token is good, but the directory does not know its subject: ask to be added")


class BodyTooLarge(DoorError):
    """More bytes than a body may have."""

    code: ClassVar[str] = "body-too-large"

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the body is larger than {limit} bytes: send less")


class NotJson(DoorError):
    """A body of another kind than JSON."""

    code: ClassVar[str] = "not-json"

    def __init__(self) -> None:
        super().__init__("send JSON in UTF-8 with Content-Type: application/json")


class BodyInvalid(DoorError):
    """A body that is no JSON, or JSON that could be read in two ways."""

    code: ClassVar[str] = "body-invalid"

    def __init__(self, *, why: str, fix: str) -> None:
        self.why = why
        self.fix = fix
        super().__init__(f"{why}: {fix}")


class FieldsInvalid(DoorError):
    """Values that do not fit; `faults` names every field that is wrong, with what to do."""

    code: ClassVar[str] = "fields-invalid"

    def __init__(self, faults: tuple[tuple[str, str, str], ...]) -> None:
        self.faults = faults
        named = ", ".join(field for field, _, _ in faults[:_NAMED])
        more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        what = "one value does" if len(faults) == 1 else f"{len(faults)} values do"
        super().__init__(f"{what} not fit: {named}{more}; each is explained under errors")


class AuthZenInvalid(FieldsInvalid):
    """A body that AuthZEN 1.0 has refused with 400, whatever is wrong with it."""

    code: ClassVar[str] = "authzen-invalid"

    def __init__(self, faults: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(faults)
        self.args = ("; ".join(f"{field}: {message}: {fix}" for field, message, fix in faults[:5]),)


class KeyMismatch(DoorError):
    """An idempotency key that was used for something else, or by somebody else."""

    code: ClassVar[str] = "idempotency-mismatch"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request: take a new one")


class KeyInFlight(DoorError):
    """The same request is being worked on."""

    code: ClassVar[str] = "idempotency-in-flight"
    retry_after: ClassVar[timedelta] = timedelta(seconds=2)

    def __init__(self) -> None:
        super().__init__("the same request is being worked on: ask again in a moment with the same key")


class TooManyGrants(DoorError):
    """As many live grants as one person may hold."""

    code: ClassVar[str] = "too-many-grants"

    def __init__(self, *, most: int) -> None:
        self.most = most
        self.fix = "revoke one that you no longer need, or use one that covers the same sources"
        super().__init__(f"you hold {most} live grants, the most that one may: {self.fix}")


class TooManyWaiting(DoorError):
    """As many waiting requests as one person may have."""

    code: ClassVar[str] = "too-many-waiting"

    def __init__(self, *, most: int) -> None:
        self.most = most
        self.fix = "withdraw one that you no longer need: sluice requests list --outcome awaiting-approval"
        super().__init__(f"{most} of your requests wait, the most that may: {self.fix}")


class TooManyRefusals(DoorError):
    """So many refused requests in a minute that somebody, or something, is probing."""

    code: ClassVar[str] = "too-many-refusals"
    retry_after: ClassVar[timedelta] = timedelta(minutes=1)

    def __init__(self, *, most: int) -> None:
        self.most = most
        super().__init__(f"more than {most} of your requests were refused within a minute: wait, and mend what asks")


class TooManyStreams(DoorError):
    """As many open streams of events as one person may have at one replica."""

    code: ClassVar[str] = "too-many-streams"
    retry_after: ClassVar[timedelta] = timedelta(minutes=1)

    def __init__(self, *, most: int) -> None:
        self.most = most
        super().__init__(
            f"you have {most} streams of events open, the most that one may: close one, or ask now and then"
        )
