"""The audit trail's store: appending inside the transaction it records, reading, exporting and verifying."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from platform_api.audit.export import (
    Finding,
    Progress,
    StoredRecord,
    Verification,
    export_line,
    verify_records,
)
from platform_api.audit.merkle import HASH_SIZE, Tree, leaf_hash
from platform_api.audit.record import AuditRecord, findable, rfc3339
from platform_api.db.engine import Database
from platform_api.db.paging import AnyRow, Filter, Listing, id_of, is_exactly, page_of, within
from platform_api.db.tables.trail import AuditAboutRow, AuditRecordRow, AuditTreeRow
from platform_api.paging import Page, PageAsk

_CHUNK = 500
_HEAD = sa.select(AuditTreeRow.size, AuditTreeRow.frontier, AuditTreeRow.root)
_LOCKED_HEAD = _HEAD.with_for_update()
_NEW_RECORD = sa.insert(AuditRecordRow.table())
_NEW_ABOUT = sa.insert(AuditAboutRow.table())
_GROWN = sa.update(AuditTreeRow.table())
_TRUTH = sa.select(AuditRecordRow.seq, AuditRecordRow.record, AuditRecordRow.leaf)


def _is_about(about: str) -> sa.ColumnElement[bool]:
    return AuditRecordRow.seq.in_(sa.select(AuditAboutRow.seq).where(AuditAboutRow.id == about))


def _is_about_a(kind: str, prefix: str | None) -> Filter:
    """Records about the value as a `kind`: an id that starts with `prefix`, or any text where there is none."""

    def condition(about: str) -> sa.ColumnElement[bool]:
        named = about if prefix is None else id_of(kind, about, prefix)
        return AuditRecordRow.seq.in_(
            sa.select(AuditAboutRow.seq).where(AuditAboutRow.id == named, AuditAboutRow.kind == kind)
        )

    return condition


_KINDS = {
    "activity": "ac",
    "contract": "co",
    "environment": "en",
    "grant": "gr",
    "request": "rq",
    "review": "rv",
    "rulebook": None,
}
_LISTING = Listing(
    name="audit",
    keys=(AuditRecordRow.seq,),
    filters={
        "actor": is_exactly(AuditRecordRow.actor),
        "action": is_exactly(AuditRecordRow.action),
        "about": _is_about,
        **{kind: _is_about_a(kind, prefix) for kind, prefix in _KINDS.items()},
        **within(AuditRecordRow.at),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """How long the log is and the root (hex) that commits to all of it; keep one elsewhere to verify against."""

    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One record as it is shown: its number, its leaf (hex) and the canonical object, parsed."""

    seq: int
    leaf: str
    record: dict[str, Json]


@contextmanager
def recorded(database: Database, event: Event) -> Iterator[Connection]:
    """A transaction for writing whose last statement appends `event`: both are committed, or neither.

    Appending comes last so that the append lock, which every write needs, is held for the shortest time, and
    after the rows' own locks, always in this order.
    """
    with database.write() as connection:
        yield connection
        append(connection, event)


def lock_trail(connection: Connection) -> None:
    """Waits for the append lock early: what is then read includes every commit that took it before."""
    connection.execute(_LOCKED_HEAD).one()


def append(connection: Connection, event: Event) -> int:
    """Appends `event` in the transaction at hand and returns its number. A rolled back one leaves no gap."""
    size, frontier, _ = connection.execute(_LOCKED_HEAD).one()
    seq = size + 1
    record = AuditRecord(seq=seq, event=event).canonical()
    leaf = leaf_hash(record)
    tree = _tree(size, frontier).appended(leaf)
    connection.execute(
        _NEW_RECORD,
        {
            "seq": seq,
            "at": event.at,
            "actor": findable(event.actor),
            "action": findable(event.action),
            "record": record,
            "leaf": leaf,
        },
    )
    if event.about:
        abouts = [{"seq": seq, "kind": findable(kind), "id": findable(about)} for kind, about in event.about.items()]
        connection.execute(_NEW_ABOUT, abouts)
    connection.execute(_GROWN, {"size": tree.size, "frontier": b"".join(tree.frontier), "root": tree.root})
    return seq


class AuditTrail:
    """Reading the trail. Its order is the order of commits, by `seq`; times are the writers' own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> TreeHead:
        """The size and root now."""
        with self._database.read() as connection:
            return _head(connection)

    def record(self, seq: int) -> AuditEntry | None:
        """One record, or None."""
        if not 0 < seq < 2**63:
            return None
        with self._database.read() as connection:
            rows = connection.execute(_TRUTH.where(AuditRecordRow.seq == seq)).all()
        return next(iter(_entries(rows)), None)

    def page(self, ask: PageAsk) -> Page[AuditEntry]:
        """Records, newest first; filters: actor, action, about (any id), and activity, grant and other kinds."""
        with self._database.read() as connection:
            return page_of(connection, _LISTING, _TRUTH, ask, _entries)

    def last_of(self, actions: Sequence[str]) -> datetime | None:
        """When one of these actions was last recorded; None when none ever was."""
        latest = sa.select(AuditRecordRow.at).where(AuditRecordRow.action.in_(actions))
        with self._database.read() as connection:
            found = connection.execute(latest.order_by(AuditRecordRow.seq.desc()).limit(1)).scalar_one_or_none()
        return found

    def export(self) -> tuple[TreeHead, Iterator[bytes]]:
        """The head now, and the lines of the export that it commits to, read as they are asked for.

        What is appended meanwhile is not in it. No transaction stays open between two lines.
        """
        head = self.head()
        return head, map(export_line, self._records(head.size))

    def verify(self, progress: Progress | None = None) -> Verification:
        """Whether the stored records are what the stored head commits to, and found under their own names.

        Somebody who can rewrite all tables can rewrite the head too: only a head kept elsewhere shows that.
        """
        with self._database.read() as connection:
            head = _head(connection)
            beyond = connection.execute(_BEYOND, {"size": head.size}).scalar_one()
        misfiled: list[Finding] = []
        records = self._records(head.size, misfiled)
        found = verify_records(records, head.root, head.size, progress)
        if beyond:
            misfiled.append(Finding(seq=head.size + 1, what=f"{beyond} records are beyond the tree's size"))
        return Verification(ok=found.ok and not misfiled, size=found.size, root=found.root, bad=(*found.bad, *misfiled))

    def _records(self, size: int, misfiled: list[Finding] | None = None) -> Iterator[StoredRecord]:
        """The records up to `size` in order, a transaction a chunk; those with wrong columns to `misfiled`."""
        query = sa.select(AuditRecordRow.table()).order_by(AuditRecordRow.seq).limit(_CHUNK)
        done = 0
        while done < size:
            with self._database.read() as connection:
                rows = connection.execute(query.where(AuditRecordRow.seq > done, AuditRecordRow.seq <= size)).all()
            if not rows:
                return
            for row in rows:
                if misfiled is not None:
                    misfiled.extend(_misfiled(row))
                yield StoredRecord(leaf=row.leaf, record=row.record)
            done = rows[-1].seq


_BEYOND = sa.select(sa.func.count()).where(AuditRecordRow.seq > sa.bindparam("size"))


def _misfiled(row: AnyRow) -> Iterator[Finding]:
    """Whether a row's columns, by which lists find it, say something else than its record."""
    try:
        record: object = json.loads(row.record)
    except ValueError:
        return  # the verification of the record itself says so
    if not isinstance(record, dict):
        return
    columns = {"seq": row.seq, "at": rfc3339(row.at), "actor": row.actor, "action": row.action}
    wrong = [name for name, value in columns.items() if record.get(name) != value]
    if wrong:
        yield Finding(seq=row.seq, what=f"the columns {', '.join(wrong)} differ from the record")


def _head(connection: Connection) -> TreeHead:
    size, _, root = connection.execute(_HEAD).one()
    return TreeHead(size=size, root=root.hex())


def _tree(size: int, frontier: bytes) -> Tree:
    starts = range(0, len(frontier), HASH_SIZE)
    return Tree(size=size, frontier=tuple(frontier[start : start + HASH_SIZE] for start in starts))


def _entries(rows: Sequence[AnyRow]) -> list[AuditEntry]:
    return [AuditEntry(seq=row.seq, leaf=row.leaf.hex(), record=json.loads(row.record)) for row in rows]
