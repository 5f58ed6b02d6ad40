"""An embedded AWS that outlives the processes that are killed, an empty ledger to copy, and the players."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_api.db.migrate import upgrade
from platform_api.embedded.aws_bootstrap import bootstrap
from platform_api.embedded.aws_process import EmbeddedAws
from tests.contract.minter.cloud import Cloud, lay_down
from tests.crash.stage import Setting, whole_second

ROOT = Path(__file__).parents[2]
Player = Callable[[Setting, int], tuple[list[str], int]]
"""Plays a life and dies at a boundary; answers the boundaries passed and the exit status."""
_NUMBERS = itertools.count()


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The embedded AWS with the sample company's lake and environments, this worker's own."""
    folder = tmp_path_factory.mktemp("crash-aws")
    with EmbeddedAws(state_dir=folder, environment={"PATH": os.environ["PATH"]}) as aws:
        yield lay_down(bootstrap(endpoint_url=aws.endpoint_url, state_dir=folder))


@pytest.fixture(scope="package")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with nothing in it."""
    file = tmp_path_factory.mktemp("crash-db") / "empty.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def new_setting(cloud: Cloud, empty_ledger: Path, tmp_path: Path) -> Callable[[], Setting]:
    """Settings with a ledger and a grant of their own."""

    def make() -> Setting:
        number = next(_NUMBERS)
        database = tmp_path / f"{number}.db"
        shutil.copy(empty_ledger, database)
        return Setting(
            account=cloud.account,
            database=str(database),
            grant=f"gr_01JABCDEFGHJKMNPQRSTVW{number:04}",
            began=whole_second(datetime.now(UTC)),
        )

    return make


@pytest.fixture(scope="package")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """The program of `tests.crash.play`, warm, so that each death costs a fork and not a start of Python."""
    folder = tmp_path_factory.mktemp("plays")
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.play"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    stdin, stdout = program.stdin, program.stdout

    def play(setting: Setting, fatal: int) -> tuple[list[str], int]:
        file = folder / f"{setting.grant}.json"
        setting.write(file)
        stdin.write(f"{file}\t{fatal}\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        return answer["boundaries"], answer["status"]

    try:
        yield play
    finally:
        stdin.close()
        program.wait(timeout=20)
        stdout.close()
