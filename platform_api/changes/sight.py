"""Which of the things that have changed somebody may see: asked of the rules, as the lists and pages do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, ReviewId, SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.errors import EngineError
from platform_api.authorize import AnActivity, ThePlatform, Thing
from platform_api.changes.kinds import Changed
from platform_api.changes.news import News
from platform_api.db.changes import SqlChanges
from platform_api.identity.web_session import WebSession
from platform_api.routes.finding import Lookup
from platform_api.wiring import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A thing that has changed, with the action that shows it."""

    changed: Changed
    action: str
    thing: Thing


class PlatformSight:
    """The platform's own answers, for a watch: its trail and what its rules show."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def head(self) -> int:
        """The number of the newest record."""
        return SqlChanges(self._platform.database).head()

    def between(self, after: int, upto: int) -> News:
        """What the records after one and up to another say."""
        return SqlChanges(self._platform.database).between(after, upto)

    def now(self) -> datetime:
        """The platform's time."""
        return self._platform.clock()

    def subject(self, id: SubjectId) -> Subject | None:
        """The subject as the directory has it now."""
        return self._platform.registry.subject(id)

    def things(self, changed: Iterable[Changed]) -> list[Shown]:
        """The things that changed."""
        return things_of(self._platform, changed)

    def seen_by(self, subject: Subject, things: Sequence[Shown], now: datetime) -> frozenset[Changed]:
        """Those that the subject may see."""
        return seen_by(self._platform, subject, things, now)

    def open_among(self, sessions: Collection[WebSession], now: datetime) -> frozenset[WebSession]:
        """Those sessions that have not ended."""
        return self._platform.web_sessions.open_among(sessions, now)


def things_of(platform: Platform, changed: Iterable[Changed]) -> list[Shown]:
    """The things, read once for everybody; what is not there any more is left out."""
    lookup = Lookup(platform)
    return [shown for one in changed if (shown := _found(lookup, one)) is not None]


def seen_by(platform: Platform, subject: Subject, things: Sequence[Shown], now: datetime) -> frozenset[Changed]:
    """Those that the rules show the subject."""
    asks = [(one.action, one.thing) for one in things]
    answers = platform.authorizer.decide(subject, asks, now)
    return frozenset(one.changed for one, answer in zip(things, answers, strict=True) if answer.allowed)


def _found(lookup: Lookup, changed: Changed) -> Shown | None:
    try:
        found = _thing(lookup, changed)
    except EngineError:
        return None
    return None if found is None else Shown(changed=changed, action=found[0], thing=found[1])


def _thing(lookup: Lookup, changed: Changed) -> tuple[str, Thing] | None:
    platform, name = lookup.platform, changed.id
    match changed.kind:
        case "activity":
            activity = lookup.activity(ActivityId(name))
            return None if activity is None else ("viewActivity", AnActivity(activity=activity))
        case "environment":
            environment = lookup.environment(EnvironmentId(name))
            return None if environment is None else ("viewEnvironment", lookup.environment_thing(environment))
        case "review":
            review = platform.registry.review(ReviewId(name))
            return None if review is None else ("viewReview", lookup.review_thing(review))
        case "grant":
            grant = platform.ledger.head(GrantId(name))
            return None if grant is None else ("viewGrant", lookup.grant_thing(grant))
        case "request":
            request = platform.requests.get(RequestId(name))
            return None if request is None else ("viewGrant", lookup.request_thing(request))
        case "contract":
            return "viewContracts", ThePlatform()
        case "rulebook":
            return "viewPolicies", ThePlatform()
        case _:
            assert_never(changed.kind)
