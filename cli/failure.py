"""What ends a command early, each with its exit code and the next step for the person."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What `sluice` ends with; scripts may rely on these."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    SIGNED_OUT = 4
    UNAVAILABLE = 5
    NOT_FOUND = 6


class CommandFailed(Exception):
    """The base of the command line's errors: what happened, and what to do next when there is something to do."""

    code: ClassVar[str] = "command-failed"
    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, what: str, *, next_step: str | None = None) -> None:
        self.what = what
        self.next_step = next_step
        super().__init__(what)

    @property
    def lines(self) -> tuple[str, ...]:
        """The message for people."""
        return (self.what,) if self.next_step is None else (self.what, f"  next: {self.next_step}")


class InputInvalid(CommandFailed):
    """Something that was typed, or a file that was named, cannot be used."""

    code: ClassVar[str] = "input-invalid"
    exit_code = ExitCode.USAGE


class DeliveryRefused(CommandFailed):
    """Credentials are not written where they could be kept by accident."""

    code: ClassVar[str] = "delivery-refused"
    exit_code = ExitCode.USAGE


class NotSignedIn(CommandFailed):
    """There is no token, or it has ended."""

    code: ClassVar[str] = "not-signed-in"
    exit_code = ExitCode.SIGNED_OUT


class UnsafeFile(CommandFailed):
    """A file or folder of secrets that somebody else could read or swap."""

    code: ClassVar[str] = "unsafe-file"


class NotFound(CommandFailed):
    """Nothing of that name that this person may see, or more than one thing."""

    code: ClassVar[str] = "not-found"
    exit_code = ExitCode.NOT_FOUND


class Unavailable(CommandFailed):
    """The platform did not answer in time; nothing that was asked is known to have been done."""

    code: ClassVar[str] = "unavailable"
    exit_code = ExitCode.UNAVAILABLE
