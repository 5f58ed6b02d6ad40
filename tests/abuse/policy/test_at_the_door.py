"""What somebody tries with approvals and activations over HTTP: each refused, what is live untouched."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from jit_engine.domain.event import Event
from platform_api.embedded import identity_provider
from platform_api.registry.records import DirectoryEntry
from tests.support.platform import Cast, Somebody, made
from tests.support.rulebook_steps import act, approved, changed, live, of, proposed, said, withdrawn
from tests.support.standing import Standing

OUT = frozenset({"internal-audit"})


def id_of(person: Somebody) -> str:
    return str(person.get("/v1/me").json()["id"])


@contextmanager
def moved(cast: Cast, person: Somebody, teams: frozenset[str] = OUT) -> Iterator[None]:
    """The directory says meanwhile that somebody is in these teams and no other."""
    me = id_of(person)

    def elsewhere(one: DirectoryEntry) -> DirectoryEntry:
        return replace(one, subject=replace(one.subject, teams=teams)) if one.subject.id == me else one

    with directory(cast, [elsewhere(one) for one in cast.platform.platform.registry.directory()]):
        yield


@contextmanager
def directory(cast: Cast, entries: list[DirectoryEntry]) -> Iterator[None]:
    """Another directory meanwhile."""
    registry = cast.platform.platform.registry
    before = registry.directory()
    event = Event(action="test.directory", actor="system:test", at=cast.platform.now(), about={})
    registry.put_directory(entries, event)
    try:
        yield
    finally:
        registry.put_directory(before, event)


@pytest.fixture
def again(cast: Cast) -> Iterator[str]:
    """The live text before; it is live again afterwards, by the one way back that there is."""
    before = str(live(cast)["text"])
    yield before
    if live(cast)["text"] != before:
        shown = approved(cast.gus, cast.priya, before)
        made(act(cast.gus, "activate", shown))


@pytest.mark.case("POL-029")
def test_an_old_approved_version_needs_a_fresh_approval(cast: Cast, standing: Standing, again: str) -> None:
    old = approved(cast.gus, cast.priya, changed(cast, "the-old-one"))
    made(act(cast.gus, "activate", old))
    new = approved(cast.gus, cast.priya, again)
    made(act(cast.gus, "activate", new))
    before = live(cast)
    assert said(act(cast.gus, "activate", old)) == (409, "rulebook-state")
    back = made(cast.gus.post(f"/v1/rulebooks/{old['version']}/rollback"))
    assert (back["number"] > new["number"], back["state"], back["approvals"]) == (True, "draft", [])
    assert said(act(cast.gus, "activate", back)) == (409, "rulebook-state")
    assert live(cast) == before
    withdrawn(cast.gus, back["version"])


@pytest.mark.case("POL-031")
def test_a_second_account_of_the_author_is_the_author(cast: Cast, standing: Standing, untouched: None) -> None:
    """The directory gives a person one id, whatever they sign in as: what is compared is that id."""
    entries = list(cast.platform.platform.registry.directory())
    gus = next(one for one in entries if one.subject.id == id_of(cast.gus))
    ari = next(one for one in entries if one.subject.id == id_of(cast.ari))
    others = [one for one in entries if one not in (gus, ari)]
    shown = proposed(cast.gus, changed(cast, "second-account"))
    path = f"/v1/rulebooks/{shown['version']}/approve"
    with directory(cast, [*others, replace(gus, login=ari.login), replace(ari, login=gus.login)]):
        refused = cast.ari.post(path, of(shown))  # who signs in as ari is now the person who wrote it
        assert (refused.status_code, id_of(cast.ari)) == (403, gus.subject.id)
    withdrawn(cast.gus, shown["version"])


SPELLINGS = ("GUS", "Gus", "gus ", "ɡus", "gus\u200b", "gus@acme.example")


@pytest.mark.case("POL-032")
def test_the_author_s_login_in_another_spelling_is_nobody(cast: Cast, standing: Standing, untouched: None) -> None:
    shown = proposed(cast.gus, changed(cast, "another-spelling"))
    path = f"/v1/rulebooks/{shown['version']}/approve"
    for login in SPELLINGS:
        headers = {"Authorization": f"Bearer {signed(cast, login)}", "Idempotency-Key": "k" * 32}
        answer = cast.http.post(path, json=of(shown), headers=headers)
        assert answer.status_code == 401, login
        assert answer.json()["code"] in ("unknown-subject", "token-invalid")
    withdrawn(cast.gus, shown["version"])


def signed(cast: Cast, subject: str) -> str:
    """A good token of the identity provider's for whatever subject."""
    return identity_provider.access_token(
        identity_provider.signing_key(cast.platform.state_dir),
        issuer=cast.platform.issuer_url,
        audience=identity_provider.AUDIENCE,
        subject=subject,
        now=datetime.now(UTC),
    )


@pytest.mark.case("POL-034")
def test_a_right_that_went_before_the_click_approves_nothing(cast: Cast, standing: Standing, untouched: None) -> None:
    shown = proposed(cast.gus, changed(cast, "lost-before"))
    with moved(cast, cast.priya):
        assert said(cast.priya.post(f"/v1/rulebooks/{shown['version']}/approve", of(shown))) == (403, "forbidden")
    assert made(cast.gus.get(f"/v1/rulebooks/{shown['version']}"))["approvals"] == []
    withdrawn(cast.gus, shown["version"])


@pytest.mark.case("POL-035")
def test_an_approver_who_is_gone_altogether_approved_nothing(cast: Cast, standing: Standing, untouched: None) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "gone-after"))
    entries = cast.platform.platform.registry.directory()
    without = [one for one in entries if one.subject.id != id_of(cast.priya)]
    with directory(cast, without):
        assert said(act(cast.gus, "activate", shown)) == (403, "approval-void")
    withdrawn(cast.gus, shown["version"])


def at_once(*calls: tuple[Somebody, str, object]) -> list[httpx.Response]:
    """Each call at the same moment."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call[0].post(call[1], call[2]), calls))


@pytest.mark.case("POL-037")
def test_one_person_s_two_clicks_are_one_approval(cast: Cast, standing: Standing, untouched: None) -> None:
    shown = proposed(cast.gus, changed(cast, "two-clicks"))
    path = f"/v1/rulebooks/{shown['version']}/approve"
    answers = at_once(*[(cast.priya, path, of(shown))] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert [one["by"] for one in made(cast.gus.get(path.removesuffix("/approve")))["approvals"]] == [id_of(cast.priya)]
    withdrawn(cast.gus, shown["version"])


@pytest.mark.case("POL-038")
def test_two_who_approve_each_other_are_pointed_out_in_the_audit_trail(
    cast: Cast, standing: Standing, untouched: None
) -> None:
    one = approved(cast.gus, cast.priya, changed(cast, "mine-for-yours"))
    other = approved(cast.priya, cast.gus, changed(cast, "yours-for-mine"))
    told = cast.ines.get("/v1/audit", action="rulebook.approved", limit=2).json()["items"]
    assert [record["actor"] for record in told] == [id_of(cast.gus), id_of(cast.priya)]
    assert one["version"] in told[0]["details"]["approved_each_other"]
    assert "approved_each_other" not in told[1]["details"]
    withdrawn(cast.gus, one["version"])
    withdrawn(cast.priya, other["version"])


# ---- two activations, and a draft that changes


def test_of_two_activations_at_once_one_wins_and_the_other_is_told(
    cast: Cast, standing: Standing, again: str, other_worker: Cast
) -> None:
    """Two versions, both approved, at two processes: the loser's approval has ended, and nothing is half live."""
    texts = [changed(cast, name) for name in ("this-one", "that-one")]
    ready = [approved(cast.gus, cast.priya, text) for text in texts]
    versions = [shown["version"] for shown in ready]
    before = live(cast)["version"]
    answers = at_once(
        (cast.gus, f"/v1/rulebooks/{versions[0]}/activate", {"revision": ready[0]["revision"]}),
        (other_worker.gus, f"/v1/rulebooks/{versions[1]}/activate", {"revision": ready[1]["revision"]}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    (won,) = [made(answer) for answer in answers if answer.status_code == 200]
    (lost,) = [version for version in versions if version != won["version"]]
    assert (won["retired"], live(cast)["version"]) == (before, won["version"])
    assert len(cast.gus.get("/v1/rulebooks", state="live").json()["items"]) == 1
    found = made(cast.gus.get(f"/v1/rulebooks/{lost}"))
    assert (found["state"], found["approvals"]) == ("draft", [])
    withdrawn(cast.gus, lost)


def test_one_version_activated_many_times_at_once_is_activated_once(
    cast: Cast, standing: Standing, again: str, other_worker: Cast
) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "many-times"))
    version, read = shown["version"], {"revision": shown["revision"]}
    path = f"/v1/rulebooks/{version}/activate"
    answers = at_once(*[(cast.gus, path, read), (other_worker.gus, path, read)] * 2)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    told = cast.ines.get("/v1/audit", action="rulebook.activated", limit=200).json()["items"]
    assert [record["about"]["rulebook"] for record in told].count(version) == 1


def test_an_edit_and_an_activation_at_once_never_make_unread_text_live(
    cast: Cast, standing: Standing, again: str, other_worker: Cast
) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "read-text"))
    path = f"/v1/rulebooks/{shown['version']}"
    body = {"title": "Slipped in", "text": changed(cast, "unread-text"), "revision": shown["revision"]}
    with ThreadPoolExecutor(2) as pool:
        editing = pool.submit(other_worker.gus.call, "PUT", path, json=body)
        activating = pool.submit(act, cast.gus, "activate", shown)
    statuses = (editing.result().status_code, activating.result().status_code)
    assert statuses in ((200, 409), (409, 200)), (editing.result().text, activating.result().text)
    assert "unread-text" not in live(cast)["text"]
    if statuses[0] == 200:
        withdrawn(cast.gus, shown["version"])
