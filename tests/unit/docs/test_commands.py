"""What a document tells people to type is a command that there is, with the options that it has."""

import re
import shlex
from collections.abc import Iterator

import pytest
from typer.main import get_command

from cli.main import app
from tests.support.sources import ROOT
from tests.unit.docs.test_links import DOCUMENTS

_BLOCK = re.compile(r"```(?:sh|shell|bash|console)\n(.*?)```", re.S)
_INLINE = re.compile(r"`(sluice [^`]+)`")
_AS_SOMEBODY = re.compile(r"^as [\w$]+ +")
"""How the documents act as several people: `as dana whoami`, by a shell function of theirs."""


def typed(document: str) -> list[str]:
    """Every `sluice …` of the document, in blocks of shell and in the text."""
    text = (ROOT / document).read_text(encoding="utf-8")
    lines = [line for found in _BLOCK.findall(text) for line in found.replace("\\\n", " ").splitlines()]
    blocks = [_AS_SOMEBODY.sub("sluice ", line.strip().removeprefix("$ ")) for line in lines]
    inline = _INLINE.findall(re.sub(r"```.*?```", "", text, flags=re.S))
    return [line for line in (*blocks, *inline) if re.match(r"(?:\w+=\S+ )*(?:\S*/)?sluice\b", line)]


def problems(line: str) -> Iterator[str]:
    """What is wrong with a line; nothing when every word of it that is a command or an option is known."""
    words = shlex.split(line.partition(" #")[0].replace("…", "..."))
    words = words[next(i for i, word in enumerate(words) if word.split("/")[-1] == "sluice") + 1 :]
    command = get_command(app)
    context = command.make_context("sluice", [], resilient_parsing=True)
    while words and hasattr(command, "get_command"):
        if words[0].startswith("-"):
            return
        found = command.get_command(context, words[0])
        if found is None:
            yield f"no command {words[0]}: {line}"
            return
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word in ("--", "|", ">", "&&", "&"):
            return
        if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}:
            yield f"no option {word}: {line}"


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if typed(name)])
def test_every_command_that_is_written_down_exists(document: str) -> None:
    assert [problem for line in typed(document) for problem in problems(line)] == []


def test_the_pages_for_people_tell_them_what_to_type() -> None:
    pages = ("README.md", "docs/data-scientist.md", "docs/governance.md", "docs/operator.md", "docs/credentials.md")
    assert [page for page in pages if not typed(page)] == []


@pytest.mark.parametrize(
    "line", ["sluice grants show x", "sluice whoami --jsn", "SLUICE_API=x sluice contract sing y", "sluice env lst"]
)
def test_a_mistyped_command_is_recognised(line: str) -> None:
    assert list(problems(line))
