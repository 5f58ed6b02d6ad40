"""The store of rulebooks: every version's text for good, which one is live, and how the others came or did not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import GrantState
from jit_engine.errors import InvalidValue
from jit_engine.ports import LostRace
from platform_api.db.audit import append, recorded
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, raise_generation
from platform_api.db.paging import AnyRow, Listing, is_exactly, is_one_of, page_of
from platform_api.db.tables.catalogue import RulebookRow
from platform_api.db.tables.grants import GrantRow
from platform_api.paging import Page, PageAsk
from policy.ports import Deed
from policy.refusals import Overtaken
from policy.versions import Proposal, RulebookState, RulebookVersion

__all__ = ["RulebookState", "SqlRulebooks", "check_live"]

_RULEBOOKS = sa.select(RulebookRow.table())
_IS_LIVE = RulebookRow.state == RulebookState.LIVE.value
_LIVE = _RULEBOOKS.where(_IS_LIVE)
_LIVE_VERSION = sa.select(RulebookRow.version).where(_IS_LIVE)
_HELD_STATE = (
    sa.select(RulebookRow.state).where(RulebookRow.version == sa.bindparam("rulebook")).with_for_update(read=True)
)
_HIGHEST = sa.select(sa.func.max(RulebookRow.number))
_RETIRE = sa.update(RulebookRow).where(_IS_LIVE)
_RETIRED = {"state": RulebookState.RETIRED.value, "revision": RulebookRow.revision + 1}
_JUDGED = (RulebookState.PROPOSED.value, RulebookState.APPROVED.value)
_LISTING = Listing(
    name="rulebooks",
    keys=(RulebookRow.number,),
    filters={"state": is_one_of(RulebookRow.state, RulebookState), "version": is_exactly(RulebookRow.version)},
)


class SqlRulebooks:
    """`policy.ports.RulebookStore` in the database, and how an installation gets the rules it starts with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self) -> RulebookVersion | None:
        """The live version, or None."""
        with self._database.read() as connection:
            row = connection.execute(_LIVE).one_or_none()
        return None if row is None else _version(row)

    def live_version(self) -> str | None:
        """The live version's name alone: what a process asks to see whether the rules it parsed still decide."""
        with self._database.read() as connection:
            return connection.execute(_LIVE_VERSION).scalar_one_or_none()

    def get(self, version: str) -> RulebookVersion | None:
        """That version, whatever its state, or None."""
        with self._database.read() as connection:
            row = connection.execute(_RULEBOOKS.where(RulebookRow.version == version)).one_or_none()
        return None if row is None else _version(row)

    def versions(self) -> list[RulebookVersion]:
        """Every version, the newest first."""
        query = _RULEBOOKS.order_by(RulebookRow.number.desc(), RulebookRow.version.desc())
        with self._database.read() as connection:
            return [_version(row) for row in connection.execute(query)]

    def page(self, ask: PageAsk) -> Page[RulebookVersion]:
        """Versions by the page, the newest first. Filters: state, version."""
        query = _RULEBOOKS.where(RulebookRow.number.is_not(None))
        with self._database.read() as connection:
            return page_of(connection, _LISTING, query, ask, lambda rows: [_version(row) for row in rows])

    def next_number(self) -> int:
        """One more than the highest number that was ever given."""
        with self._database.read() as connection:
            return _next_number(connection)

    def add(self, draft: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits a new draft; `Overtaken` when its number or name was given meanwhile."""
        with _overtaken(), recorded(self._database, _event(deed)) as connection:
            connection.execute(sa.insert(RulebookRow), {"version": draft.version, **_values(draft)})
        return draft

    def save(self, version: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits the version as given, or raises `Overtaken`; returns it with its next revision."""
        saved = replace(version, revision=version.revision + 1)
        with _overtaken(), recorded(self._database, _event(deed)) as connection:
            _update(connection, version, saved)
        return saved

    def activate(self, version: RulebookVersion, over: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits: `over` retired, `version` live, what else was proposed a draft again, and every live grant due.

        Two at once write the row of the live version both: the second waits, and finds that it is not live any more.
        """
        saved = replace(version, revision=version.revision + 1)
        with _overtaken(), recorded(self._database, _event(deed)) as connection:
            retired = _RETIRE.where(RulebookRow.version == over.version).values(_RETIRED)
            if connection.execute(retired).rowcount != 1:
                raise Overtaken(f"version {over.version} is no longer the live one")
            _update(connection, version, saved)
            connection.execute(
                sa.update(RulebookRow)
                .where(RulebookRow.state.in_(_JUDGED))
                .values(state=RulebookState.DRAFT.value, proposal=None, approvals=(), revision=RulebookRow.revision + 1)
            )
            connection.execute(
                sa.update(GrantRow)
                .where(GrantRow.state == GrantState.ACTIVE.value)
                .values(due_at=deed.at, version=GrantRow.version + 1)
            )
            raise_generation(connection, Changing.RULEBOOKS)
        return saved

    def put_rulebook(self, version: str, text: str, event: Event, cases: str = "") -> bool:
        """Makes this version live, for the rules that an installation starts with; whether that changed anything.

        Rules that people have made live since are left alone. This is the one way around the desk, and back to a
        retired version; it is for the program that sets an installation up. Raises `InvalidValue` when the version
        is known with another text, for texts never change. There is a record only when something changed.
        """
        digest = sha256(text.encode()).hexdigest()
        with self._database.write() as connection:  # recorded below, when there is something to record
            known = connection.execute(_RULEBOOKS.where(RulebookRow.version == version)).one_or_none()
            if known is not None and known.sha256 != digest:
                fix = "give the changed rules a version of their own"
                raise InvalidValue(field="version", given=version, fix=fix)
            live = connection.execute(_LIVE).one_or_none()
            if live is not None and (live.version == version or live.authors):
                return False
            connection.execute(_RETIRE.values(_RETIRED))
            now_live = {"state": RulebookState.LIVE.value, "live_at": event.at}
            if known is None:
                made = {
                    "version": version,
                    "text": text,
                    "sha256": digest,
                    "cases": cases,
                    "number": _next_number(connection),
                    "created_at": event.at,
                    "revision": 0,
                }
                connection.execute(sa.insert(RulebookRow), {**made, **now_live})
            else:
                connection.execute(sa.update(RulebookRow).where(RulebookRow.version == version).values(now_live))
            raise_generation(connection, Changing.RULEBOOKS)
            append(connection, event)
        return True


def check_live(connection: Connection, rulebook: str) -> None:
    """Raises `LostRace` when another rulebook is live than the one that decided; holds it live until the commit.

    So whatever is written under a decision is committed before the next rulebook is, or not at all.
    """
    # By its name, not by being live: PostgreSQL would give no row at all where it waited for an activation.
    state = connection.execute(_HELD_STATE, {"rulebook": rulebook}).scalar_one_or_none()
    if state is None:
        state = connection.execute(_LIVE_VERSION).scalar_one_or_none() or RulebookState.LIVE.value
    if state != RulebookState.LIVE.value:
        raise LostRace(f"rulebook {rulebook} decided, and is no longer the live one")


def _next_number(connection: Connection) -> int:
    return (connection.execute(_HIGHEST).scalar_one() or 0) + 1


def _update(connection: Connection, read: RulebookVersion, saved: RulebookVersion) -> None:
    fence = (RulebookRow.version == read.version, RulebookRow.revision == read.revision)
    if connection.execute(sa.update(RulebookRow).where(*fence).values(_values(saved))).rowcount != 1:
        raise Overtaken(f"rulebook version {read.version} was changed meanwhile")


def _event(deed: Deed) -> Event:
    return Event(action=deed.action, actor=deed.actor, at=deed.at, about=deed.about, details=deed.details)


@contextmanager
def _overtaken() -> Iterator[None]:
    """Says a lost race in the desk's words."""
    try:
        yield
    except LostRace as lost:
        raise Overtaken("another version was made at the same moment") from lost


def _values(version: RulebookVersion) -> dict[str, object]:
    """The columns of a version but its name."""
    return {
        "text": version.text,
        "sha256": version.sha256,
        "state": version.state.value,
        "live_at": version.live_at,
        "number": version.number,
        "title": version.title,
        "cases": version.cases,
        "authors": version.authors,
        "rollback_of": version.rollback_of,
        "created_at": version.created_at,
        "proposal": None if version.proposal is None else _said(version.proposal),
        "approvals": version.approvals,
        "revision": version.revision,
    }


def _said(proposal: Proposal) -> dict[str, Json]:
    return {
        "by": proposal.by,
        "at": proposal.at.isoformat(),
        "digest": proposal.digest,
        "against": proposal.against,
        "impact": proposal.impact,
    }


def _version(row: AnyRow) -> RulebookVersion:
    said = row.proposal
    return RulebookVersion(
        version=row.version,
        number=row.number or 0,
        title=row.title or "The rules of the installation",
        text=row.text,
        cases=row.cases or "",
        state=RulebookState(row.state),
        authors=row.authors or (),
        rollback_of=row.rollback_of,
        created_at=row.created_at or row.live_at,
        live_at=row.live_at,
        proposal=None
        if said is None
        else Proposal(
            by=said["by"],
            at=datetime.fromisoformat(said["at"]),
            digest=said["digest"],
            against=said["against"],
            impact=said["impact"],
        ),
        approvals=row.approvals or (),
        revision=row.revision,
    )
