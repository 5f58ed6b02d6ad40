"""The console's session on the wire."""

from __future__ import annotations

from typing import Self

from jit_engine.domain.subject import Person, Subject
from platform_api.identity.web_session import WebSession
from platform_api.schemas.wire import Moment, Shown


class SessionShown(Shown):
    """Who is signed in. `csrf_token` goes into `X-CSRF-Token` with every change; null for callers without a cookie."""

    id: str
    name: str
    kind: str
    teams: list[str]
    began_at: Moment | None
    ends_at: Moment | None
    csrf_token: str | None

    @classmethod
    def of(cls, subject: Subject, session: WebSession | None, csrf: str | None) -> Self:
        """The subject with its session, if it has one."""
        return cls(
            id=subject.id,
            name=subject.name,
            kind="person" if isinstance(subject, Person) else "workload",
            teams=sorted(subject.teams),
            began_at=None if session is None else session.began_at,
            ends_at=None if session is None else session.ends_at,
            csrf_token=csrf,
        )
