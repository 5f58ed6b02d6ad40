"""What would be granted instead of what was refused: told as commands, and asked for as requests."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from cli.answer import Doc, Json
from cli.render import clean
from cli.source_text import source_of


def offer_lines(offers: Sequence[Doc]) -> list[str]:
    """Each offer with what it changes, and the command that asks for it."""
    lines = []
    for offer in offers:
        asked = offer.record("request")
        words = ["sluice", "request", "--activity", asked.text("activity"), "--env", asked.text("environment")]
        words += ["--purpose", asked.text("purpose")]
        if asked.has("duration_seconds"):
            words += ["--duration", f"PT{asked.whole('duration_seconds')}S"]
        if asked.text("mode") != "all":
            words += ["--mode", asked.text("mode")]
        words += [_typed(source) for source in asked.records("sources")]
        lines.append("this would be granted: " + "; ".join(clean(change) for change in offer.texts("changes")))
        lines.append(f"  {clean(shlex.join(words))}")
    return lines


def body_of(offer: Doc) -> dict[str, Json]:
    """What of a request's body the offer changes."""
    asked = offer.record("request")
    body: dict[str, Json] = {
        "purpose": asked.text("purpose"),
        "environment": asked.text("environment"),
        "mode": asked.text("mode"),
        "sources": [source_of(_typed(source)) for source in asked.records("sources")],
    }
    if asked.has("duration_seconds"):
        body["duration"] = f"PT{asked.whole('duration_seconds')}S"
    return body


def _typed(source: Doc) -> str:
    columns = f":{','.join(source.texts('columns'))}" if source.has("columns") else ""
    return f"{source.text('source')}{columns}={','.join(source.texts('operations'))}"
