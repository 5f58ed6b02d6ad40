"""Lists by the page: order, filters, and who may see what."""

import json
from collections.abc import Callable

import pytest

from jit_engine.domain.ids import SubjectId
from jit_engine.errors import InvalidValue
from jit_engine.rules.record import refusal_record
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.db.requests import SqlRequests
from platform_api.paging import PageAsk
from tests.contract.db import samples
from tests.contract.db.samples import event

Listed = Callable[[Database, PageAsk, SubjectId | None], tuple[list[str], str | None]]


def grants(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlLedger(database).grants(ask, visible_to)
    return [grant.id for grant in page.items], page.next_cursor


def requests(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlRequests(database).page(ask, visible_to)
    return [request.id for request in page.items], page.next_cursor


def activities(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlRegistry(database).activities(ask, visible_to)
    return [record.activity.id for record in page.items], page.next_cursor


def environments(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlRegistry(database).environments(ask, visible_to)
    return [record.environment.id for record in page.items], page.next_cursor


def reviews(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlRegistry(database).reviews(ask, visible_to)
    return [review.id for review in page.items], page.next_cursor


def contracts(database: Database, ask: PageAsk, visible_to: SubjectId | None) -> tuple[list[str], str | None]:
    page = SqlRegistry(database).contracts(ask)
    return [f"{one.contract.id} {one.contract.version}" for one in page.items], page.next_cursor


EACH = [grants, requests, activities, environments, reviews, contracts]


@pytest.fixture
def filled(database: Database) -> Database:
    """Five of each; number n belongs to person n."""
    ledger, registry = SqlLedger(database), SqlRegistry(database)
    for n in range(1, 6):
        registry.register(samples.activity(n), samples.environment(n), samples.review(n), event())
        registry.propose_contract(samples.contract("loans", f"1.{n}.0"), event())
        ledger.open(samples.grant(n), samples.clearance(n), samples.evidence(n), event())
    return database


@pytest.mark.parametrize("listed", EACH)
def test_pages_hold_everything_once_newest_first(filled: Database, listed: Listed) -> None:
    whole, end = listed(filled, PageAsk(), None)
    assert (len(whole), end) == (5, None)
    assert whole == sorted(whole, reverse=True)
    seen, cursor = listed(filled, PageAsk(limit=2), None)
    while cursor is not None:
        more, cursor = listed(filled, PageAsk(limit=2, cursor=cursor), None)
        seen += more
    assert seen == whole


@pytest.mark.parametrize("listed", EACH[:-1])
def test_a_person_sees_only_their_own(filled: Database, listed: Listed) -> None:
    (only,), _ = listed(filled, PageAsk(), samples.person_id(2))
    assert only.endswith("2")
    assert listed(filled, PageAsk(), samples.person_id(77)) == ([], None)


@pytest.mark.parametrize("listed", [activities, environments, reviews])
def test_a_member_sees_what_the_owner_sees(filled: Database, listed: Listed) -> None:
    assert listed(filled, PageAsk(), samples.person_id(103)) == listed(filled, PageAsk(), samples.person_id(3))


@pytest.mark.parametrize(
    ("listed", "filters", "found"),
    [
        (grants, {"state": "minting"}, 5),
        (grants, {"state": "closed"}, 0),
        (grants, {"subject": samples.person_id(2), "tier": "research"}, 1),
        (requests, {"outcome": "granted"}, 5),
        (requests, {"outcome": "refused"}, 0),
        (activities, {"name": "activity-3", "state": "submitted"}, 1),
        (environments, {"activity": samples.activity_id(1)}, 1),
        (reviews, {"state": "open", "author": samples.person_id(1)}, 1),
        (contracts, {"state": "proposed", "id": "loans", "owner_team": "lending"}, 5),
        (contracts, {"id": "other"}, 0),
    ],
)
def test_filters_narrow_a_list(filled: Database, listed: Listed, filters: dict[str, str], found: int) -> None:
    assert len(listed(filled, PageAsk(filters=filters), None)[0]) == found


@pytest.mark.parametrize("listed", EACH)
@pytest.mark.parametrize(
    "ask",
    [
        PageAsk(limit=0),
        PageAsk(limit=201),
        PageAsk(cursor="bm9uc2Vuc2U"),
        PageAsk(filters={"policy": "x"}),
        PageAsk(filters={"version": "1"}),
    ],
)
def test_a_page_that_cannot_be_asked_for_is_refused(database: Database, listed: Listed, ask: PageAsk) -> None:
    with pytest.raises(InvalidValue):
        listed(database, ask, None)


@pytest.mark.parametrize(
    ("listed", "filters"),
    [
        (grants, {"environment": "research"}),
        (grants, {"subject": "dana"}),
        (requests, {"activity": samples.environment_id(1)}),
        (environments, {"activity": "ac_1"}),
        (reviews, {"activity": "loan-default-drivers"}),
    ],
)
def test_an_id_that_is_none_is_refused_and_does_not_find_nothing(
    database: Database, listed: Listed, filters: dict[str, str]
) -> None:
    with pytest.raises(InvalidValue, match="26 letters and digits"):
        listed(database, PageAsk(filters=filters), None)


def test_a_state_that_does_not_exist_is_refused_with_those_that_do(database: Database) -> None:
    with pytest.raises(InvalidValue, match="active"):
        grants(database, PageAsk(filters={"state": "alive"}), None)


def test_one_list_s_cursor_does_not_fit_another(filled: Database) -> None:
    _, cursor = grants(filled, PageAsk(limit=1), None)
    assert cursor is not None
    with pytest.raises(InvalidValue):
        requests(filled, PageAsk(cursor=cursor), None)


def test_a_refused_request_is_kept_with_its_decision_and_no_grant(database: Database) -> None:
    SqlLedger(database).refuse(samples.refusal(), samples.evidence(), event())
    stored = SqlRequests(database).get(samples.request().id)
    assert stored is not None
    assert (stored.outcome, stored.grant, stored.body["justification"]) == ("refused", None, "default rates")
    assert stored.decision == refusal_record(samples.refusal())
    assert '"contract": {"consulted": false}, "rules": {"consulted": false}' in json.dumps(stored.decision)


def test_a_granted_request_names_its_grant(filled: Database) -> None:
    stored = SqlRequests(filled).get(samples.request(2).id)
    assert stored is not None
    assert (stored.outcome, stored.grant) == ("granted", samples.grant(2).id)


def test_live_grants_are_those_that_may_still_have_a_role(filled: Database) -> None:
    ledger = SqlLedger(filled)
    assert len(ledger.live_grants()) == 5
    assert len(ledger.live_grants(samples.activity_id(1))) == 5
    assert ledger.live_grants(samples.activity_id(2)) == []
