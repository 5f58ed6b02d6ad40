"""What no test may lean on: the network beyond loopback, and this machine's AWS and Sluicegate settings."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class NetworkRefused(RuntimeError):
    """A test tried to reach beyond this machine."""


def is_local(family: int, address: object) -> bool:
    """Whether a socket of `family` connecting to `address` stays on this machine."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0] if isinstance(address, tuple) and address else None
    if not isinstance(host, str):
        return False
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(connect: Callable[[socket.socket, Any], T]) -> Callable[[socket.socket, Any], T]:
    def guarded(sock: socket.socket, address: object) -> T:
        if not is_local(sock.family, address):
            sock.close()  # callers only expect an OSError to do this for
            raise NetworkRefused(f"a test may only connect to loopback, not to {address!r}")
        return connect(sock, address)

    return guarded


@pytest.fixture(autouse=True)
def _isolation() -> Iterator[None]:
    """Refuses sockets beyond loopback and hides AWS_* and SLUICEGATE_* settings, in every test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guard(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guard(socket.socket.connect_ex))
        for name in list(os.environ):
            if name.startswith(("AWS_", "SLUICEGATE_")):
                patch.delenv(name)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield
