"""The two commands of a newcomer, and the ones of a developer, are what the documents say."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.sources import ROOT


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "")}
    return subprocess.run(["make", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def targets() -> set[str]:
    return set(re.findall(r"^  make (\w+)", make().stdout, re.M))


def test_make_alone_lists_the_targets() -> None:
    assert {"demo", "up", "test", "check", "bench", "mutants", "clean"} <= targets()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "Makefile", ".ci/run"])
def test_every_target_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"(?:`|^)make (\w+)", (ROOT / document).read_text(), re.M))
    known = targets() | {"lint"}
    assert named <= known


def test_a_missing_python_is_said_plainly(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    ended = make("demo", "PYTHON=", cwd=tmp_path)
    assert ended.returncode != 0
    assert "Python 3.11 or newer is needed" in ended.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_passed_over(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    for name, code in (("python3", 1), ("python3.13", 1), ("python3.12", 0), ("python3.11", 0)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    (tmp_path / "shown.mk").write_text("include Makefile\nshown:\n\t@echo $(PYTHON)\n")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["make", "-f", "shown.mk", "shown"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "python3.12"


def test_ci_runs_from_a_clean_checkout_and_lets_nothing_be_skipped() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "REQUIRE_ORACLE=1" in text
    assert "REQUIRE_POSTGRES=1" in text
    assert text.rstrip().endswith("make test")
