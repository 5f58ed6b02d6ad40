"""Exports of the audit trail as files: fetched whole or not at all, and verified without the platform."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.answer import Doc
from cli.failure import CommandFailed, InputInvalid

if TYPE_CHECKING:
    from cli.client import Client

LONGEST_LINE = 16 << 20
"""Bytes of one line that are read at a time, so that a file without line feeds cannot fill the memory."""


def fetch_export(client: Client, output: Path) -> Doc:
    """Writes the log to `output` and its head to `output`.root.json; answers that head.

    The head is read first and the export is cut to its size: what was recorded meanwhile belongs to the next export.
    """
    if output.exists() and not output.is_file():
        raise InputInvalid(f"{output} is not a plain file", next_step="name a file that may be written: -o audit.jsonl")
    head = client.get("/v1/audit/root")
    partial = output.with_name(f"{output.name}.partial")
    try:
        with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w+b") as file:
            client.download("/v1/audit/export", file)
            file.seek(0)
            for number in range(head.whole("size")):
                if not file.readline().endswith(b"\n"):
                    raise CommandFailed(f"the export ends after {number} of {head.text('size')} records")
            file.truncate()
        partial.replace(output)
        beside = output.with_name(f"{output.name}.root.json")
        beside.write_text(json.dumps({"size": head.whole("size"), "root": head.text("root")}) + "\n", encoding="utf-8")
    except OSError as error:
        why = (error.strerror or "").lower()
        raise InputInvalid(f"{output} cannot be written: {why}", next_step="name another file with -o") from error
    finally:
        partial.unlink(missing_ok=True)
    return head


def verify_export(file: Path, root: str, size: int, progress: Callable[[int], None]) -> Doc:
    """Whether `file` is the whole log of that size and root: `{ok, size, root, bad}`."""
    from platform_api.audit.export import verify

    try:
        with file.open("rb") as opened:
            found = verify(iter(lambda: opened.readline(LONGEST_LINE), b""), root, size, progress)
    except OSError as error:
        raise InputInvalid(f"{file} cannot be read: {(error.strerror or '').lower()}") from error
    bad = [{"seq": finding.seq, "what": finding.what} for finding in found.bad]
    return Doc({"ok": found.ok, "size": found.size, "root": found.root, "bad": bad})
