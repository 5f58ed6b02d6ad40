"""The platform's own facts for AuthZEN: people, pipelines and data, as the registry and the catalogue know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, PrefixItem, ServiceItem, TableItem
from jit_engine.domain.ids import ActivityId, EnvironmentId, SubjectId, check_id
from jit_engine.domain.services import Parted
from jit_engine.domain.source import S3Prefix, Source
from jit_engine.domain.subject import Subject
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.ports import Facts, FactSource
from jit_engine.rules.entities import (
    EntitySlice,
    add_activity,
    add_asked_part,
    add_asked_prefix,
    add_environment,
    add_item,
    add_purposes,
    add_subject,
    group_ref,
    ref,
    source_ref,
    subject_ref,
)
from platform_api.authorize import AnActivity, Authorizer
from platform_api.authzen.asking import Ask, Party, Said, Unasked
from platform_api.authzen.ports import Questions
from platform_api.authzen.vocabulary import (
    ACTIONS,
    Resource,
    check_action,
    check_subject,
    resource_ids,
    resource_in,
    subject_type,
)
from platform_api.registry.ports import RegistryStore
from policy import Entity, EntityRef, Value

MOST_REACHED = 1000
"""Items that one ask may reach: what holds more is asked about in parts."""
CONSIDERS = (
    "The platform's invariants and its live rulebook were asked; data contracts are not consulted here, "
    "so a request for access may still be refused."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntities:
    """`EntitySource` over the registry. What callers say in `properties` is not taken for a fact."""

    registry: RegistryStore
    facts: FactSource
    authorizer: Authorizer

    def read(self, now: datetime, viewer: Subject | None) -> RegistryReading:
        """A reading that keeps what it has read."""
        return RegistryReading(source=self, now=now, viewer=viewer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Circumstances:
    """What the context of an ask stands for."""

    activity: Activity
    owner: Subject
    environment: Environment
    purpose: str
    facts: Facts


@dataclass(slots=True, kw_only=True)
class RegistryReading:
    """`Reading` of `RegistryEntities`."""

    source: RegistryEntities
    now: datetime
    viewer: Subject | None
    _seen: dict[tuple[str, str | None, str], _Circumstances] = field(default_factory=dict)
    _known: dict[str, Subject | None] = field(default_factory=dict)
    _reached: dict[tuple[int, str, str], tuple[Entity, ...]] = field(default_factory=dict)
    _catalogue: Catalogue | None = None

    def questions(self, ask: Ask) -> Questions | Unasked:
        """1. The words must be ours. 2. Subject, circumstances and resource must be known, and visible to the viewer.
        3. Reading or changing a prefix reaches what lies in it, so that is asked too.
        """
        try:
            action = check_action(ask.action.name, ask.resource.type)  # 1
            subject = self._subject(ask.subject)  # 2
            found = self._circumstances(ask.context)
            resource = resource_in(ask.resource, found.facts.catalogue)
            things = self._things(ask.resource, resource, found.facts.catalogue)
        except NotFound as missing:
            return Unasked(status=404, message=str(missing))
        except InvalidValue as invalid:
            return Unasked(status=400, message=str(invalid))
        return Questions(
            principal=subject_ref(subject),
            context=_context(found, self.now),
            entities=(*_people(subject, found, self.now), *things),
            asks=_asks(action, resource, found.facts.catalogue),  # 3
        )

    def subjects(self, type: str) -> Sequence[str]:
        """Everybody of that type in the directory."""
        everybody = [entry.subject for entry in self.source.registry.directory()]
        self._known.update({subject.id: subject for subject in everybody})
        return sorted(subject.id for subject in everybody if subject_type(subject) == type)

    def resources(self, type: str) -> Sequence[str]:
        """Everything of that type in the catalogue."""
        if self._catalogue is None:
            self._catalogue = self.source.registry.catalogue()
        return resource_ids(type, self._catalogue)

    def actions(self, type: str) -> Sequence[str]:
        """Cedar's actions on that type."""
        return ACTIONS.get(type, ())

    def _things(self, asked: Party, resource: Resource, catalogue: Catalogue) -> tuple[Entity, ...]:
        key = (catalogue.generation, asked.type, asked.id)
        if key not in self._reached:
            self._reached[key] = _things(resource, catalogue)
        return self._reached[key]

    def _subject(self, party: Party) -> Subject:
        who = check_subject(party)
        if who not in self._known:
            self._known[who] = self.source.registry.subject(SubjectId(who))
        subject = self._known[who]
        if subject is None or subject_type(subject) != party.type:
            raise NotFound(kind=party.type, id=who)
        return subject

    def _circumstances(self, context: Mapping[str, Said]) -> _Circumstances:
        environment = _text(context, "environment")
        activity = _text(context, "activity") if context.get("activity") is not None else None
        purpose = _text(context, "purpose")
        key = (environment, activity, purpose)
        if key not in self._seen:
            self._seen[key] = self._read(environment, activity, purpose)
        return self._seen[key]

    def _read(self, environment: str, activity: str | None, purpose: str) -> _Circumstances:
        """What is hidden from the viewer is missing in the very words for what does not exist."""
        place = EnvironmentId(check_id(environment, "en", "context.environment"))
        record = self.source.registry.environment(place)
        of = None if record is None else self._activity(record.environment.activity)
        if record is None or of is None:
            raise NotFound(kind="environment", id=environment)
        if activity is not None and activity != of.id:
            if self._activity(ActivityId(check_id(activity, "ac", "context.activity"))) is None:
                raise NotFound(kind="activity", id=activity)
            fix = "name the environment's own activity, or leave it out"
            raise InvalidValue(field="context.activity", given=activity, fix=fix)
        facts = self.source.facts.facts_for(of.id, place)
        if facts.activity is None or facts.owner is None or facts.environment is None:
            raise NotFound(kind="environment", id=environment)
        if purpose not in facts.purposes:
            fix = "use a purpose of the tree, for example one of the activity's: " + ", ".join(sorted(of.purposes))
            raise InvalidValue(field="context.purpose", given=purpose, fix=fix)
        return _Circumstances(
            activity=facts.activity,
            owner=facts.owner,
            environment=facts.environment,
            purpose=purpose,
            facts=facts,
        )

    def _activity(self, id: ActivityId) -> Activity | None:
        record = self.source.registry.activity(id)
        if record is None or self.viewer is None:
            return None if record is None else record.activity
        thing = AnActivity(activity=record.activity)
        visible = self.source.authorizer.is_allowed(self.viewer, "viewActivity", thing, self.now)
        return record.activity if visible else None


def _text(context: Mapping[str, Said], name: str) -> str:
    value = context.get(name)
    if isinstance(value, str) and value:
        return value
    fix = "the context needs the ids of an environment and, if you like, its activity, and the name of a purpose"
    raise InvalidValue(field=f"context.{name}", given="" if value is None else str(value), fix=fix)


def _context(found: _Circumstances, now: datetime) -> dict[str, Value]:
    """The time is the platform's own, and nobody is taken to have shown a second factor, whatever the caller says."""
    return {
        "purpose": ref("Purpose", found.purpose),
        "tier": ref("Tier", found.environment.tier.value),
        "environment": ref("Environment", found.environment.id),
        "activity": ref("Activity", found.activity.id),
        "now": now,
        "mfa": False,
    }


def _people(subject: Subject, found: _Circumstances, now: datetime) -> tuple[Entity, ...]:
    """Who asks, and in which circumstances."""
    slice_ = EntitySlice()
    # A purpose that has left the tree since is still one of the activity's.
    purposes: dict[str, str | None] = dict.fromkeys(found.activity.purposes)
    add_purposes(slice_, purposes | dict(found.facts.purposes))
    add_activity(slice_, found.activity, found.owner, now)
    add_subject(slice_, subject, [found.activity])
    add_environment(slice_, found.environment, now)
    return slice_.entities()


def _things(resource: Resource, catalogue: Catalogue) -> tuple[Entity, ...]:
    """The items that the questions name, with every prefix around them: other types than those of `_people`."""
    source = _source(resource)
    own = catalogue.item(source)
    inner = [*((own,) if own else ()), *catalogue.touching(source)]
    if len(inner) > MOST_REACHED:
        fix = f"it reaches more than {MOST_REACHED} items of the catalogue: ask about a part of it"
        raise InvalidValue(field="resource.id", given=source.uri, fix=fix)
    # Whatever holds an item that lies in the resource either lies there too, or holds the resource.
    where = own.location if isinstance(own, TableItem) and own.location is not None else source
    around: list[CatalogueItem] = [i for i in catalogue.items if isinstance(i, PrefixItem) and _holds(i, where)]
    slice_ = EntitySlice()
    parts = catalogue.parts_around(source) if isinstance(source, Parted) else ()
    for item in {item.source.uri: item for item in [*around, *parts, *inner]}.values():
        add_item(slice_, item, catalogue)
    if isinstance(source, Parted) and isinstance(own, ServiceItem) and own.source != source:
        add_asked_part(slice_, source, own, catalogue)
    if isinstance(source, S3Prefix) and isinstance(own, PrefixItem) and own.source != source:
        add_asked_prefix(slice_, source, own, catalogue)
    return slice_.entities()


def _source(resource: Resource) -> Source:
    """What is asked about, a column group's table for the group."""
    match resource:
        case (table, _):
            return table.source
        case TableItem():
            return resource.source
    return resource


def _holds(item: PrefixItem, where: Source) -> bool:
    return isinstance(where, S3Prefix) and item.source.contains(where)


def _asks(action: str, resource: Resource, catalogue: Catalogue) -> tuple[tuple[str, EntityRef], ...]:
    """The question itself first; then, for whole files, the same about every item whose data lies there.

    Whoever may read a table's files reads every column in clear, so `read` asks that of each column group too.
    A query and a column group are about themselves alone: what is filtered is the asking program's to filter.
    """
    if isinstance(resource, tuple):
        return ((action, group_ref(*resource)),)
    source = _source(resource)
    asks: dict[tuple[str, EntityRef], None] = {(action, source_ref(source)): None}
    if action != "query":
        for item in catalogue.touching(source):
            asks[(action, source_ref(item.source))] = None
            if action == "read" and isinstance(item, TableItem):
                asks.update({("readClear", group_ref(item, group)): None for group in item.groups})
    return tuple(asks)
