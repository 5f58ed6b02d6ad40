"""What could be asked for instead of what was refused: found by asking the engine, never by guessing.

Each offer is a whole request that `clear` has cleared as it stands, at the moment of the refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from jit_engine.domain.catalogue import files_of
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.domain.request import MAX_SOURCES, AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.spans import in_words
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import EngineError
from jit_engine.ports import Facts, FactSource
from jit_engine.rules.clearance import Judges, clear, refused_only_by_approval
from jit_engine.rules.record import Record, request_record
from jit_engine.rules.treatments import durations_of
from jit_engine.sources.kinds import kind_of

MOST_ASKED = 16
"""Questions to the engine for one refusal, each about a whole request."""
MOST_PURPOSES = 4
MOST_ENVIRONMENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A request that would be cleared, and in words what it changes of the one that was refused."""

    changes: tuple[str, ...]
    request: AccessRequest


class OtherPlaces(FactSource, Protocol):
    """Facts of the activity's other environments, too."""

    def elsewhere(self, activity: ActivityId, environment: EnvironmentId) -> Iterable[Facts]:
        """Today's facts of every other active environment of the activity, the earliest first, each read when its turn
        comes.
        """
        ...


def counter_offers(
    refusal: Refusal, facts: Facts, judges: Judges, now: datetime, elsewhere: Iterable[Facts] = ()
) -> tuple[Offer, ...]:
    """The smallest change that keeps everything that was asked for, if there is one, and the largest part that passes.

    1. All of it, for a shorter time.
    2. All of it, for another purpose of the activity.
    3. All of it, in another environment of the activity, whose facts are `elsewhere`.
    4. The largest part: the sources that pass; of the others fewer operations, fewer columns, what lies inside and
       passes, or treatments of them.
    """
    if refused_only_by_approval(refusal):
        return ()
    asking = _Asking(facts=facts, judges=judges, now=now)
    given = replace(refusal.request, containers=())  # an offer names its sources
    shorter = _shorter(given, facts)
    whole = list(_whole(given, shorter, facts, asking))
    offers = [
        *(whole or _in_another_environment(given, elsewhere, asking)),
        *_largest_part(shorter or given, given, facts, asking),
    ]
    return tuple({offer.request: offer for offer in offers}.values())


def offer_record(offer: Offer) -> Record:
    """An offer as answers and the audit trail hold it: what it changes, and the request in full."""
    return {"changes": list(offer.changes), "request": request_record(offer.request)}


@dataclass(slots=True, kw_only=True)
class _Asking:
    """The engine, for as many questions as one refusal may cost."""

    facts: Facts
    judges: Judges
    now: datetime
    asked: int = field(default=0)

    def __call__(self, request: AccessRequest, facts: Facts | None = None) -> Clearance | Refusal | None:
        """The verdict, from these facts if any are given; None when it makes no sense, or enough has been asked."""
        if self.asked >= MOST_ASKED:
            return None
        self.asked += 1
        try:
            return clear(request, facts or self.facts, self.judges, self.now)
        except EngineError:
            return None

    def passing(self, request: AccessRequest, asks: Iterable[SourceAsk]) -> frozenset[SourceAsk]:
        """Which of these pass, asked together; a source that is there twice counts once."""
        distinct = tuple({ask.source: ask for ask in asks}.values())[:MAX_SOURCES]
        if not distinct:
            return frozenset()
        verdict = self(replace(request, asks=distinct, mode=Mode.PARTIAL))
        return frozenset() if verdict is None else frozenset(one.ask for one in verdict.verdicts if one.passes)


def _whole(given: AccessRequest, shorter: AccessRequest | None, facts: Facts, asking: _Asking) -> Iterator[Offer]:
    if shorter is not None and isinstance(asking(shorter), Clearance):
        yield Offer(changes=(_time(shorter),), request=shorter)
        return
    base = shorter or given
    others = sorted(facts.activity.purposes - {given.purpose}) if facts.activity is not None else []
    for purpose in others[:MOST_PURPOSES]:
        candidate = replace(base, purpose=purpose)
        if isinstance(asking(candidate), Clearance):
            changes = (f"for the purpose {purpose}", *([_time(base)] if shorter is not None else []))
            yield Offer(changes=changes, request=candidate)
            return


def _in_another_environment(given: AccessRequest, elsewhere: Iterable[Facts], asking: _Asking) -> Iterator[Offer]:
    """All of it where another tier's terms hold, for a shorter time if need be; the first that passes."""
    for facts in islice(elsewhere, MOST_ENVIRONMENTS):
        there = facts.environment
        if there is None or given.renews is not None:
            continue
        moved = replace(given, environment=there.id)
        shorter = _shorter(moved, facts)
        candidate = shorter or moved
        if isinstance(asking(candidate, facts), Clearance):
            changes = (f"in the {there.tier.value} environment {there.id}", *([_time(candidate)] if shorter else []))
            yield Offer(changes=changes, request=candidate)
            return


def _largest_part(base: AccessRequest, given: AccessRequest, facts: Facts, asking: _Asking) -> Iterator[Offer]:
    inside = {ask: _inside(ask, facts) for ask in base.asks}
    passing = set(asking.passing(base, (*base.asks, *(one for some in inside.values() for one in some))))
    refused = [ask for ask in base.asks if ask not in passing]
    for operation in sorted({operation for ask in refused if len(ask.operations) > 1 for operation in ask.operations}):
        narrower = [
            replace(ask, operations=ask.operations - {operation})
            for ask in refused
            if operation in ask.operations and len(ask.operations) > 1
        ]
        passing |= asking.passing(base, narrower)
    passing |= asking.passing(base, _fewer_columns(base, [ask for ask in refused if ask.columns], asking))
    kept: dict[SourceAsk, None] = {}
    changes: list[str] = [] if base == given else [_time(base)]
    for ask in base.asks:
        if ask in passing:
            kept[ask] = None
            continue
        fewer = [one for one in passing if one.source == ask.source and one != ask]
        parts = fewer[:1] or _outermost([one for one in inside[ask] if one in passing])
        kept |= dict.fromkeys(parts)
        changes.append(_said(ask, parts))
    candidate = replace(base, asks=tuple({ask.source: ask for ask in kept}.values())) if kept else None
    if candidate is not None and candidate != given and isinstance(asking(candidate), Clearance):
        yield Offer(changes=tuple(changes), request=candidate)


def _fewer_columns(base: AccessRequest, refused: list[SourceAsk], asking: _Asking) -> Iterator[SourceAsk]:
    """Of tables whose columns were named, those of the named that are left when there is asked for what there is."""
    verdict = (
        asking(replace(base, asks=tuple(replace(a, columns=None) for a in refused), mode=Mode.PARTIAL))
        if refused
        else None
    )
    for one in () if verdict is None else verdict.verdicts:
        named = next((ask for ask in refused if ask.source == one.ask.source), None)
        left = None if one.columns is None else one.columns.obligations.columns
        if named is not None and named.columns and left is not None and (columns := named.columns & set(left)):
            yield replace(named, columns=columns)


def _inside(ask: SourceAsk, facts: Facts) -> tuple[SourceAsk, ...]:
    """What lies in a prefix and can be asked for by itself, with the operations that its kind offers; of a table the
    treatments that were made of it.
    """
    if isinstance(ask.source, GlueTable):
        treatments = (view for view in facts.catalogue.views_over(ask.source) if facts.catalogue.is_treatment(view))
        return tuple(replace(ask, source=view.source, columns=None) for view in treatments)
    if not isinstance(ask.source, S3Prefix):
        return ()
    found = []
    for item in facts.catalogue.touching(ask.source):
        files = files_of(item)
        operations = ask.operations & frozenset(kind_of(item.source).offers)
        if item.source != ask.source and operations and all(ask.source.contains(place) for place in files):
            found.append(replace(ask, source=item.source, operations=operations, columns=None))
    return tuple(found)


def _outermost(asks: list[SourceAsk]) -> list[SourceAsk]:
    """Without prefixes that lie in another of them."""
    prefixes = [ask.source for ask in asks if isinstance(ask.source, S3Prefix)]
    return [
        ask
        for ask in asks
        if not isinstance(ask.source, S3Prefix)
        or not any(other != ask.source and other.contains(ask.source) for other in prefixes)
    ]


def _shorter(given: AccessRequest, facts: Facts) -> AccessRequest | None:
    """The request for as long as the contracts of its sources allow; None when it is not longer than that."""
    longest = durations_of(given.asks, given, facts)
    if given.duration is None or not longest or given.duration <= min(longest):
        return None
    return replace(given, duration=min(longest))


def _time(request: AccessRequest) -> str:
    return f"for {in_words(request.duration or timedelta(0))} at most"


def _said(ask: SourceAsk, parts: list[SourceAsk]) -> str:
    if not parts:
        return f"without {ask.source.uri}"
    if parts[0].source == ask.source and parts[0].columns != ask.columns:
        return f"of {ask.source.uri} only the columns {', '.join(sorted(parts[0].columns or ()))}"
    if parts[0].source == ask.source:
        return f"{ask.source.uri} only to {', '.join(sorted(parts[0].operations))}"
    if isinstance(ask.source, GlueTable):
        return f"instead of {ask.source.uri} its treatment {', '.join(part.source.uri for part in parts)}"
    return f"of {ask.source.uri} only {', '.join(part.source.uri for part in parts)}"
