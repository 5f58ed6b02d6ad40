"""What is dear to start is started once in a run, and ends with the tests that need it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import sharing
from tests.support.sharing import LONGEST, in_order, share_of

CONFTEST = """
import pytest

@pytest.fixture(scope="package")
def dear(request):
    print("begin", request.node.path.name)
    yield
    print("end", request.node.path.name)
"""
TEST = """
def test_one(dear, request):
    print("test", request.path.parent.name)

def test_another(dear, request):
    print("test", request.path.parent.name)
"""


@pytest.mark.parametrize(
    ("file", "share"),
    [
        ("tests/e2e/console/test_lists.py", "tests/e2e/console"),
        ("tests/e2e/api/test_grants.py", "tests/e2e"),
        ("tests/abuse/mint/test_kinds.py", "tests/abuse"),
        ("tests/unit/engine/test_egress.py", "tests/unit/engine/test_egress.py"),
    ],
)
def test_a_share_is_the_nearest_folder_with_fixtures_of_its_own_or_the_file(file: str, share: str) -> None:
    assert share_of(file) == share


def test_the_longest_shares_begin_and_the_others_keep_their_order() -> None:
    assert in_order(["b", *reversed(LONGEST), "a", "b"]) == [*LONGEST, "b", "a"]


def test_what_begins_first_is_there() -> None:
    assert [share for share in LONGEST if not (sharing.ROOT / share).exists()] == []


def test_what_a_folder_starts_is_started_once_in_any_order_and_ends_before_the_next(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        for number in range(3):
            (tmp_path / folder / f"test_{number}.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        f"from tests.support import sharing\nsharing.ROOT = sharing.Path({str(tmp_path)!r})\n"
        "pytest_plugins = ['tests.support.sharing']\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").touch()
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-q", "-s", "--rootdir", str(tmp_path)]
    done = subprocess.run([*command, str(tmp_path)], cwd=sharing.ROOT, capture_output=True, text=True, check=False)
    said = [
        line.lstrip(".").split()
        for line in done.stdout.splitlines()
        if line.lstrip(".")[:4] in ("begi", "end ", "test")
    ]
    assert done.returncode == 0, done.stdout
    one, other = said[0][1], said[-1][1]
    assert said == [step for name in (one, other) for step in (["begin", name], *[["test", name]] * 6, ["end", name])]
    assert one != other
