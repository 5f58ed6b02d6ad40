"""Breaks the product on purpose and demands that somebody notices: `make mutants`.

Each mutant is one text replacement in a copy of the tree. The mint tests run on it, and if they stay green the
demo does; a mutant that nothing turns red fails the run. The unbroken copy has to be green first, for otherwise
red would mean nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MINT_TESTS = ("tests/unit/engine", "tests/property/engine", "tests/contract/minter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement; `old` has to be there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is broken, and how."""

    name: str
    edits: tuple[Edit, ...]


GRANT_POLICY = "jit_engine/iam/grant_policy.py"
SECOND_READING_OFF = Edit(
    file="jit_engine/iam/reading.py", old="    if findings:\n", new="    if findings and not policy:\n"
)
WIDENED = Edit(
    file="jit_engine/iam/statement.py",
    old="{prefix.bucket}/{prefix.prefix}*",
    new="{prefix.bucket}/{prefix.prefix[:-1]}*",
)
NO_CLOSING_DENY = Edit(
    file=GRANT_POLICY,
    old="return (*allows, *numbered((*own, *_closing(allows, clearance, bounds))))",
    new="return allows",
)
NOT_ENFORCED = Edit(
    file="platform_api/embedded/aws_process.py", old='ENFORCEMENT = "true"', new='ENFORCEMENT = "false"'
)
EMPTIED = Edit(file="policy/schema/invariants.cedar", old="", new="")
MUTANTS = (
    Mutant(name="enforcement off", edits=(NOT_ENFORCED,)),
    Mutant(name="a statement widened by one character", edits=(WIDENED,)),
    Mutant(name="the same, with our second reading off", edits=(WIDENED, SECOND_READING_OFF)),
    Mutant(name="the closing Deny dropped", edits=(NO_CLOSING_DENY,)),
    Mutant(name="the same, with our second reading off", edits=(NO_CLOSING_DENY, SECOND_READING_OFF)),
    Mutant(name="the tier invariants emptied", edits=(EMPTIED,)),
)


def main() -> int:
    """0 when the unbroken tree is green and every mutant turned something red."""
    with tempfile.TemporaryDirectory(prefix="sluicegate-mutants-") as folder:
        healthy = _red(Path(folder) / "healthy", ())
        if healthy is not None:
            _say(f"the unbroken tree is red already ({healthy}): mend it first")
            return 1
        survivors = [mutant.name for place, mutant in enumerate(MUTANTS) if not _is_killed(Path(folder), place, mutant)]
    _say(f"{len(MUTANTS) - len(survivors)} passed, {len(survivors)} failed")
    return 1 if survivors else 0


def _is_killed(folder: Path, place: int, mutant: Mutant) -> bool:
    began = time.monotonic()
    red = _red(folder / str(place), mutant.edits)
    seconds = time.monotonic() - began
    _say(f"{'killed  ' if red else 'SURVIVED'} {mutant.name}: {red or 'nothing turned red'} [{seconds:.0f} s]")
    return red is not None


def _red(tree: Path, edits: tuple[Edit, ...]) -> str | None:
    """What turned red in a copy with `edits`; None when all stayed green."""
    _copy(tree)
    for edit in edits:
        _apply(tree, edit)
    tests = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "2", *MINT_TESTS]
    if _run(tree, tests) != 0:
        return "the mint tests"
    if _run(tree, [sys.executable, "-m", "cli.main", "demo"]) != 0:
        return "the demo"
    return None


def _copy(tree: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    oracle = ROOT / "var" / "oracle"
    if oracle.is_dir():
        shutil.copytree(oracle, tree / "var" / "oracle", symlinks=True)


def _apply(tree: Path, edit: Edit) -> None:
    file = tree / edit.file
    text = file.read_text(encoding="utf-8")
    if not edit.old:
        file.write_text("// emptied\n", encoding="utf-8")
        return
    if text.count(edit.old) != 1:
        raise SystemExit(f"{edit.file} no longer holds {edit.old!r} once: mend the mutant")
    file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def _run(tree: Path, command: list[str]) -> int:
    environment = {**os.environ, "PYTHONPATH": str(tree), "REQUIRE_ORACLE": "1"}
    done = subprocess.run(
        command, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
