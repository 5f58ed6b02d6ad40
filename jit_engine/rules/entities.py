"""Facts as Cedar entities: one slice a request, holding everything that its questions mention."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.catalogue import (
    Catalogue,
    CatalogueItem,
    ColumnGroup,
    PrefixItem,
    ServiceItem,
    TableItem,
    files_of,
)
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.label import Label
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.services import Parted, ServiceSource
from jit_engine.domain.source import S3Prefix, Source
from jit_engine.domain.subject import Person, Subject
from jit_engine.ports import Facts
from jit_engine.sources.kinds import kind_of
from policy import Entity, EntityRef, Value


def ref(kind: str, id: str) -> EntityRef:
    """A reference to one entity."""
    return EntityRef(type=kind, id=id)


def subject_ref(subject: Subject) -> EntityRef:
    """The principal: a Person or a Pipeline."""
    return ref("Person" if isinstance(subject, Person) else "Pipeline", subject.id)


@lru_cache(maxsize=4096)
def source_ref(source: Source) -> EntityRef:
    """The resource that a source is."""
    return ref(kind_of(source).entity, source.uri)


def group_ref(table: TableItem, group: ColumnGroup) -> EntityRef:
    """The resource that a column group is."""
    return ref("ColumnGroup", f"{table.source.uri}#{group.name}")


_WITHOUT_FACTS = frozenset({"Team", "DataProduct", "Domain", "Database"})


class EntitySlice:
    """Collects entities, each once, with the empty entities that their parents need."""

    def __init__(self) -> None:
        self._entities: dict[EntityRef, Entity] = {}

    def add(self, of: EntityRef, attrs: dict[str, Value] | None = None, parents: Iterable[EntityRef] = ()) -> None:
        """Adds an entity; parents that hold no facts (teams, products, domains, databases) are added with it."""
        above = frozenset(parents)
        self._entities[of] = Entity(ref=of, attrs=attrs or {}, parents=above)
        for parent in above:
            if parent.type in _WITHOUT_FACTS:
                self._entities.setdefault(parent, Entity(ref=parent, attrs={}, parents=frozenset()))

    def entities(self) -> tuple[Entity, ...]:
        """All of them."""
        return tuple(self._entities.values())


def add_subject(slice_: EntitySlice, subject: Subject, activities: Iterable[Activity]) -> None:
    """The subject with its teams and those of `activities` that it is a member of."""
    parents = [ref("Team", team) for team in subject.teams]
    parents += [ref("Activity", a.id) for a in activities if is_member(a, subject.id)]
    attrs: dict[str, Value] = {"uid": subject.id}
    if isinstance(subject, Person):
        attrs["trainings"] = frozenset(subject.trainings)
    slice_.add(subject_ref(subject), attrs, parents)


def add_activity(slice_: EntitySlice, activity: Activity, owner: Subject, now: datetime) -> None:
    """The activity; one whose end has come is `ended`, whatever the registry still says."""
    if owner.id != activity.owner:
        raise ValueError("the owner given is not the activity's")
    add_subject(slice_, owner, [activity])
    slice_.add(
        ref("Activity", activity.id),
        {
            "owner": ref("Person", activity.owner),
            "purposes": frozenset(ref("Purpose", purpose) for purpose in activity.purposes),
            "sensitivity": activity.classification.rank,
            "state": activity.state.value if now < activity.ends_at else "ended",
        },
    )


def add_environment(slice_: EntitySlice, environment: Environment, now: datetime) -> None:
    """The environment; one whose end has come, or that has no place yet, is not `active`."""
    state = environment.state.value
    if environment.place is None and state == "active":
        state = "unprovisioned"
    slice_.add(
        ref("Environment", environment.id),
        {
            "tier": ref("Tier", environment.tier.value),
            "activity": ref("Activity", environment.activity),
            "state": state if now < environment.expires_at else "ended",
        },
    )


def add_purposes(slice_: EntitySlice, purposes: dict[str, str | None]) -> None:
    """The whole tree of purposes."""
    for purpose, parent in purposes.items():
        slice_.add(ref("Purpose", purpose), {}, [ref("Purpose", parent)] if parent else [])


def add_item(slice_: EntitySlice, item: CatalogueItem, catalogue: Catalogue) -> None:
    """A catalogued item with its product and domain, the prefixes around it and its column groups."""
    own = _own(item)
    attrs: dict[str, Value] = {"sensitivity": item.classification.rank, "classes": frozenset(item.classes)}
    if isinstance(item, PrefixItem):
        slice_.add(
            source_ref(item.source), {**attrs, "zone": item.zone.value}, [*own, *_around(item.source, catalogue)]
        )
        return
    if isinstance(item, ServiceItem):
        slice_.add(source_ref(item.source), attrs, [*own, *_tables_around(item.source, catalogue)])
        return
    database = ref("Database", f"glue://{item.source.account}/{item.source.region}/{item.source.database}")
    around = [source_ref(outer.source) for place in item.files for outer in catalogue.around(place)]
    slice_.add(source_ref(item.source), attrs, [database, *own, *around])
    for group in item.groups:
        slice_.add(
            group_ref(item, group),
            {"sensitivity": group.classification.rank, "classes": frozenset(group.classes)},
            [source_ref(item.source)],
        )


def add_asked_prefix(slice_: EntitySlice, asked: S3Prefix, item: PrefixItem, catalogue: Catalogue) -> None:
    """A prefix beneath a catalogued one, with the facts of the deepest that holds it."""
    slice_.add(
        source_ref(asked),
        {"sensitivity": item.classification.rank, "classes": frozenset(item.classes), "zone": item.zone.value},
        [*_own(item), *_around(asked, catalogue)],
    )


def add_asked_part(slice_: EntitySlice, asked: Parted, item: ServiceItem, catalogue: Catalogue) -> None:
    """A part of a catalogued table or database, with the facts of the smallest catalogued part that holds it."""
    slice_.add(
        source_ref(asked),
        {"sensitivity": item.classification.rank, "classes": frozenset(item.classes)},
        [*_own(item), *_tables_around(asked, catalogue)],
    )


def _own(item: CatalogueItem) -> tuple[EntityRef, EntityRef]:
    """An item is in them by itself: by way of another entity it would be in whatever that one holds of other items."""
    return ref("DataProduct", item.product), ref("Domain", item.domain)


def _tables_around(source: ServiceSource, catalogue: Catalogue) -> list[EntityRef]:
    around = catalogue.parts_around(source) if isinstance(source, Parted) else ()
    return [source_ref(item.source) for item in around if item.source != source]


def _around(prefix: S3Prefix, catalogue: Catalogue) -> list[EntityRef]:
    return [source_ref(item.source) for item in catalogue.around(prefix) if item.source != prefix]


def slice_for(request: AccessRequest, facts: Facts, now: datetime) -> tuple[Entity, ...]:
    """Everything that the questions of `request` mention. Activity, owner and environment must be known."""
    if facts.activity is None or facts.environment is None or facts.owner is None:
        raise ValueError("gather the facts first")
    slice_ = EntitySlice()
    add_purposes(slice_, dict(facts.purposes))
    add_activity(slice_, facts.activity, facts.owner, now)
    add_subject(slice_, request.subject, [facts.activity])
    add_environment(slice_, facts.environment, now)
    for item in reached(request, facts.catalogue):
        add_item(slice_, item, facts.catalogue)
    for ask in request.asks:
        around = facts.catalogue.item(ask.source)
        if isinstance(ask.source, S3Prefix) and isinstance(around, PrefixItem) and around.source != ask.source:
            add_asked_prefix(slice_, ask.source, around, facts.catalogue)
        if isinstance(ask.source, Parted) and isinstance(around, ServiceItem) and around.source != ask.source:
            add_asked_part(slice_, ask.source, around, facts.catalogue)
    if facts.label.marks and facts.environment.place is not None:
        add_workspace(slice_, facts.environment.place.workspace, facts.label)
    return slice_.entities()


def add_workspace(slice_: EntitySlice, workspace: S3Prefix, label: Label) -> None:
    """An environment's own prefix, as sensitive as its label says."""
    attrs: dict[str, Value] = {"sensitivity": label.classification.rank, "classes": label.classes, "zone": "workspace"}
    slice_.add(source_ref(workspace), attrs)


def reached(request: AccessRequest, catalogue: Catalogue) -> list[CatalogueItem]:
    """Every item that the request asks for or reaches, and the prefixes around those."""
    found: dict[str, CatalogueItem] = {}
    for ask in request.asks:
        own = catalogue.item(ask.source)
        for item in (*((own,) if own else ()), *catalogue.touching(ask.source)):
            behind = catalogue.behind(item) if isinstance(item, TableItem) and item.view is not None else ()
            for each in (item, *behind):
                found[each.source.uri] = each
                found.update((other.source.uri, other) for other in items_around(each, catalogue))
    return list(found.values())


def items_around(item: CatalogueItem, catalogue: Catalogue) -> tuple[CatalogueItem, ...]:
    """Every catalogued item that holds data of this one."""
    if isinstance(item, ServiceItem):
        return catalogue.parts_around(item.source) if isinstance(item.source, Parted) else ()
    return tuple(outer for place in files_of(item) for outer in catalogue.around(place))


def is_member(activity: Activity, subject: SubjectId) -> bool:
    """Whether the subject belongs to the activity: its owner, a member, or one of its workloads."""
    return subject == activity.owner or subject in activity.members
