"""Starts and stops the embedded AWS as a child process on loopback."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from platform_api.embedded.errors import EmbeddedUnavailable
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, check_nothing_real

HOST = "127.0.0.1"
REGION = "us-east-1"
ENFORCEMENT = "true"
"""IAM enforcement of the embedded AWS; `make mutants` turns it off and expects the demo to notice."""

_CHILD = Path(__file__).with_name("aws_child.py")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV")
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05


def child_environment(state_dir: Path, port: int, environment: Mapping[str, str]) -> dict[str, str]:
    """All that the child sees: none of the person's AWS_* variables, profiles or Docker.

    IOT_MTLS_ENABLED and SFTP_ENABLED would each open another port, the former on every interface.
    """
    home = state_dir.resolve()
    return {name: environment[name] for name in _PASSED_ON if name in environment} | {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": ENFORCEMENT,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "MINISTACK_ACCOUNT_ID": EMBEDDED_ACCOUNT,
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class EmbeddedAws:
    """The embedded AWS, one per state directory: `with EmbeddedAws(state_dir=…) as aws: aws.endpoint_url`.

    `stop` lets it save its state; when this process dies without stopping it, it does the same by itself.
    `port` is taken when it is free, so that endpoints which people wrote down survive a restart.
    """

    def __init__(
        self, *, state_dir: Path, environment: Mapping[str, str] | None = None, port: int | None = None
    ) -> None:
        self.state_dir = state_dir
        self.port = port
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        """Where it listens."""
        if self.port is None:
            raise EmbeddedUnavailable(part="the embedded AWS", reason="is not running", fix="start it first")
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The child's process id."""
        if self._child is None:
            raise EmbeddedUnavailable(part="the embedded AWS", reason="is not running", fix="start it first")
        return self._child.pid

    def start(self) -> Self:
        """Starts the child and waits until it answers; raises `EmbeddedRefused` beside anything real."""
        environment = os.environ if self._environment is None else self._environment
        check_nothing_real(environment)
        for part in ("", "tmp", "state", "s3"):
            (self.state_dir / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.state_dir)
        self.port = self.port if self.port is not None and _is_free(self.port) else _free_port()
        try:
            with (self.state_dir / "aws.log").open("ab") as log:
                self._child = subprocess.Popen(
                    [sys.executable, "-P", str(_CHILD)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=child_environment(self.state_dir, self.port, environment),
                    start_new_session=True,  # Ctrl-C is for us: we still need AWS while we close what is open
                )
            self._wait_until_ready(self._child)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends the child, with its state saved; killed when it takes longer than 20 s. Safe to repeat."""
        child, self._child = self._child, None
        if child is not None:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(timeout=_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
            if child.stdin is not None:
                child.stdin.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        log = self.state_dir / "aws.log"
        deadline = time.monotonic() + _READY_SECONDS
        with httpx.Client(trust_env=False, timeout=2.0) as client:
            while time.monotonic() < deadline:
                if child.poll() is not None:
                    raise EmbeddedUnavailable(
                        part="the embedded AWS", reason=f"ended with {child.returncode}", fix=f"see {log}"
                    )
                try:
                    if client.get(f"{self.endpoint_url}/_ministack/health").is_success:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(_POLL_SECONDS)
        raise EmbeddedUnavailable(
            part="the embedded AWS", reason=f"did not answer within {_READY_SECONDS:.0f} s", fix=f"see {log}"
        )


def _locked(state_dir: Path) -> IO[bytes]:
    """The state directory's lock, held until closed: two on one state would overwrite each other's."""
    lock = (state_dir / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise EmbeddedUnavailable(
            part="the embedded AWS",
            reason=f"already runs on {state_dir}",
            fix="stop it, or name another directory",
        ) from error
    return lock


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
