"""Several processes and a store that fails: what is decided with is what is true now, or nothing is decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from platform_api.db.engine import Database, create_engine
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.live_rules import LiveJudges, NoRulebook
from tests.abuse.policy.test_at_the_door import again, directory, id_of, moved
from tests.support.doors import another_door
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import act, approved, changed, said
from tests.support.standing import Standing

__all__ = ["again"]
ASK = "/v1/access-requests"


@pytest.mark.case("POL-025")
def test_who_left_the_team_a_moment_ago_is_refused_at_every_process(
    cast: Cast, story: Story, standing: Standing, other_worker: Cast
) -> None:
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]["id"]
    made(other_worker.dana.call("POST", ASK, json=story.asking(dry_run=True)))
    with moved(cast, cast.dana, frozenset({"internal-audit"})):
        for people in (cast, other_worker):
            assert people.dana.post(ASK, story.asking()).status_code in (403, 404)
            assert people.dana.post(f"/v1/grants/{grant}/credentials").status_code in (403, 409)
    made(cast.gus.post(f"/v1/grants/{grant}/revoke", {"reason": "the test is over"}))


@pytest.mark.case("POL-025")
def test_who_left_the_organisation_a_moment_ago_is_nobody_at_every_process(
    cast: Cast, story: Story, standing: Standing, other_worker: Cast
) -> None:
    dana = id_of(cast.dana)
    entries = cast.platform.platform.registry.directory()
    with directory(cast, [one for one in entries if one.subject.id != dana]):
        for people in (cast, other_worker):
            assert said(people.dana.post(ASK, story.asking())) == (401, "unknown-subject")


@pytest.mark.case("POL-028")
def test_a_process_that_missed_an_activation_decides_by_the_new_rules(
    cast: Cast, story: Story, standing: Standing, other_worker: Cast, again: str
) -> None:
    """Both have the older rules parsed and in memory; which version is live is read for each decision."""
    grant = made(other_worker.dana.post(ASK, story.asking()))["grant"]
    ready = approved(cast.gus, cast.priya, changed(cast, "stop-everything-here", story.activity))
    new = ready["version"]
    done = made(act(cast.gus, "activate", ready))
    assert grant["id"] in done["ended_grants"]
    assert other_worker.dana.post(f"/v1/grants/{grant['id']}/credentials").status_code in (403, 409)
    refused = other_worker.dana.post(ASK, story.asking())
    assert said(refused) == (403, "access-refused")
    assert (grant["rulebook"] != new, "stop-everything-here" in refused.text) == (True, True)


# ---- the store of the rules fails


@pytest.fixture
def copy(cast: Cast, story: Story, tmp_path: Path) -> Path:
    """The platform's database as it is, to do damage to."""
    file = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(cast.platform.state_dir / "sluicegate.db")) as source,
        closing(sqlite3.connect(file)) as target,
    ):
        source.backup(target)
    return file


@pytest.fixture
def on_copy(cast: Cast, story: Story, copy: Path) -> Iterator[Cast]:
    """A process on that copy that has decided something already, so that it has rules in memory."""
    url = SecretStr(f"sqlite:///{copy}")
    with another_door(cast, cast.platform.platform.settings.model_copy(update={"database_url": url})) as (people, _):
        made(people.dana.call("POST", ASK, json=story.asking(dry_run=True)))
        yield people


@pytest.mark.case("POL-026")
@pytest.mark.parametrize("damage", ["ALTER TABLE rulebooks RENAME TO gone", "ALTER TABLE rulebooks DROP COLUMN state"])
def test_rules_that_cannot_be_read_permit_nothing(
    story: Story, standing: Standing, copy: Path, on_copy: Cast, damage: str
) -> None:
    """The engine is still in memory: that it once permitted this counts for nothing."""
    _damage(copy, "DROP INDEX uq_rulebooks_live", damage)
    before = standing.roles()
    for body in (story.asking(), story.asking(dry_run=True)):
        answer = on_copy.dana.post(ASK, body)
        assert said(answer) == (503, "store-unavailable"), answer.text
        assert int(answer.headers["retry-after"]) > 0
    assert on_copy.gus.get("/v1/policies").status_code == 503
    assert set(standing.roles()) <= set(before)


@pytest.mark.case("POL-026")
def test_no_live_rules_permit_nothing(story: Story, standing: Standing, copy: Path, on_copy: Cast) -> None:
    _damage(copy, "UPDATE rulebooks SET state = 'retired'")
    answer = on_copy.dana.post(ASK, story.asking())
    assert said(answer) == (503, "no-live-rulebook")


@pytest.mark.case("POL-026")
def test_the_judges_keep_no_answer_of_a_store_that_is_gone(copy: Path) -> None:
    database = Database(create_engine(f"sqlite:///{copy}"))
    judges = LiveJudges(SqlRulebooks(database))
    assert judges().rulebook.rules
    _damage(copy, "DELETE FROM rulebooks")
    with pytest.raises(NoRulebook):
        judges()
    database.close()


def _damage(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_copy_answers_as_long_as_nothing_is_damaged(story: Story, on_copy: Cast) -> None:
    assert made(on_copy.dana.call("POST", ASK, json=story.asking(dry_run=True)))["outcome"] == "would-be-granted"
