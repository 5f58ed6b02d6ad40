"""From what was chosen to a client: which platform, whose token."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.addresses import check_address
from cli.credentials import TokenStore, check_token, home
from cli.failure import InputInvalid, NotSignedIn
from cli.profile import read_profile
from cli.render import note
from cli.times import local, now
from cli.where import chosen

if TYPE_CHECKING:
    from cli.client import Client

_MOST_TOKEN = 65536
_WHICH = "name a file that holds the access token alone"


def connect() -> Client:
    """A client for the chosen platform with, in this order: the token file, SLUICE_TOKEN, the token kept by `login`."""
    from cli.client import Client

    given = _given_token()
    if given is not None:
        return Client(_platform(), given, progress=note)
    api_url, token = _kept()
    return Client(api_url, token, progress=note)


def token_file() -> Path | None:
    """The token file that was chosen, for a program that will be run later."""
    given = chosen().token_file
    return Path(given).absolute() if given and given != "-" else None


def _given_token() -> str | None:
    if file := chosen().token_file:
        try:
            text = sys.stdin.read(_MOST_TOKEN) if file == "-" else Path(file).read_bytes()[:_MOST_TOKEN].decode("ascii")
        except OSError as error:
            why = (error.strerror or "").lower()
            raise InputInvalid(f"the token file {file} cannot be read: {why}", next_step=_WHICH) from error
        except ValueError as error:
            raise InputInvalid(f"the token file {file} does not hold a token", next_step=_WHICH) from error
        return check_token(text, "the token file")
    text = os.environ.get("SLUICE_TOKEN", "")
    return check_token(text, "SLUICE_TOKEN") if text else None


def _platform() -> str:
    if api := chosen().api:
        return check_address(api, "SLUICE_API")
    if profile := read_profile():
        return profile.api_url
    raise InputInvalid("no platform is named", next_step="set SLUICE_API to its address, or start one here: sluice up")


def _kept() -> tuple[str, str]:
    """The kept token with its own platform; it is never sent to another one."""
    session = TokenStore(home()).load()
    if session is None:
        raise NotSignedIn(
            "you are not signed in",
            next_step="sluice login --as NAME; a pipeline sets SLUICE_TOKEN or SLUICE_TOKEN_FILE",
        )
    api = chosen().api
    if api is not None and check_address(api, "SLUICE_API") != session.api_url:
        raise NotSignedIn(
            f"you are signed in to {session.api_url}, not to {api}",
            next_step="sign in to that platform: sluice login --as NAME, or unset SLUICE_API",
        )
    if session.expires_at <= now():
        raise NotSignedIn(
            f"your sign-in as {session.name} ended at {local(session.expires_at.isoformat())}",
            next_step=f"sluice login --as {session.name}",
        )
    return session.api_url, session.token
