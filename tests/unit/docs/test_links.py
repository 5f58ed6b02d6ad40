"""What a document points to is there: pages, headings, pictures, files, tests."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, committed_files, modules

DOCUMENTS = sorted(name for name in committed_files() if name.endswith(".md") and "/sample/" not in name)
FOLDERS = ("policy/", "jit_engine/", "platform_api/", "cli/", "tests/", "docs/", "migrations/", ".ci/")
LONGEST_LINE = 120

_CODE = re.compile(r"```.*?```", re.S)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([\w./-]+)`")
_TEST = re.compile(r"`(test_\w+)`")


def text_of(document: str) -> str:
    """The document without its blocks of code."""
    return _CODE.sub("", (ROOT / document).read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", document.read_text(encoding="utf-8")), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_there_are_documents() -> None:
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/operator.md"} <= set(
        DOCUMENTS
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_within_the_project_leads_somewhere(document: str) -> None:
    broken = []
    for target in _LINK.findall(text_of(document)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    named = [path for path in _PATH.findall(text_of(document)) if path.startswith(FOLDERS)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_line_is_short_enough_to_read_beside_code(document: str) -> None:
    lines = text_of(document).splitlines()
    assert [line for line in lines if len(line) > LONGEST_LINE and not line.startswith(("|", "<", "!"))] == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", text_of("docs/decisions/README.md")))
    assert listed == {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}


def test_every_test_that_a_document_names_exists() -> None:
    defined = {
        node.name
        for name in committed_files()
        if name.startswith("tests/") and name.endswith(".py")
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    named = {(document, test) for document in DOCUMENTS for test in _TEST.findall(text_of(document))}
    assert named
    assert {(document, test) for document, test in named if test not in defined} == set()


def test_every_alarm_is_explained_to_operators() -> None:
    code = (module.text for module in modules("jit_engine", "platform_api"))
    raised = {alarm for text in code for alarm in re.findall(r'"((?:alarm|sweep)\.[a-z-]+)"', text)}
    assert raised
    assert {alarm for alarm in raised if f"`{alarm}`" not in text_of("docs/operator.md")} == set()
