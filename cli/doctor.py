"""What `sluice operate doctor` looks at, each with what was found and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from cli.connect import connect
from cli.failure import CommandFailed

if TYPE_CHECKING:
    from platform_api.settings import Settings

PACKAGES = ("boto3", "cedarpy", "fastapi", "pydantic", "sqlalchemy", "alembic", "typer", "httpx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    next_step: str = ""


def examine(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Everything in the order in which it depends on each other."""
    version = sys.version.split()[0]
    yield Finding(what="Python", ok=sys.version_info >= (3, 11), found=version)
    yield _packages()
    settings, finding = _settings(environment)
    yield finding
    if settings is not None:
        yield _database(settings)
        yield from _accounts(settings)
    yield _platform()


def _packages() -> Finding:
    missing = []
    for name in PACKAGES:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    return Finding(
        what="packages",
        ok=not missing,
        found=f"missing: {', '.join(missing)}" if missing else f"all {len(PACKAGES)} of the main ones",
        next_step="install the lock: pip install --require-hashes -r requirements.lock" if missing else "",
    )


def _settings(environment: Mapping[str, str]) -> tuple[Settings | None, Finding]:
    from platform_api.settings import SettingsInvalid, load

    try:
        settings = load(environment)
    except SettingsInvalid as error:
        found = "; ".join(error.problems)
        return None, Finding(what="settings", ok=False, found=found, next_step="sluice operate settings --check")
    where = "embedded" if settings.embedded else f"account {settings.aws.account_id}, {settings.aws.region}"
    return settings, Finding(what="settings", ok=True, found=where)


def _database(settings: Settings) -> Finding:
    from platform_api.db.migrate import current, newest

    try:
        found = current(settings.database_url.get_secret_value())
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is the finding; its text may hold the password
        return Finding(
            what="database", ok=False, found=type(error).__name__, next_step="look at SLUICEGATE_DATABASE_URL"
        )
    ok = found == newest()
    return Finding(what="database", ok=ok, found=found or "empty", next_step="" if ok else "sluice operate migrate")


def _accounts(settings: Settings) -> Iterator[Finding]:
    """Whether the platform's roles can be become in each account."""
    from jit_engine.aws.throttle import Throttle
    from platform_api.accounts import AwsAccounts

    for account, one in AwsAccounts(settings, Throttle()).items():
        barred = one.barred()
        yield Finding(
            what=f"account {account}",
            ok=barred is None,
            found=barred or f"its roles answer in {one.named.region}",
            next_step=""
            if barred is None
            else "look at the role's trust, its external id and the platform's own policy",
        )


def _platform() -> Finding:
    try:
        with connect() as client:
            me = client.get("/v1/me")
            return Finding(what="API", ok=True, found=f"{client.api_url}, signed in as {me.text('name')}")
    except CommandFailed as error:
        return Finding(what="API", ok=False, found=error.what, next_step=error.next_step or "")
