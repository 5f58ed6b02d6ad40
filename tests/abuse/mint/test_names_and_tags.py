"""Names and tags of roles and sessions: made by us from opaque ids, never from what somebody sends or is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jit_engine.domain.event import Event
from jit_engine.domain.grant import role_name
from jit_engine.domain.ids import GrantId, RequestId
from jit_engine.errors import LimitExceeded, RoleExists
from jit_engine.iam.limits import check_role_name, check_session, check_tags
from jit_engine.iam.role import grant_tags
from jit_engine.ports import RolePlan
from platform_api.embedded import identity_provider
from tests.abuse.mint.door import ASK, Bad, check_refused, source
from tests.abuse.rows import rows
from tests.fakes import world
from tests.fakes.minter import FakeMinter
from tests.support.platform import Cast, Story, made
from tests.support.standing import Standing
from tests.unit.engine.desk import Desk


def member(name: str, value: object) -> Bad:
    return Bad(given={name: value}, field=name)


SENT: dict[str, Bad] = {
    "MINT-101 a role's name": member("role_hint", "../admin"),
    "MINT-101 a role": member("role_name", "jit-x"),
    "MINT-101 a session's name": member("session_name", "alice"),
    "MINT-101 a grant's id": member("id", "gr_01JABCDEFGHJKMNPQRSTVWXYZ6"),
    "MINT-110 somebody else in the body": member("on_behalf_of", "bob"),
    "MINT-110 a source identity": member("source_identity", "bob"),
    "MINT-110 a subject": member("subject", "pe_01K00000000C4BDKR5RV1Z30QF"),
    "MINT-112 a tag of ours": member("tags", {"jit:tier": "operation"}),
    "MINT-112 a tag of ours by its name": member("tags", {"sluicegate:tier": "operation"}),
    "MINT-113 a session's tag": member("session_tags", {"tier": "operation"}),
    "MINT-113 a tier": member("tier", "operation"),
    "MINT-113 tags that pass on": member("transitive_tag_keys", ["tier"]),
    "MINT-115 a tag that is too long": member("tags", {"purpose": "x" * 257}),
    "MINT-116 a tag of AWS's own": member("tags", {"aws:createdBy": "x"}),
    "MINT-112 a tag in a source": source(tags={"a": "b"}, field="tags", code="fields-invalid"),
}  # fmt: skip


@pytest.mark.parametrize("bad", rows(SENT))
def test_nobody_sends_a_name_or_a_tag(without_aws: Cast, story: Story, standing: Standing, bad: Bad) -> None:
    check_refused(without_aws, story, standing, bad)


# ---- what AWS would refuse, or fold, is refused by us


def session(name: str = "a-session", identity: str = "pe_x") -> Callable[[], None]:
    return lambda: check_session(name=name, source_identity=identity, duration=timedelta(seconds=900), policy=None)


def tags(**given: str) -> Callable[[], None]:
    return lambda: check_tags(given)


def tag(key: str, value: str) -> Callable[[], None]:
    return lambda: check_tags({key: value})


REFUSED: dict[str, Callable[[], None]] = {
    "MINT-101 a way up": lambda: check_role_name("../admin"),
    "MINT-101 65 characters": lambda: check_role_name("r" * 65),
    "MINT-106 a Cyrillic letter": session("аlice"),
    "MINT-106 a full-width letter": session("ａlice"),
    "MINT-106 Arabic digits": session("alice١"),
    "MINT-106 a Cyrillic letter in the identity": session(identity="аlice"),
    "MINT-107 a line's end": session("alice\n"),
    "MINT-107 a line's end in the identity": session(identity="alice\n"),
    "MINT-107 a line's end in a role's name": lambda: check_role_name("role\n"),
    "MINT-107 a return": session("alice\r"),
    "MINT-109 65 characters": session(identity="u" * 65),
    "MINT-109 255 characters": session(identity="u" * 250 + "@x.io"),
    "MINT-109 AWS's own": session(identity="aws:alice"),
    "MINT-113 the same key but for case": tags(Tier="research", tier="operation"),
    "MINT-115 a value of 257": tag("purpose", "x" * 257),
    "MINT-115 a key of 129": tag("k" * 129, "x"),
    "MINT-115 51 tags": tags(**{f"k{n}": "v" for n in range(51)}),
    "MINT-115 a value with a line's end": tag("purpose", "x\n"),
    "MINT-115 a value beyond ASCII": tag("purpose", "é"),
    "MINT-116 a key of AWS's own": tag("aws:createdBy", "x"),
    "MINT-116 a key of AWS's own in capitals": tag("AWS:createdBy", "x"),
}  # fmt: skip


@pytest.mark.parametrize("check", rows(REFUSED))
def test_a_name_or_tag_that_aws_folds_or_refuses_is_refused(check: Callable[[], None]) -> None:
    with pytest.raises(LimitExceeded):
        check()


@pytest.mark.case("MINT-112", "MINT-113", "MINT-116")
def test_the_tags_of_a_grant_are_ours_alone_and_the_same_on_role_and_session() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, world.ADA, desk.now)
    expected = grant_tags(desk.grant(grant), grant.sole)
    assert all(key.startswith("sluicegate:") for key in expected)
    assert desk.minter.sessions[-1].tags == expected
    assert desk.minter.kept[grant.role.name].found.tags == expected


# ---- names are given once


@pytest.mark.case("MINT-100")
def test_a_name_that_differs_by_case_alone_is_taken() -> None:
    minter = FakeMinter()
    minter.plant("jit-A0001-abc")
    plan = RolePlan(name="JIT-a0001-ABC", trust="{}", policy="{}", boundary_arn="b", tags={}, description="")
    with pytest.raises(RoleExists):
        minter.create(plan)
    desk = Desk()
    grant = desk.ask()
    owner = desk.ledger.grant_of_role(grant.role.name.upper())
    assert owner is not None
    assert owner.id == grant.id


@pytest.mark.case("MINT-103")
def test_two_activities_whose_names_begin_alike_have_roles_of_their_own() -> None:
    """A role's name holds the whole of its grant's id and nothing of any name: there is nothing to cut."""
    desk = Desk()
    longest = "a-" + "x" * 60
    known = world.activity()
    names = set()
    for last in "12":
        desk.facts.now_known = world.facts(activity=replace(known, name=f"{longest}{last}"))
        grant = desk.ask(world.request(id=RequestId(f"rq_01JABCDEFGHJKMNPQRSTVWXY{last}{last}")))
        assert grant.id in grant.role.name
        names.add(grant.role.name.lower())
    assert len(names) == 2
    assert not any("xxx" in name for name in names)


@pytest.mark.case("MINT-101", "MINT-160")
def test_a_role_s_name_is_derived_from_its_grant_s_id_and_attempt_and_never_twice_the_same() -> None:
    ids = [GrantId(f"gr_01JABCDEFGHJKMNPQRSTVWXYZ{n}") for n in "123"]
    names = {role_name(grant, part, attempt) for grant in ids for part in (1, 2) for attempt in (1, 2, 3)}
    assert len({name.lower() for name in names}) == 3 * 2 * 3
    for name in names:
        check_role_name(name)


@pytest.mark.case("MINT-104")
def test_a_role_that_stands_where_ours_would_be_is_never_used() -> None:
    """Somebody foresaw the name and made the role, with a trust of their own."""
    desk = Desk()
    foreseen = role_name(GrantId("gr_01JABCDEFGHJKMNPQRSTVW0000"), 1, 1)
    planted = desk.minter.plant(foreseen, trust='{"open": "to anyone"}', age=timedelta(hours=1))
    grant = desk.ask()
    assert [role.attempt for role in grant.roles] == [1, 2]
    assert grant.role.name != foreseen
    touched = [about for operation, about in desk.minter.calls if operation in ("put_policy", "assume")]
    assert foreseen not in touched
    assert "grant.role-name-taken" in desk.actions()
    desk.later(minutes=10)
    assert desk.sweep(desk.now) == 1
    assert desk.minter.kept[foreseen].found.role_id == planted.role_id  # quarantined, not deleted: it is not ours
    assert not desk.minter.kept[foreseen].is_open
    assert "alarm.foreign-role-quarantined" in desk.actions()


# ---- who it is for comes from the token alone


def signed(cast: Cast, subject: str) -> str:
    return identity_provider.access_token(
        identity_provider.signing_key(cast.platform.state_dir),
        issuer=cast.platform.issuer_url,
        audience=identity_provider.AUDIENCE,
        subject=subject,
        now=datetime.now(UTC),
    )


@pytest.mark.case("MINT-106", "MINT-107")
@pytest.mark.parametrize("subject", ["dаna", "dana\n", "dana\u200b", "dana\0", "ｄana", "DANA", "dana ", ""])
def test_a_subject_that_only_looks_like_one_is_nobody(
    cast: Cast, story: Story, standing: Standing, subject: str
) -> None:
    headers = {"Authorization": f"Bearer {signed(cast, subject)}", "Idempotency-Key": "k" * 32}
    answer = cast.http.post(ASK, json=story.asking(), headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] in ("token-invalid", "unknown-subject")


@pytest.fixture
def long_login(cast: Cast) -> Iterator[str]:
    """Dana is known to the identity provider by a subject of 255 characters."""
    registry, login = cast.platform.platform.registry, "u" * 250 + "@x.io"
    before = registry.directory()
    dana = cast.dana.get("/v1/me").json()["id"]
    event = Event(action="test.directory", actor="system:test", at=cast.platform.now(), about={})
    changed = [replace(one, login=login) if one.subject.id == dana else one for one in before]
    registry.put_directory(changed, event)
    yield login
    registry.put_directory(before, event)


@pytest.mark.case("MINT-109")
def test_a_long_subject_becomes_the_id_that_it_stands_for(
    cast: Cast, story: Story, standing: Standing, long_login: str
) -> None:
    headers = {"Authorization": f"Bearer {signed(cast, long_login)}", "Idempotency-Key": "long-subject-k1"}
    grant: dict[str, Any] = made(cast.http.post(ASK, json=story.asking(), headers=headers))["grant"]
    headers["Idempotency-Key"] = "long-subject-k2"
    keys = made(cast.http.post(f"/v1/grants/{grant['id']}/credentials", headers=headers))
    standing.handed_out(keys)
    (told,) = cast.ines.get("/v1/audit", grant=grant["id"], action="credentials.delivered").json()["items"]
    assert told["actor"] == grant["subject"]
    assert told["details"]["session"].startswith(f"{grant['subject']}.")
    assert len(told["details"]["session"]) <= 64
    headers["Idempotency-Key"] = "long-subject-k3"
    made(cast.http.post(f"/v1/grants/{grant['id']}/revoke", json={"reason": "over"}, headers=headers))


@pytest.mark.case("MINT-109", "MINT-110")
def test_the_source_identity_is_the_holder_s_own_opaque_id() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, world.ADA, desk.now)
    assert desk.minter.sessions[-1].source_identity == world.ADA.id
    assert desk.minter.sessions[-1].session_name.startswith(f"{world.ADA.id}.")


@pytest.mark.case("MINT-110")
@pytest.mark.usefixtures("given_back")
@pytest.mark.parametrize(
    "header",
    ["X-On-Behalf-Of", "X-Forwarded-User", "X-Remote-User", "X-Dev-User", "X-Amzn-Oidc-Identity", "Remote-User"],
)
def test_a_header_says_nothing_about_who_asks(cast: Cast, story: Story, standing: Standing, header: str) -> None:
    headers = {header: "sam", "Idempotency-Key": f"key-{header}-0001"}
    answer = made(cast.dana.call("POST", ASK, json=story.asking(dry_run=True), headers=headers))
    assert answer["outcome"] == "would-be-granted"
    assert cast.dana.call("GET", "/v1/me", headers=headers).json()["name"] == "Dana Reyes"
