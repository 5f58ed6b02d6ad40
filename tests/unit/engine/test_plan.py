"""How a clearance is split into principals: one role when it fits, else by place and size, or refused with sizes."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from jit_engine.contracts.terms import TableScope
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import NotOneSession, PolicyTooLarge, TooManyParts
from jit_engine.iam.limits import policy_size
from jit_engine.iam.plan import MOST_PARTS, ROOM, PlannedPart, mints_the_same, parts_of
from tests.fakes.accounts import ELSEWHERE, place_in
from tests.fakes.world import (
    ACCOUNT,
    FACTS_PREFIX,
    GRANT,
    LENDING,
    REGION,
    ask,
    cleared,
    contract,
    facts,
    place_of,
    prefix,
    prefix_item,
    table_item,
)


def wide(*prefixes: S3Prefix, job: str | None = None) -> Clearance:
    """A clearance of these prefixes, each catalogued and under one contract."""
    known = facts(
        contracts=(contract(prefixes=prefixes),),
        catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in prefixes)),
    )
    return cleared(*(ask(each, job=job) for each in prefixes), known=known)


def many(count: int, length: int = 40) -> list[S3Prefix]:
    return [prefix(f"activity/{'a' * length}/source-{number:03}/v1/") for number in range(count)]


def planned(clearance: Clearance) -> tuple[PlannedPart, ...]:
    return parts_of(clearance, place_of(clearance), GRANT, elsewhere=(place_in(ELSEWHERE),))


def held(parts: tuple[PlannedPart, ...]) -> list[str]:
    return [cleared.ask.source.uri for part in parts for cleared in part.clearance.cleared]


def test_what_fits_is_one_role_and_says_so() -> None:
    (part,) = planned(cleared())
    assert (part.part, part.profile, part.why) == (1, "main", "everything fits in one role")
    assert (part.seat.account, part.seat.region) == (ACCOUNT, REGION)


def test_what_does_not_fit_is_split_without_losing_or_doubling_a_source() -> None:
    sources = many(100)
    parts = planned(wide(*sources))
    assert [part.profile for part in parts] == ["main", *(f"main-{number}" for number in range(2, len(parts) + 1))]
    assert held(parts) == sorted(each.uri for each in sources)
    assert all(policy_size(part.policy) <= ROOM for part in parts)
    assert parts[0].why == f"1 of {len(parts)}: what lies there does not fit in one role of {ROOM} characters"


def test_no_two_neighbouring_parts_would_fit_in_one() -> None:
    clearance = wide(*many(100))
    parts = planned(clearance)
    for one, next_one in itertools.pairwise(parts):
        first = next_one.clearance.cleared[0]
        both = replace(clearance, cleared=(*one.clearance.cleared, first))
        assert len(planned(both)) == 2


def test_a_part_holds_nothing_of_another() -> None:
    parts = planned(wide(*many(80)))
    for part, other in itertools.permutations(parts, 2):
        for cleared_source in other.clearance.cleared:
            assert all(files.prefix not in part.policy for files in cleared_source.files)


def test_the_order_of_the_sources_changes_nothing() -> None:
    clearance = wide(*many(60))
    turned = replace(clearance, cleared=clearance.cleared[::-1])
    assert [part.policy for part in planned(turned)] == [part.policy for part in planned(clearance)]


def test_a_source_within_another_takes_no_room_of_its_own() -> None:
    known = facts(contracts=(contract(),), catalogue=Catalogue(generation=1, items=(prefix_item(LENDING),)))
    (part,) = planned(cleared(ask(LENDING), ask(FACTS_PREFIX), known=known))
    (alone,) = planned(cleared(ask(LENDING), known=known))
    assert part.policy == alone.policy
    assert held((part,)) == [LENDING.uri, FACTS_PREFIX.uri]


def test_a_prefix_beside_another_is_never_drawn_together_with_it() -> None:
    beside = [prefix("lending/a/"), prefix("lending/ab/"), prefix("lending/b/")]
    (part,) = planned(wide(*beside))
    read = next(s for s in json.loads(part.policy)["Statement"] if s["Sid"].startswith("ReadObjects"))
    assert read["Resource"] == [f"arn:aws:s3:::sample-lake/{each.prefix}*" for each in beside]


def test_sources_of_one_job_stay_together_while_others_are_split_around_them() -> None:
    known = facts(
        contracts=(contract(prefixes=tuple(many(100))),),
        catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in many(100))),
    )
    asks = [ask(each, job="train" if number % 10 == 0 else None) for number, each in enumerate(many(100))]
    parts = planned(cleared(*asks, known=known))
    jobs = [{one.ask.job for one in part.clearance.cleared} for part in parts]
    assert len(parts) > 1
    assert sum("train" in each for each in jobs) == 1
    assert sorted(held(parts)) == sorted(each.uri for each in many(100))


def test_a_job_too_large_for_one_session_is_refused_with_the_size_of_each_source() -> None:
    with pytest.raises(NotOneSession, match="train") as refused:
        planned(wide(*many(100), job="train"))
    assert len(refused.value.sizes) == 100
    assert all(size > 100 for size in refused.value.sizes.values())
    assert str(ROOM) in refused.value.why


def test_a_request_that_needs_too_many_roles_is_refused_with_the_sizes() -> None:
    with pytest.raises(TooManyParts) as refused:
        planned(wide(*many(100, length=400)))
    assert refused.value.parts > refused.value.limit == MOST_PARTS
    assert len(refused.value.sizes) == 100


def test_a_source_too_large_by_itself_is_refused_and_never_cut() -> None:
    clearance = cleared()
    long_place = replace(place_of(clearance), workspace_key_arn="arn:aws:kms:us-east-1:000000000000:key/" + "k" * 9_000)
    with pytest.raises(PolicyTooLarge) as refused:
        parts_of(clearance, long_place, GRANT)
    assert refused.value.sizes.keys() == {FACTS_PREFIX.uri}


def elsewhere(account: str, region: str) -> Clearance:
    """The loan facts, and a table of the same company in that account and region."""
    far = GlueTable(account=account, region=region, database="lending", table="loans")
    scope = TableScope(account=account, region=region, database="lending", tables=frozenset({"loans"}))
    files = S3Prefix(account=account, bucket="far-lake", prefix="loans/")
    known = facts(
        contracts=(contract(tables=(scope,)),),
        catalogue=Catalogue(generation=1, items=(prefix_item(FACTS_PREFIX), table_item(far, files))),
    )
    return cleared(ask(far), ask(FACTS_PREFIX), known=known)


@pytest.mark.parametrize(
    ("account", "region", "profile", "why"),
    [
        (ACCOUNT, "eu-west-1", "eu-west-1", "its data lies in eu-west-1"),
        (ELSEWHERE, REGION, ELSEWHERE, f"its data lies in account {ELSEWHERE}"),
        (
            ELSEWHERE,
            "eu-west-1",
            f"{ELSEWHERE}-eu-west-1",
            f"its data lies in account {ELSEWHERE}; its data lies in eu-west-1",
        ),
    ],
)
def test_what_lies_elsewhere_is_a_profile_of_its_own(account: str, region: str, profile: str, why: str) -> None:
    home, far = planned(elsewhere(account, region))
    assert (home.profile, far.profile, far.why) == ("main", profile, why)
    assert (far.seat.account, far.seat.region) == (account, region)
    assert "far-lake" not in home.policy
    assert "sample-lake" not in far.policy


def test_a_job_over_two_accounts_is_refused_and_one_over_two_regions_is_not() -> None:
    def together(clearance: Clearance) -> Clearance:
        return replace(
            clearance,
            cleared=tuple(replace(one, ask=replace(one.ask, job="train")) for one in clearance.cleared),
        )

    with pytest.raises(NotOneSession, match=f"{ACCOUNT}, {ELSEWHERE}"):
        planned(together(elsewhere(ELSEWHERE, REGION)))
    (part,) = planned(together(elsewhere(ACCOUNT, "eu-west-1")))
    assert part.seat.region == REGION


def test_a_plan_is_known_again_by_what_it_mints() -> None:
    parts = planned(wide(*many(60)))
    principals = tuple(part.principal(GRANT) for part in parts)
    assert mints_the_same(parts, principals)
    assert not mints_the_same(parts[:-1], principals)
    assert not mints_the_same(planned(wide(*many(59))), principals)
