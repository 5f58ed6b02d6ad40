"""The import contracts of pyproject.toml hold, and cover the packages that exist."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.sources import PACKAGES, ROOT


def test_every_import_contract_holds(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--cache-dir", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout


def test_the_contracts_cover_every_package_of_the_product() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(project["tool"]["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(built) == {*PACKAGES, "migrations"}
