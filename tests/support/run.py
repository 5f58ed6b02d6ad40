"""What the processes of one test run share: a folder, a file lock, and what to do where a tool is missing."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.postgres import stop_servers

_RUN_DIR = "TEST_RUN_DIR"


def run_dir() -> Path:
    """The folder that every process of this test run shares; it goes when the run ends."""
    return Path(os.environ[_RUN_DIR])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on the file `path` (made when missing) against every other process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unavailable(what: str, reason: str, *, required_by: str) -> NoReturn:
    """Skips the test because `what` cannot be had, or fails it where the variable `required_by` is 1."""
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{required_by}=1, but {what} cannot be had: {reason}", pytrace=False)
    pytest.skip(f"{what} cannot be had: {reason}")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the shared folder in the first process; its workers inherit the name."""
    if not _is_worker(config):
        os.environ[_RUN_DIR] = tempfile.mkdtemp(prefix="sluicegate-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what the run started and removes its folder, in the first process, after its workers."""
    if not _is_worker(config) and _RUN_DIR in os.environ:
        folder = Path(os.environ.pop(_RUN_DIR))
        stop_servers(folder)
        shutil.rmtree(folder, ignore_errors=True)
