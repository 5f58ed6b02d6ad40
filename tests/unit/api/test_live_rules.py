"""Which rules decide: those that are live at the very moment, parsed once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jit_engine.domain.event import Event
from platform_api.db.engine import Database, create_engine
from platform_api.db.migrate import upgrade
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.live_rules import LiveJudges, NoRulebook

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULE = """@id("see-{0}") @title("t") @owner("o")
permit (principal in Team::"{0}", action == Action::"viewSources", resource);"""


def activate(rulebooks: SqlRulebooks, version: str) -> None:
    """Makes a rulebook of one rule live."""
    event = Event(action="test.rulebook", actor="system:test", at=NOW, about={})
    rulebooks.put_rulebook(version, RULE.format(version), event)


def test_every_decision_asks_which_version_is_live_and_parses_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    upgrade(url)
    database = Database(create_engine(url))
    rulebooks = SqlRulebooks(database)
    judges = LiveJudges(rulebooks)
    with pytest.raises(NoRulebook):
        judges()
    activate(rulebooks, "one")
    first = judges().rulebook
    assert (first.version, judges().rulebook is first) == ("one", True)
    activate(rulebooks, "two")
    assert [rule.id for rule in judges().rulebook.rules] == ["see-two"]
    activate(rulebooks, "one")
    assert judges().rulebook.version == "one"
    database.close()
