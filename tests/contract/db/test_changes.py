"""Following the trail in the database."""

from dataclasses import replace

from platform_api.changes.kinds import SIGNED_OUT, Changed
from platform_api.db.audit import recorded
from platform_api.db.changes import SqlChanges
from platform_api.db.engine import Database
from tests.contract.db.samples import event


def note(database: Database, action: str, **about: str) -> None:
    with recorded(database, replace(event(action), about=about)):
        pass


def test_what_is_new_is_read_once_by_its_last_record(database: Database) -> None:
    changes = SqlChanges(database)
    assert changes.head() == 0
    note(database, "grant.opened", grant="gr_1", request="rq_1", activity="ac_1")
    note(database, "grant.active", grant="gr_1", activity="ac_1")
    note(database, "request.rejected", grant="gr_2")
    head = changes.head()
    assert head == 3
    found = changes.between(0, head)
    assert sorted(found.changed) == [(1, Changed(kind="request", id="rq_1")), (2, Changed(kind="grant", id="gr_1"))]
    assert not found.signed_out
    assert changes.between(2, head).changed == []
    assert [seq for seq, _ in changes.between(1, 2).changed] == [2]


def test_signing_out_is_seen(database: Database) -> None:
    note(database, SIGNED_OUT, session="abc")
    found = SqlChanges(database).between(0, 1)
    assert (found.signed_out, found.changed) == (True, [])
