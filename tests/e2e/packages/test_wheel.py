"""What is given to others: the sdist carries the built console, and a wheel made of it needs no Node."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from platform_api.console.build import CONSOLE, sources_hash
from platform_api.console.web import BUILT
from tests.support.run import unavailable

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[3]


def built(folder: Path, kind: str, to: Path) -> tuple[Path, str]:
    """The package that hatchling makes of `folder`, and what it said on the way."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)]
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (package,) = to.iterdir()
    return package, done.stdout + done.stderr


def test_a_wheel_made_of_the_sdist_has_the_console_and_its_licences_and_builds_nothing(tmp_path: Path) -> None:
    if not (BUILT / ".stamp").is_file():
        unavailable("the built console", "it is not built (make console)", required_by="REQUIRE_BROWSER")
    sdist, _ = built(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    wheel, said = built(unpacked, "wheel", tmp_path / "wheel")

    assert "console" not in said
    assert not (unpacked / "platform_api/console/node_modules").exists()
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())
        stamp = files.read("platform_api/console/built/.stamp").decode()
        licences = files.read("platform_api/console/built/licences.md").decode()
    assert stamp == sources_hash(CONSOLE)
    assert "platform_api/console/built/index.html" in names
    assert [name for name in names if name.startswith(("tests/", "platform_api/console/src/"))] == []
    for shipped in ("react", "@tanstack/react-query", "react-aria-components", "@cedar-policy/cedar-wasm"):
        assert f"{shipped} " in licences
