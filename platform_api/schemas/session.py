"""The console's session on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from jit_engine.domain.subject import Person, Subject
from platform_api.identity.web_session import LATELY, WebSession
from platform_api.schemas.wire import Moment, Shown


class SessionShown(Shown):
    """Who is signed in. `csrf_token` goes into `X-CSRF-Token` with every change; null for callers without a cookie.
    From `fresh_until` on, signing in again comes before an approval.
    """

    id: str
    name: str
    kind: str
    teams: list[str]
    began_at: Moment | None
    ends_at: Moment | None
    fresh_until: Moment | None
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
            fresh_until=_fresh_until(session),
            csrf_token=csrf,
        )


def _fresh_until(session: WebSession | None) -> datetime | None:
    signed_in = None if session is None else session.authenticated_at
    return None if signed_in is None else signed_in + LATELY
