"""Which addresses a token may be sent to: https anywhere, plain http on this machine only."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from cli.failure import InputInvalid

_HOST = re.compile(r"[A-Za-z0-9:._-]+\Z", re.ASCII)
"""A name as DNS has it, or an address; a name in other letters is written in its `xn--` form."""


def check_address(url: str, source: str) -> str:
    """`url` without a last slash; raises `InputInvalid` naming `source` when a token must not go there."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputInvalid(f"{source}: {url} is not an address", next_step="write https://sluice.example") from error
    if parts.scheme not in ("http", "https") or not host or not _HOST.match(host):
        raise InputInvalid(f"{source}: {url} is not an address", next_step="write https://sluice.example")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputInvalid(
            f"{source}: an address here has no user name, query or fragment", next_step="write https://sluice.example"
        )
    if parts.scheme == "http" and not is_this_machine(host):
        raise InputInvalid(
            f"{source}: {url} is plain http, and the token would be sent in clear",
            next_step=f"write https://{parts.netloc}; plain http is for this machine only (127.0.0.1)",
        )
    return url.rstrip("/")


def is_this_machine(host: str) -> bool:
    """Whether `host` is loopback by its own text; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
