"""A problem document (RFC 9457) of the API as a failure that people can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cli.answer import Doc
from cli.failure import CommandFailed, ExitCode
from cli.render import clean

_EXITS: Mapping[int, ExitCode] = {
    401: ExitCode.SIGNED_OUT,
    403: ExitCode.REFUSED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.REFUSED,
    429: ExitCode.UNAVAILABLE,
    502: ExitCode.UNAVAILABLE,
    503: ExitCode.UNAVAILABLE,
    504: ExitCode.UNAVAILABLE,
}
_WHERE = ("field", "clause", "loc", "id", "rule")
_WHAT = ("message", "msg", "detail", "what", "why", "title")
_NEXT = ("next_step", "fix", "advice")
_OWN = ("containers", "sources", "offers")
"""Lists that the command that asked shows in its own way."""


class ApiProblem(CommandFailed):
    """The API said no, with every reason."""

    code: ClassVar[str] = "api-problem"

    def __init__(self, status: int, document: Doc) -> None:
        self.status = status
        self.document = document
        self.exit_code = exit_of(status)
        super().__init__(document.text("detail") or document.text("title") or f"the platform answered {status}")

    @property
    def lines(self) -> tuple[str, ...]:
        """The message for people."""
        return tuple(explained(self.document, self.status))


def exit_of(status: int) -> ExitCode:
    """The exit code for an HTTP status."""
    if status in _EXITS:
        return _EXITS[status]
    return ExitCode.USAGE if 400 <= status < 500 else ExitCode.FAILED


def explained(document: Doc, status: int) -> list[str]:
    """Title, detail, each reason with its next step, and the id to quote when asking for help."""
    title = clean(document.text("title"))
    detail = "\n".join(clean(line) for line in document.text("detail").splitlines())
    lines = [f"{title or 'the platform refused'} ({clean(document.text('code')) or status})"]
    if detail and detail != title:
        lines += [f"  {line}" for line in detail.splitlines()]
    listed = [reason for name in document.fields if name not in _OWN for reason in document.records(name)]
    told = [reason for reason in listed if not _is_told(reason, detail)]
    lines += [line for reason in told for line in reason_lines(reason)]
    lines += [f"  - {clean(path)}" for path in document.texts("paths")]
    if document.has("corrected"):
        lines.append(f"  use: {clean(document.text('corrected'))}")
    step = clean(_first(document, _NEXT))
    if step and not listed and step not in detail:
        lines.append(f"  next: {step}")
    if status == 401:
        lines.append("  next: sign in again: sluice login --as NAME, or give a fresh SLUICE_TOKEN")
    if document.has("request_id") and not document.has("access_request"):
        lines.append(f"  to ask about it, quote: {clean(document.text('request_id'))}")
    return lines


def reason_lines(reason: Doc) -> list[str]:
    """One reason of a list: where, what, what was given and allowed, and what to do."""
    head = " ".join(clean(part) for part in (_first(reason, _WHERE), _first(reason, ("code",))) if part)
    what = clean(_first(reason, _WHAT))
    lines = [f"  - {head}{': ' if head and what else ''}{what}"]
    if reason.has("given"):
        lines.append(f"    given: {clean(reason.text('given'))}")
    if reason.has("allowed"):
        lines.append(f"    allowed: {clean(reason.text('allowed'))}")
    if reason.has("corrected"):
        lines.append(f"    use: {clean(reason.text('corrected'))}")
    if step := _first(reason, _NEXT):
        lines.append(f"    next: {clean(step)}")
    return lines


def _is_told(reason: Doc, detail: str) -> bool:
    """Whether the detail says already what to do about this reason."""
    step = clean(_first(reason, _NEXT))
    return bool(step) and step in detail


def _first(document: Doc, names: tuple[str, ...]) -> str:
    return next((document.text(name) for name in names if document.has(name)), "")
