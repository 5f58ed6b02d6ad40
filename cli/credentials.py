"""The one token that `sluice login` keeps: in a private file, bound to the platform that it was given for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cli.answer import doc_of, parse
from cli.failure import InputInvalid, NotSignedIn
from cli.private_files import private_folder, read_private, remove_private, write_private
from cli.where import chosen

_FILE = "session.json"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,16384}\Z", re.ASCII)
"""What RFC 6750 allows in a bearer token; anything else could end the header it stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person's token with what it is good for. The token is not shown by `repr`."""

    api_url: str
    name: str
    token: str = field(repr=False)
    expires_at: datetime


def check_token(text: str, source: str) -> str:
    """`text` without the white space around it; raises `InputInvalid` when it is no bearer token."""
    token = text.strip()
    if not _TOKEN.match(token):
        raise InputInvalid(
            f"{source} does not hold a token",
            next_step="give the access token alone, one line of letters, digits and . _ ~ + / = -",
        )
    return token


def home() -> Path:
    """The folder of the token: SLUICE_HOME, or `sluice` in the XDG configuration folder."""
    if given := chosen().home:
        return Path(given).absolute()
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if os.path.isabs(configured) else Path.home() / ".config"
    return folder / "sluice"


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Reads and writes the session; every way in refuses a file or a folder that others could reach."""

    folder: Path

    def save(self, session: Session) -> None:
        """Keeps `session` in place of any other."""
        record = {
            "api_url": session.api_url,
            "name": session.name,
            "token": session.token,
            "expires_at": session.expires_at.isoformat(),
        }
        with private_folder(self.folder) as folder:
            write_private(folder, _FILE, json.dumps(record).encode())

    def load(self) -> Session | None:
        """The session that is kept, ended or not; None when there is none."""
        with self._opened() as folder:
            content = None if folder is None else read_private(folder, _FILE, self._shown)
        if content is None:
            return None
        try:
            record = doc_of(parse(content))
            return Session(
                api_url=record.text("api_url"),
                name=record.text("name"),
                token=check_token(record.text("token"), str(self._shown)),
                expires_at=datetime.fromisoformat(record.text("expires_at")),
            )
        except (ValueError, InputInvalid) as error:
            raise NotSignedIn(
                f"{self._shown} cannot be read as a session", next_step="sign in again: sluice login --as NAME"
            ) from error

    def forget(self) -> bool:
        """Removes the session; whether there was one."""
        with self._opened() as folder:
            return folder is not None and remove_private(folder, _FILE)

    @property
    def _shown(self) -> Path:
        return self.folder / _FILE

    @contextmanager
    def _opened(self) -> Iterator[int | None]:
        if not os.path.lexists(self.folder):
            yield None
            return
        with private_folder(self.folder) as folder:
            yield folder
