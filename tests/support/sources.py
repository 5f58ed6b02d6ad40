"""The project's own files, for tests that read code instead of running it."""

import ast
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("policy", "jit_engine", "platform_api", "cli")
_NOT_OURS = {".git", ".venv", "var", "node_modules", "dist", "__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Python file: its path from the root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return self.path


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below `folders` of the root, in order; raises when there is none."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, f"no Python file below {folders}"
    return tuple(_read(path) for path in found)


@cache
def committed_files() -> tuple[str, ...]:
    """The path from the root of every file that is, or would be, committed; outside of git every file."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = {name for name in listed.stdout.split("\0") if name}
        return tuple(sorted(name for name in names if (ROOT / name).is_file()))
    return tuple(_walk())


def _walk() -> list[str]:
    names = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in _NOT_OURS)
        names += [str((Path(folder) / name).relative_to(ROOT)) for name in sorted(files)]
    return names


@cache
def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path=path.relative_to(ROOT).as_posix(), text=text, tree=ast.parse(text))
