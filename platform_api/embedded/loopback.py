"""What counts as this machine only, and whether anything real is configured beside the embedded platform."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from platform_api.embedded.errors import EmbeddedRefused

EMBEDDED_ACCOUNT = "000000000000"
"""The embedded AWS's account: no real account has this number."""
EMBEDDED_DATA_ACCOUNT = "000000000001"
"""Its second account, where some of the sample's data lies; no real account has this number either."""
EMBEDDED_ACCOUNTS = frozenset({EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT})

_ENDPOINT = "SLUICEGATE_AWS__ENDPOINT_URL"
_ACCOUNT = "SLUICEGATE_AWS__ACCOUNT_ID"
_ROLES = (
    "SLUICEGATE_AWS__BROKER_ROLE_ARN",
    "SLUICEGATE_AWS__PROVISIONER_ROLE_ARN",
    "SLUICEGATE_AWS__PURGER_ROLE_ARN",
)


def is_loopback_host(host: str) -> bool:
    """Whether `host` names this machine only: `localhost`, 127.0.0.0/8 or ::1. Names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Whether `url` is http or https on this machine, without a user name in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or host is None:
        return False
    return is_loopback_host(host)


def check_nothing_real(environment: Mapping[str, str]) -> None:
    """Raises `EmbeddedRefused` when this environment configures the platform for a real account or issuer.

    A person's own AWS_* variables do not count: the embedded platform neither reads nor passes them on.
    """
    reasons: list[str] = []
    if not is_loopback_url(environment.get(_ENDPOINT, "http://127.0.0.1")):
        reasons.append(f"{_ENDPOINT} is not on this machine")
    if environment.get(_ACCOUNT, EMBEDDED_ACCOUNT) != EMBEDDED_ACCOUNT:
        reasons.append(f"{_ACCOUNT} names a real account")
    for name in _ROLES:
        if name in environment and environment[name].split(":")[4:5] != [EMBEDDED_ACCOUNT]:
            reasons.append(f"{name} names a role of a real account")
    if any(name.startswith("SLUICEGATE_ACCOUNTS") for name in environment):
        reasons.append("SLUICEGATE_ACCOUNTS names further accounts")
    for name in sorted(environment):
        if name.startswith("SLUICEGATE_ISSUERS"):
            reasons.append(f"{name} configures an identity provider")
    if "SLUICEGATE_SETTINGS" in environment:
        reasons.append("SLUICEGATE_SETTINGS names a settings file, and the embedded platform makes its own")
    if reasons:
        raise EmbeddedRefused(reasons=tuple(reasons))
