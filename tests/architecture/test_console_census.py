"""Every screen of the console has its picture, and every dialog is looked at by axe in both themes."""

import re
from pathlib import Path

from tests.support.screens import SCREENS

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "platform_api" / "console" / "src"
_ASK = re.compile(r'<Ask\b(?: key=\S+)? name="([a-z-]+)"')
_DIALOG = re.compile(r'<Dialog\b[^>]*? data-dialog="([a-z-]+)"')
_ASKS = "data-dialog={name}"
"""The one dialog of `parts/ask.tsx`, which has the name of each use."""


def routes() -> set[str]:
    """The addresses of `routes.tsx`, with `{}` for each id."""
    text = (SOURCES / "routes.tsx").read_text(encoding="utf-8")
    found = re.findall(r'screen\("([^"]+)"', text) + re.findall(r'getParentRoute: \(\) => root, path: "([^"]+)"', text)
    return {re.sub(r"\$\w+", "{}", path) for path in found}


def dialogs() -> list[str]:
    """The name of each dialog of the sources; one without a name is an error."""
    found: list[str] = []
    for file in sorted(SOURCES.rglob("*.tsx")):
        text = file.read_text(encoding="utf-8")
        asks = len(re.findall(r"<Ask\b", text)) if re.search(r'from "[^"]*parts/ask"', text) else 0
        uses = asks + len(re.findall(r"<Dialog\b|<dialog\b", text)) - text.count(_ASKS)
        named = (_ASK.findall(text) if asks else []) + _DIALOG.findall(text)
        assert len(named) == uses, f"{file.relative_to(ROOT)}: {uses} dialogs, of which these have a name: {named}"
        found += named
    return found


def test_every_screen_has_a_picture() -> None:
    pictured = {re.sub(r"{\w+}", "{}", screen.path.partition("?")[0]) for screen in SCREENS.values()}
    assert len(routes()) > 20
    assert routes() - pictured == set(), "tests/support/screens.py leaves these out"


def test_every_dialog_is_looked_at_by_axe_in_both_themes() -> None:
    looked_at = {
        name
        for file in (ROOT / "tests" / "e2e").rglob("test_*.py")
        for name in re.findall(r'\.check_dialog\("([a-z-]+)"\)', file.read_text(encoding="utf-8"))
    }
    names = dialogs()
    assert len(names) == len(set(names)) > 20
    assert set(names) == looked_at
