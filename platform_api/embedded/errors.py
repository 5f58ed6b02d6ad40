"""What the embedded platform raises."""

from typing import ClassVar


class EmbeddedError(Exception):
    """The base of the embedded platform's errors: `str(error)` says what to do."""

    code: ClassVar[str] = "embedded-error"


class EmbeddedRefused(EmbeddedError):
    """The embedded platform would run beside something real, or be reachable from outside this machine."""

    code: ClassVar[str] = "embedded-refused"

    def __init__(self, *, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("the embedded platform does not start: " + "; ".join(reasons))


class EmbeddedUnavailable(EmbeddedError):
    """A part of the embedded platform did not start, or stopped."""

    code: ClassVar[str] = "embedded-unavailable"

    def __init__(self, *, part: str, reason: str, fix: str) -> None:
        self.part = part
        self.reason = reason
        self.fix = fix
        super().__init__(f"{part} {reason}: {fix}")


class SampleInvalid(EmbeddedError):
    """A file of the sample organisation does not say what it must."""

    code: ClassVar[str] = "sample-invalid"

    def __init__(self, *, file: str, problem: str) -> None:
        self.file = file
        self.problem = problem
        super().__init__(f"{file}: {problem}")
