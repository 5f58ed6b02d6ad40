"""The product's own words: which types of subject, resource and action an AuthZEN caller may speak of."""

from __future__ import annotations

from collections.abc import Mapping

from jit_engine.domain.catalogue import Catalogue, ColumnGroup, PrefixItem, TableItem
from jit_engine.domain.ids import check_id
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.subject import Person, Subject
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.rules.entities import group_ref
from jit_engine.sources.kinds import KINDS, source_of_uri
from platform_api.authzen.asking import Party

S3_PREFIX, GLUE_TABLE, COLUMN_GROUP = "s3-prefix", "glue-table", "column-group"
SUBJECTS: Mapping[str, str] = {"person": "pe", "pipeline": "wl"}
"""A type of subject with the prefix of its ids."""
ACTIONS: Mapping[str, tuple[str, ...]] = {
    S3_PREFIX: ("read", "remove", "share", "write"),
    GLUE_TABLE: ("query", "read", "remove", "share", "write"),
    COLUMN_GROUP: ("readClear", "readHashed", "readMasked"),
    **{
        kind.name: tuple(sorted({offer.cedar for offer in kind.offers.values()}))
        for kind in KINDS
        if kind.name not in (S3_PREFIX, GLUE_TABLE)
    },
}
"""A type of resource with the Cedar actions that apply to it, sorted; a test compares them with the schema."""

Resource = S3Prefix | ServiceSource | TableItem | tuple[TableItem, ColumnGroup]


def subject_type(subject: Subject) -> str:
    """The word for it."""
    return "person" if isinstance(subject, Person) else "pipeline"


def is_oneself(party: Party, caller: Subject) -> bool:
    """Whether the caller asks about itself."""
    return party.type == subject_type(caller) and party.id == caller.id


def check_subject(party: Party) -> str:
    """The subject's id; NotFound for a type that there is not, InvalidValue for no id of that type."""
    prefix = SUBJECTS.get(party.type)
    if prefix is None:
        raise NotFound(kind="type of subject", id=party.type)
    return check_id(party.id, prefix, "subject.id")


def check_action(name: str, resource_type: str) -> str:
    """The Cedar action; InvalidValue when there is none of that name for such a resource."""
    known = ACTIONS.get(resource_type)
    if known is None:
        raise NotFound(kind="type of resource", id=resource_type)
    if name not in known:
        raise InvalidValue(field="action.name", given=name, fix=f"on a {resource_type} use one of {', '.join(known)}")
    return name


def resource_in(party: Party, catalogue: Catalogue) -> Resource:
    """The thing that the resource names; NotFound when the catalogue does not hold it, InvalidValue for no id of it.

    A prefix may also lie beneath a catalogued one, and a part of a DynamoDB table in it: its facts are then its own.
    """
    if party.type == S3_PREFIX:
        return _prefix(party.id, catalogue)
    if party.type == GLUE_TABLE:
        return _table(party.id, catalogue)
    if party.type != COLUMN_GROUP:
        return _service(party, catalogue)
    uri, _, name = party.id.partition("#")
    table = _table(uri, catalogue)
    for group in table.groups:
        if group.name == name:
            return table, group
    raise NotFound(kind=COLUMN_GROUP, id=party.id)


def _prefix(uri: str, catalogue: Catalogue) -> S3Prefix:
    bucket = uri.removeprefix("s3://").partition("/")[0]
    for item in catalogue.items:
        if isinstance(item, PrefixItem) and item.source.bucket == bucket:
            source = source_of_uri(uri, account=item.source.account)
            if isinstance(source, S3Prefix) and catalogue.item(source) is not None:
                return source
            break
    raise NotFound(kind=S3_PREFIX, id=uri)


def _table(uri: str, catalogue: Catalogue) -> TableItem:
    if not uri.startswith("glue://"):
        raise InvalidValue(field="resource.id", given=uri, fix="use glue://account/region/database/table")
    source = source_of_uri(uri, account="")
    item = catalogue.item(source) if isinstance(source, GlueTable) else None
    if not isinstance(item, TableItem):
        raise NotFound(kind=GLUE_TABLE, id=uri)
    return item


def _service(party: Party, catalogue: Catalogue) -> ServiceSource:
    kind = next((kind for kind in KINDS if kind.name == party.type), None)
    if kind is None:
        raise NotFound(kind="type of resource", id=party.type)
    if not party.id.startswith(f"{kind.scheme}://"):
        raise InvalidValue(field="resource.id", given=party.id, fix=f"use {kind.form}")
    source = source_of_uri(party.id, account="")
    if isinstance(source, S3Prefix | GlueTable) or catalogue.item(source) is None:
        raise NotFound(kind=kind.name, id=party.id)
    return source


def resource_ids(type: str, catalogue: Catalogue) -> list[str]:
    """The id of every catalogued resource of that type, sorted."""
    tables = [item for item in catalogue.items if isinstance(item, TableItem)]
    if type == COLUMN_GROUP:
        return sorted(group_ref(item, group).id for item in tables for group in item.groups)
    return sorted(item.source.uri for item in catalogue.items if item.source.kind == type)
