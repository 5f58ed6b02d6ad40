"""What is installed is locked: whole, by hash, from whatever index the machine uses."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.run import unavailable
from tests.support.sources import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins() -> dict[str, str]:
    """Every locked package and its version."""
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.M)}


def wanted() -> list[Requirement]:
    """Everything that pyproject.toml asks for: to run, to develop, to build."""
    project = PROJECT["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for line in sum(lists, PROJECT["build-system"]["requires"])]


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "--index-url" not in LOCK


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_everything_that_the_project_asks_for_is_locked(requirement: Requirement) -> None:
    version = pins().get(canonicalize_name(requirement.name))
    assert version is not None
    assert requirement.specifier.contains(version)


def test_every_locked_package_has_a_hash() -> None:
    entries = [entry for entry in re.split(r"\n(?=[\w])", LOCK) if "==" in entry]
    assert len(entries) >= len(pins())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.slow
def test_the_lock_is_what_pyproject_compiles_to(tmp_path: Path) -> None:
    if shutil.which("uv") is None:
        unavailable("uv", "not installed", required_by="REQUIRE_UV")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    subprocess.run(["make", "lock"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "requirements.lock").read_text() == LOCK
