"""Where `sluice up` left the addresses of the platform of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.addresses import check_address, is_this_machine
from cli.answer import doc_of, parse
from cli.failure import InputInvalid

DEFAULT = Path("var/up/profile.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The two addresses of an embedded platform."""

    api_url: str
    issuer_url: str


def profile_file() -> Path:
    """SLUICE_PROFILE, or that of `sluice up` beneath the current folder."""
    return Path(os.environ.get("SLUICE_PROFILE") or DEFAULT).absolute()


def read_profile() -> Profile | None:
    """The profile of the platform that is (or was) up; None when there is none.

    It lies where a stranger's folder could hold one too, so only addresses of this machine are taken from it.
    """
    file = profile_file()
    try:
        record = doc_of(parse(file.read_bytes()[:65536]))
    except FileNotFoundError:
        return None
    except OSError as error:
        why = f"cannot be read: {(error.strerror or '').lower()}"
        raise InputInvalid(f"{file} {why}", next_step="start the platform anew: sluice up") from error
    except ValueError as error:
        raise InputInvalid(f"{file} is no JSON", next_step="start the platform anew: sluice up") from error
    return Profile(api_url=_local(record.text("api_url"), file), issuer_url=_local(record.text("issuer_url"), file))


def _local(url: str, file: Path) -> str:
    address = check_address(url, str(file))
    if not is_this_machine(urlsplit(address).hostname or ""):
        raise InputInvalid(
            f"{file} names {address}, which is not on this machine",
            next_step="name a platform elsewhere with SLUICE_API",
        )
    return address
