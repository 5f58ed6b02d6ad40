"""The whole life of rules over HTTP: drafted, tried, proposed, approved by somebody else, live, and back again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from jit_engine.domain.event import Event
from tests.support.platform import Cast, Story, made, until
from tests.support.rulebook_steps import act, approved, changed, drafted, live, of, proposed, said, withdrawn


@pytest.fixture
def untouched(cast: Cast) -> Iterator[None]:
    """What is live is the same before and after, to the byte."""
    before = live(cast)
    yield
    assert live(cast) == before


@pytest.fixture
def restored(cast: Cast) -> Iterator[str]:
    """The live text before; it is live again afterwards, by the one way back that there is."""
    before = live(cast)["text"]
    yield before
    if live(cast)["text"] != before:
        shown = approved(cast.gus, cast.priya, before)
        made(act(cast.gus, "activate", shown))


def test_rules_live_from_draft_to_retired_and_the_grants_they_end_are_named(
    cast: Cast, story: Story, restored: str
) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    before = live(cast)
    text = changed(cast, "stop-this-activity", story.activity)
    draft = drafted(cast.gus, text)
    assert (draft["state"], draft["number"] > before["number"]) == ("draft", True)
    while_writing = made(cast.gus.post("/v1/rulebooks/impact", {"text": text}))
    tried = made(cast.gus.post(f"/v1/rulebooks/{draft['version']}/impact"))
    assert while_writing["impact"]["proof"] == tried["impact"]["proof"]
    assert (while_writing["against"], while_writing["extent"]["last"]) == (before["version"], 10_000)
    assert tried["against"] == before["version"]
    assert [one["grant"] for one in tried["impact"]["replay"]["grants_that_would_end"]].count(grant) == 1
    assert tried["impact"]["proof"]["verdict"] == "narrows"
    shown = made(act(cast.gus, "propose", draft))
    whole = made(cast.priya.get(f"/v1/rulebooks/{draft['version']}"))
    assert whole["impact"]["lead"]
    assert said(cast.gus.post(f"/v1/rulebooks/{draft['version']}/approve", of(shown))) == (403, "forbidden")
    agreed = made(cast.priya.post(f"/v1/rulebooks/{draft['version']}/approve", of(whole)))
    assert [approval["by"] for approval in agreed["approvals"]] == [cast.priya.get("/v1/me").json()["id"]]
    assert live(cast)["version"] == before["version"]
    done = made(act(cast.gus, "activate", agreed))
    assert (done["version"], done["retired"]) == (draft["version"], before["version"])
    assert grant in done["ended_grants"]
    assert cast.dana.post(f"/v1/grants/{grant}/credentials").status_code in (403, 409)
    until(cast.dana, f"/v1/grants/{grant}", "closed")
    refused = cast.dana.post("/v1/access-requests", story.asking())
    assert said(refused) == (403, "access-refused")
    assert "stop-this-activity" in refused.text
    assert made(cast.gus.get(f"/v1/rulebooks/{before['version']}"))["state"] == "retired"
    back = made(cast.gus.post(f"/v1/rulebooks/{before['version']}/rollback"))
    assert (back["rollback_of"], back["state"]) == (before["version"], "draft")
    assert back["number"] > draft["number"]
    shown = made(act(cast.gus, "propose", back))
    assert said(act(cast.gus, "activate", back)) == (409, "rulebook-state")
    agreed = made(cast.olga.post(f"/v1/rulebooks/{back['version']}/approve", of(shown)))
    made(act(cast.gus, "activate", agreed))
    assert live(cast)["text"] == before["text"]
    trail = cast.ines.get("/v1/audit", rulebook=back["version"]).json()["items"]
    told = [one["action"] for one in trail][::-1]
    assert told == ["rulebook.drafted", "rulebook.proposed", "rulebook.approved", "rulebook.activated"]


def test_only_who_may_drafts_approves_and_activates(cast: Cast, untouched: None) -> None:
    text = changed(cast, "who-may")
    for person in (cast.dana, cast.pat, cast.ines, cast.ari, cast.pipeline):
        assert said(person.post("/v1/rulebooks", {"title": "Mine", "text": text})) == (403, "forbidden")
        assert said(person.post("/v1/rulebooks/validate", {"text": text})) == (403, "forbidden")
    shown = proposed(cast.olga, text)
    path = f"/v1/rulebooks/{shown['version']}"
    for person in (cast.dana, cast.ines, cast.pipeline):
        assert said(person.post(f"{path}/approve", of(shown))) == (403, "forbidden")
        assert said(act(person, "reject", shown, reason="No.")) == (403, "forbidden")
        assert said(act(person, "activate", shown)) == (403, "forbidden")
    agreed = made(cast.gus.post(f"{path}/approve", of(shown)))
    assert said(act(cast.priya, "activate", agreed)) == (403, "forbidden")
    withdrawn(cast.olga, shown["version"])


def test_whoever_edits_or_proposes_is_an_author_and_does_not_approve(cast: Cast, untouched: None) -> None:
    draft = drafted(cast.gus, changed(cast, "co-authors"))
    path = f"/v1/rulebooks/{draft['version']}"
    body = {"title": "A change", "text": changed(cast, "co-authored"), "revision": draft["revision"]}
    edited = made(cast.priya.call("PUT", path, json=body))
    shown = made(act(cast.olga, "propose", edited))
    assert shown["authors"] == [one.get("/v1/me").json()["id"] for one in (cast.gus, cast.priya, cast.olga)]
    for author in (cast.gus, cast.priya, cast.olga):
        assert said(author.post(f"{path}/approve", of(shown))) == (403, "forbidden")
    withdrawn(cast.gus, draft["version"])


@pytest.mark.case("POL-034", "POL-035")
def test_an_approval_ends_with_the_right_to_it(cast: Cast, untouched: None) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "lapsed-right"))
    registry, priya = cast.platform.platform.registry, cast.priya.get("/v1/me").json()["id"]
    everybody = registry.directory()
    moved = [
        replace(one, subject=replace(one.subject, teams=frozenset({"internal-audit"})))
        if one.subject.id == priya
        else one
        for one in everybody
    ]
    event = Event(action="test.directory", actor="system:test", at=cast.platform.now(), about={})
    registry.put_directory(moved, event)
    try:
        refused = act(cast.gus, "activate", shown)
        assert (said(refused), priya in refused.text) == ((403, "approval-void"), True)
    finally:
        registry.put_directory(everybody, event)
    assert said(act(cast.gus, "activate", shown)) == (409, "rulebook-state")
    withdrawn(cast.gus, shown["version"])


def test_a_draft_edited_after_its_approval_has_none(cast: Cast, untouched: None) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "approved-text"))
    path = f"/v1/rulebooks/{shown['version']}"
    body = {"title": "Another", "text": changed(cast, "slipped-in"), "revision": shown["revision"]}
    edited = made(cast.gus.call("PUT", path, json=body))
    assert (edited["state"], edited["approvals"], edited["proposed_by"]) == ("draft", [], None)
    assert said(act(cast.gus, "activate", edited)) == (409, "rulebook-state")
    again = made(act(cast.gus, "propose", edited))
    assert said(cast.priya.post(f"{path}/approve", of(shown))) == (409, "rulebook-overtaken")
    assert again["digest"] != shown["digest"]
    withdrawn(cast.gus, shown["version"])


def test_an_edit_of_what_was_read_before_another_edit_is_refused(cast: Cast, untouched: None) -> None:
    draft = drafted(cast.gus, changed(cast, "first-text"))
    path = f"/v1/rulebooks/{draft['version']}"
    body = {"title": "Mine", "text": changed(cast, "second-text"), "revision": draft["revision"]}
    made(cast.gus.call("PUT", path, json=body))
    assert said(cast.priya.call("PUT", path, json=body)) == (409, "rulebook-overtaken")
    withdrawn(cast.gus, draft["version"])


@pytest.mark.case("POL-037")
def test_approving_twice_is_refused(cast: Cast, untouched: None) -> None:
    shown = approved(cast.gus, cast.priya, changed(cast, "approved-once"))
    again = cast.priya.post(f"/v1/rulebooks/{shown['version']}/approve", of(shown))
    assert said(again) == (409, "rulebook-state")
    withdrawn(cast.gus, shown["version"])


def test_an_activation_ends_every_other_approval(cast: Cast, restored: str) -> None:
    other = approved(cast.olga, cast.priya, changed(cast, "the-slower"))
    faster = approved(cast.gus, cast.priya, changed(cast, "the-faster"))
    made(act(cast.gus, "activate", faster))
    found = made(cast.gus.get(f"/v1/rulebooks/{other['version']}"))
    assert (found["state"], found["approvals"]) == ("draft", [])
    assert said(act(cast.gus, "activate", other)) == (409, "rulebook-state")
    assert said(act(cast.gus, "activate", faster)) == (409, "rulebook-state")
    withdrawn(cast.olga, other["version"])


def test_a_rejected_version_is_over(cast: Cast, untouched: None) -> None:
    shown = proposed(cast.gus, changed(cast, "to-reject"))
    path = f"/v1/rulebooks/{shown['version']}"
    assert said(act(cast.gus, "reject", shown, reason="I do.")) == (403, "forbidden")
    over = made(act(cast.priya, "reject", shown, reason="Too wide."))
    assert over["state"] == "rejected"
    for deed in ("propose", "activate"):
        assert said(act(cast.gus, deed, over)) == (409, "rulebook-state")
    assert said(cast.priya.post(f"{path}/approve", of(shown))) == (409, "rulebook-state")


def test_one_key_makes_one_draft(cast: Cast, untouched: None) -> None:
    body = {"title": "Once", "text": changed(cast, "once")}
    first = cast.gus.post("/v1/rulebooks", body, key="one-draft-please")
    again = cast.gus.post("/v1/rulebooks", body, key="one-draft-please")
    assert made(first) == made(again)
    assert again.headers["idempotency-replayed"] == "true"
    withdrawn(cast.gus, made(first)["version"])


GOOD = '@id("{0}") @title("t") @owner("o") permit (principal in Team::"x", action == Action::"read", resource);'
BAD: dict[str, tuple[str, int, str]] = {
    "nested": (GOOD.format("a")[:-1] + " when { " + "(" * 700 + "true" + ")" * 700 + " };", 422, "rulebook-invalid"),
    "sets": (GOOD.format("a")[:-1] + " when { " + "[" * 900 + "]" * 900 + " == [] };", 422, "rulebook-invalid"),
    "ifs": (
        GOOD.format("a")[:-1] + " when { " + "if true then " * 900 + "true" + " else false" * 900 + " };",
        422, "rulebook-invalid",
    ),
    "huge rule": (GOOD.format("a")[:-1] + ' when { "' + "x" * 70_000 + '" == "" };', 422, "rulebook-invalid"),
    "twice": (GOOD.format("a") + "\n" + GOOD.format("a"), 422, "rulebook-invalid"),
    "wrong type": (
        GOOD.format("a")[:-1] + ' when { context.tier == "research" };', 422, "rulebook-invalid",
    ),
    "unknown action": (GOOD.format("a").replace('"read"', '"raed"'), 422, "rulebook-invalid"),
    "unconditional": (
        '@id("a") @title("t") @owner("o") permit (principal, action, resource);', 422, "rulebook-invalid",
    ),
    "nameless": ('permit (principal in Team::"x", action == Action::"read", resource);', 422, "rulebook-invalid"),
    "slot": (GOOD.format("a").replace('Team::"x"', "?principal"), 422, "rulebook-invalid"),
    "unfinished": (GOOD.format("a")[:-1], 422, "rulebook-invalid"),
    "invisible": (GOOD.format("a").replace('"x"', '"x\u200b"'), 422, "rulebook-invalid"),
    "guardrail": (GOOD.format("inv-operation-is-for-pipelines"), 403, "guardrail"),
    "control": (GOOD.format("a") + "// \x00", 422, "rulebook-invalid"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_text_that_is_unfit_is_kept_by_no_way(cast: Cast, untouched: None, kind: str) -> None:
    text, status, code = BAD[kind]
    versions = cast.gus.get("/v1/rulebooks", limit=200).json()
    refused = cast.gus.post("/v1/rulebooks", {"title": "Unfit", "text": text})
    assert said(refused) == (status, code), refused.text
    if code == "rulebook-invalid":
        assert all(fault["line"] >= 1 for fault in refused.json()["errors"])
    assert said(cast.gus.post("/v1/rulebooks/validate", {"text": text})) == (status, code)
    assert cast.gus.get("/v1/rulebooks", limit=200).json() == versions


def test_a_problem_names_the_line_of_its_rule(cast: Cast, untouched: None) -> None:
    text = GOOD.format("fine") + "\n\n" + GOOD.format("wrong")[:-1] + " when { resource.colour == 1 };"
    faults = cast.gus.post("/v1/rulebooks/validate", {"text": text}).json()["errors"]
    assert {(fault["line"], fault["rule"]) for fault in faults} == {(3, "wrong")}


def test_bytes_that_are_no_utf_8_and_texts_that_are_too_large_are_refused(cast: Cast, untouched: None) -> None:
    assert said(cast.gus.send("/v1/rulebooks", b'{"title": "t", "text": "\xff\xfe"}')) == (422, "body-invalid")
    assert said(cast.gus.post("/v1/rulebooks", {"title": "t", "text": "x" * 1_000_001})) == (422, "fields-invalid")
    assert said(cast.gus.send("/v1/rulebooks", b" " * (1024 * 1024 + 1))) == (413, "body-too-large")
    lone = b'{"title": "t", "text": "\\ud800"}'
    assert cast.gus.send("/v1/rulebooks", lone).status_code == 422


def test_a_look_alike_is_pointed_out_at_its_line(cast: Cast, untouched: None) -> None:
    text = GOOD.format("a").replace('Team::"x"', 'Team::"lending-sсience"')  # the second c is Cyrillic
    warnings = made(cast.gus.post("/v1/rulebooks/validate", {"text": text}))["warnings"]
    assert ("look-alike", 1) in {(warning["concern"], warning["line"]) for warning in warnings}
    draft = drafted(cast.gus, text)
    assert said(act(cast.gus, "propose", draft)) == (422, "rulebook-invalid")
    withdrawn(cast.gus, draft["version"])


CASES = """
cases:
  - name: Science reads the loan facts
    who: {kind: person, id: dana, teams: [lending-science]}
    action: read
    data: {kind: prefix, id: facts, within: [{kind: data-product, id: loan-applications}], sensitivity: confidential}
    tier: research
    expect: %s
"""


def test_a_version_whose_own_cases_fail_is_not_proposed(cast: Cast, untouched: None) -> None:
    draft = drafted(cast.gus, changed(cast, "with-cases"), cases=CASES % "deny")
    path = f"/v1/rulebooks/{draft['version']}"
    run = made(cast.gus.post(f"{path}/cases"))
    assert (run["passed"], {one["suite"] for one in run["results"]}) == (False, {"rulebook", "invariants"})
    assert [one["name"] for one in run["results"] if not one["passed"]] == ["Science reads the loan facts"]
    refused = act(cast.gus, "propose", draft)
    assert said(refused) == (409, "cases-failed")
    assert "Science reads the loan facts" in refused.text
    body = {"title": "t", "text": changed(cast, "with-cases"), "cases": CASES % "allow", "revision": draft["revision"]}
    edited = made(cast.gus.call("PUT", path, json=body))
    assert made(act(cast.gus, "propose", edited))["state"] == "proposed"
    withdrawn(cast.gus, draft["version"])


def test_test_cases_that_an_edit_leaves_out_stay_and_taking_them_away_is_said(cast: Cast, restored: str) -> None:
    draft = drafted(cast.gus, changed(cast, "keeps-its-cases"), cases=CASES % "allow")
    path = f"/v1/rulebooks/{draft['version']}"
    assert (draft["test_cases"], draft["cautions"]) == (1, [])
    body = {"title": "Another title", "text": changed(cast, "keeps-its-cases")}
    kept = made(cast.gus.call("PUT", path, json={**body, "revision": draft["revision"]}))
    assert (kept["test_cases"], kept["cases_sha256"]) == (1, draft["cases_sha256"])
    bare = made(cast.gus.call("PUT", path, json={**body, "cases": "cases: []", "revision": kept["revision"]}))
    shown = made(act(cast.gus, "propose", bare))
    agreed = made(cast.priya.post(f"{path}/approve", of(shown)))
    done = made(act(cast.gus, "activate", agreed))
    for answer in (bare, shown, made(cast.priya.get(path)), agreed, done):
        assert ["no test cases" in caution for caution in answer["cautions"]] == [True]


def test_a_deed_on_what_another_has_changed_since_it_was_read_is_refused(cast: Cast, untouched: None) -> None:
    read = drafted(cast.gus, changed(cast, "as-read"))
    path = f"/v1/rulebooks/{read['version']}"
    body = {"title": "A change", "text": changed(cast, "not-as-read"), "revision": read["revision"]}
    edited = made(cast.priya.call("PUT", path, json=body))
    for refused in (act(cast.gus, "propose", read), act(cast.gus, "withdraw", read, reason="No.")):
        assert said(refused) == (409, "rulebook-overtaken")
        assert "was changed after you had read it" in refused.json()["detail"]
    assert said(cast.gus.post(f"{path}/propose", {})) == (422, "fields-invalid")
    shown = made(act(cast.gus, "propose", edited))
    assert said(act(cast.olga, "reject", edited, reason="No.")) == (409, "rulebook-overtaken")
    made(cast.olga.post(f"{path}/approve", of(shown)))
    assert said(act(cast.gus, "activate", shown)) == (409, "rulebook-overtaken")
    withdrawn(cast.gus, read["version"])


def test_cases_that_cannot_be_read_say_where(cast: Cast, untouched: None) -> None:
    assert cast.gus.post("/v1/rulebooks/impact", {"text": "permit (principal"}).status_code == 422
    assert cast.dana.post("/v1/rulebooks/impact", {"text": GOOD.format("a")}).status_code == 403
    assert "entity Person" in made(cast.dana.get("/v1/rulebooks/schema"))["text"]
    refused = cast.gus.post("/v1/rulebooks/test", {"text": GOOD.format("a"), "cases": "cases: [{name: x}]"})
    assert said(refused) == (422, "rule-cases-invalid")
    assert all(fault["field"].startswith("cases") for fault in refused.json()["errors"])


@pytest.mark.parametrize("version", ["nope", "999999"])
def test_a_version_that_is_not_there_is_not_found(cast: Cast, version: str) -> None:
    assert said(cast.gus.get(f"/v1/rulebooks/{version}")) == (404, "unknown-rulebook")
    assert said(cast.gus.post(f"/v1/rulebooks/{version}/activate", {"revision": 0})) == (404, "unknown-rulebook")
