"""How a run's tests are shared out: what is dear to start is started by one process, and ends with its folder.

A folder with a `conftest.py` of its own starts what its tests share: a whole platform, an AWS. All its tests go to one
process, in any order but one after the other, so that it starts once in a run; a fixture of the scope `package` ends
with its folder, so that nothing runs on beside tests that have no use for it. Other tests are shared out by file.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[2]
LONGEST = (
    "tests/e2e/console",
    "tests/e2e",
    "tests/chaos/test_chaos.py",
)
"""What begins first, so that nothing long is left for one process at the end."""


class Folder(pytest.Package):
    """A folder of tests, which ends what its fixtures of the scope `package` started. It needs no `__init__.py`."""

    def setup(self) -> None:
        """Nothing: there is no module of the folder's own."""


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector:
    """Every folder is a scope for fixtures."""
    folder: pytest.Collector = Folder.from_parent(parent, path=path)
    return folder


@cache
def share_of(file: str) -> str:
    """What one process plays as a whole: the nearest folder with fixtures of its own, or the file by itself."""
    for folder in Path(file).parents:
        if (ROOT / folder / "conftest.py").is_file() and folder != Path("tests"):
            return folder.as_posix()
    return file


def _share(nodeid: str) -> str:
    return share_of(nodeid.partition("::")[0])


def in_order(shares: Iterable[str]) -> list[str]:
    """Each share once: the longest first, the others as they come."""
    return sorted(dict.fromkeys(shares), key=lambda share: LONGEST.index(share) if share in LONGEST else len(LONGEST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a share beside each other, in whatever order they have come."""
    places = {share: place for place, share in enumerate(in_order(_share(item.nodeid) for item in items))}
    items.sort(key=lambda item: places[_share(item.nodeid)])


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no collection of garbage has to look at it again."""
    gc.collect()
    gc.freeze()


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives each process one share after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return _share(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares | None:
    """By share, in the order of the tests; a run that names another way of its own has it."""
    if config.getoption("dist") != "load":
        return None
    config.option.loadscopereorder = False
    return Shares(config, log)
