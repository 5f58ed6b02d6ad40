"""The rulebook desk on a store in memory: who judges what, and what an approval is bound to and does not survive."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from policy.desk import RING
from policy.errors import CasesInvalid, PolicyError, RulebookInvalid
from policy.ports import Deed
from policy.refusals import (
    ApprovalVoid,
    GuardrailTouched,
    Overtaken,
    OwnProposal,
    UnknownRulebook,
    WrongRulebookState,
)
from policy.versions import Approval, RulebookState
from tests.fakes.rulebooks import MemoryRulebooks
from tests.unit.policy.desk.office import CASES, GUS, NOW, OLGA, PRIYA, Office, rule


def test_a_version_goes_from_draft_to_live_and_every_step_is_recorded(office: Office) -> None:
    office.around.ending = ["gr_1"]
    done = office.activated()
    assert (done.version.state, done.version.live_at, done.ended) == (RulebookState.LIVE, NOW, ("gr_1",))
    assert office.done() == ["rulebook.drafted", "rulebook.proposed", "rulebook.approved", "rulebook.activated"]
    assert [deed.actor for deed in office.store.deeds] == [GUS, GUS, PRIYA, GUS]
    assert all(deed.about == {"rulebook": "2"} for deed in office.store.deeds)
    old = office.store.get("sample")
    assert old is not None
    assert old.state is RulebookState.RETIRED


def test_numbers_only_rise_whatever_becomes_of_a_version(office: Office) -> None:
    first = office.drafted()
    office.desk.withdraw(GUS, first.version, "no", NOW, revision=first.revision)
    assert [office.drafted(f"r{n}").number for n in range(3)] == [first.number + 1, first.number + 2, first.number + 3]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", None),
        (rule("a") + rule("a"), RulebookInvalid),
        ("permit (principal, action, resource);", RulebookInvalid),
        (rule("a")[:-2], RulebookInvalid),
        ("(" * 700, RulebookInvalid),
        (rule("inv-operation-is-for-pipelines"), GuardrailTouched),
        (rule("inv-mine"), GuardrailTouched),
    ],
)
def test_only_a_text_that_is_valid_is_kept(office: Office, text: str, error: type[PolicyError] | None) -> None:
    if error is None:
        assert office.desk.draft(GUS, title="Nothing", text=text, cases="", now=NOW).text == text
        return
    with pytest.raises(error):
        office.desk.draft(GUS, title="Unfit", text=text, cases="", now=NOW)
    draft = office.drafted()
    with pytest.raises(error):
        office.desk.edit(GUS, draft.version, revision=0, title="Unfit", text=text, cases="", now=NOW)
    assert office.store.get(draft.version) == draft


def test_cases_that_cannot_be_read_are_not_kept(office: Office) -> None:
    with pytest.raises(CasesInvalid):
        office.drafted(cases="cases: [{name: x}]")
    assert office.done() == []


def test_the_authors_never_approve_whatever_they_did(office: Office) -> None:
    draft = office.drafted(by=GUS)
    edited = office.desk.edit(
        PRIYA, draft.version, revision=draft.revision, title="Mine", text=rule("other"), cases="", now=NOW
    )
    shown = office.desk.propose(OLGA, edited.version, NOW, revision=edited.revision)
    assert shown.authors == (GUS, PRIYA, OLGA)
    for author in shown.authors:
        with pytest.raises(OwnProposal):
            office.approve(shown, author)
        with pytest.raises(OwnProposal):
            office.desk.reject(author, shown.version, "no", NOW, revision=shown.revision)


def test_a_deed_is_of_the_revision_that_was_read_and_of_no_other(office: Office) -> None:
    read = office.drafted(by=GUS)
    edited = office.desk.edit(
        PRIYA, read.version, revision=read.revision, title="Hers", text=rule("hers"), cases="", now=NOW
    )
    deeds: list[Callable[[int], object]] = [
        lambda revision: office.desk.withdraw(GUS, read.version, "no", NOW, revision=revision),
        lambda revision: office.desk.propose(GUS, read.version, NOW, revision=revision),
    ]
    for deed in deeds:
        for revision in (read.revision, edited.revision + 1):
            with pytest.raises(Overtaken, match="was changed after you had read it"):
                deed(revision)
    shown = office.desk.propose(GUS, read.version, NOW, revision=edited.revision)
    with pytest.raises(Overtaken):
        office.desk.reject(OLGA, read.version, "no", NOW, revision=edited.revision)
    agreed = office.approve(shown, OLGA)
    with pytest.raises(Overtaken):
        office.desk.activate(GUS, read.version, NOW, revision=shown.revision)
    assert office.desk.activate(GUS, read.version, NOW, revision=agreed.revision).version.text == rule("hers")


def test_an_author_of_an_older_text_is_one_for_good(office: Office) -> None:
    mine = office.drafted(by=GUS)
    hers = office.desk.edit(
        PRIYA, mine.version, revision=mine.revision, title="Hers", text=rule("hers"), cases=CASES % "hers", now=NOW
    )
    back = office.desk.edit(
        GUS, mine.version, revision=hers.revision, title="A change", text=mine.text, cases="", now=NOW
    )
    assert back.digest == mine.digest
    with pytest.raises(OwnProposal):
        office.approve(office.desk.propose(GUS, mine.version, NOW, revision=back.revision), PRIYA)


def test_an_edit_that_says_no_cases_leaves_them_and_one_that_says_none_takes_them_away(office: Office) -> None:
    draft = office.drafted(cases=CASES % "new")
    kept = office.desk.edit(GUS, draft.version, revision=0, title="A", text=draft.text, cases=None, now=NOW)
    assert kept.cases == draft.cases
    for none in ("cases: []", ""):
        edited = office.desk.edit(
            GUS, draft.version, revision=office.desk.get(draft.version).revision, title="A", text=draft.text,
            cases=none, now=NOW,
        )  # fmt: skip
        assert edited.cases == none


def test_an_approval_is_of_what_was_read_and_of_nothing_else(office: Office) -> None:
    shown = office.proposed()
    for digest, against in [("0" * 64, "sample"), (shown.digest, "another"), (shown.sha256, "sample")]:
        with pytest.raises(Overtaken):
            office.desk.approve(PRIYA, shown.version, digest=digest, against=against, now=NOW)
    assert office.approve(shown).approvals == (Approval(by=PRIYA, at=NOW, digest=shown.digest, against="sample"),)


def test_other_cases_are_another_digest(office: Office) -> None:
    draft = office.drafted()
    again = office.desk.edit(
        GUS, draft.version, revision=0, title="A change", text=draft.text, cases=CASES % "new", now=NOW
    )
    assert (again.sha256, again.digest != draft.digest) == (draft.sha256, True)


def test_the_analysis_is_of_the_very_pair_that_is_approved(office: Office) -> None:
    shown = office.proposed()
    assert office.around.analysed == [("sample", shown.version)]
    assert shown.proposal is not None
    assert shown.proposal.impact == {"lead": [f"sample to {shown.version}"]}


def test_who_may_not_approve_does_not(office: Office) -> None:
    shown = office.proposed()
    office.around.approvers.discard(PRIYA)
    with pytest.raises(ApprovalVoid):
        office.approve(shown)
    assert office.store.get(shown.version) == shown


def test_an_approval_ends_with_the_right_to_it(office: Office) -> None:
    agreed = office.approved()
    office.around.approvers.discard(PRIYA)
    with pytest.raises(ApprovalVoid):
        office.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)
    found = office.desk.get(agreed.version)
    assert (found.state, found.approvals) == (RulebookState.PROPOSED, ())
    assert office.done()[-1] == "rulebook.approval-void"
    live = office.store.live()
    assert live is not None
    assert live.version == "sample"
    again = office.approve(found, OLGA)
    assert office.desk.activate(GUS, again.version, NOW, revision=again.revision).version.state is RulebookState.LIVE


def test_approving_twice_is_refused_even_for_two_people(office: Office) -> None:
    agreed = office.approved()
    for person in (PRIYA, OLGA):
        with pytest.raises(WrongRulebookState):
            office.approve(agreed, person)


def test_an_edit_ends_proposal_and_approval(office: Office) -> None:
    agreed = office.approved()
    edited = office.desk.edit(
        GUS, agreed.version, revision=agreed.revision, title="Slipped in", text=rule("slipped-in"), cases="", now=NOW
    )
    assert (edited.state, edited.proposal, edited.approvals) == (RulebookState.DRAFT, None, ())
    assert office.store.deeds[-1].details["ended_approvals"] == [PRIYA]
    with pytest.raises(WrongRulebookState):
        office.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)


def test_an_edit_of_an_older_revision_is_refused(office: Office) -> None:
    draft = office.drafted()
    office.desk.edit(GUS, draft.version, revision=0, title="One", text=rule("one"), cases="", now=NOW)
    with pytest.raises(Overtaken):
        office.desk.edit(PRIYA, draft.version, revision=0, title="Two", text=rule("two"), cases="", now=NOW)
    assert office.desk.get(draft.version).title == "One"


def test_an_activation_makes_drafts_of_all_that_was_judged_against_the_old_rules(office: Office) -> None:
    slow, waiting = office.approved("slow"), office.proposed("waiting")
    office.activated("fast")
    for version in (slow, waiting):
        found = office.desk.get(version.version)
        assert (found.state, found.proposal, found.approvals) == (RulebookState.DRAFT, None, ())


def test_an_approval_against_other_rules_does_not_count_even_where_it_is_stored(office: Office) -> None:
    agreed = office.approved()
    forged = replace(agreed, approvals=(replace(agreed.approvals[0], against="older"),), revision=agreed.revision)
    deed = Deed(action="test", actor="somebody", at=NOW, about={})
    office.store.save(forged, deed)
    with pytest.raises(Overtaken):
        office.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)


@pytest.mark.parametrize("approvals", [(), (GUS,)])
def test_a_stored_approval_by_nobody_or_by_an_author_makes_nothing_live(
    office: Office, approvals: tuple[str, ...]
) -> None:
    agreed = office.approved()
    forged = replace(agreed, approvals=tuple(replace(agreed.approvals[0], by=by) for by in approvals))
    saved = office.store.save(forged, Deed(action="test", actor="somebody", at=NOW, about={}))
    with pytest.raises(OwnProposal):
        office.desk.activate(GUS, agreed.version, NOW, revision=saved.revision)


def test_of_two_activations_at_once_one_wins(office: Office) -> None:
    one = office.approved("one")
    live = office.store.live()
    assert live is not None
    moved = one.moved(RulebookState.LIVE, "")
    deed = Deed(action="test", actor=GUS, at=NOW, about={})
    office.store.activate(moved, live, deed)
    with pytest.raises(Overtaken):
        office.store.activate(moved, live, deed)
    with pytest.raises(WrongRulebookState):
        office.desk.activate(GUS, one.version, NOW, revision=one.revision)


def test_to_go_back_is_a_new_version_that_needs_a_fresh_approval(office: Office) -> None:
    office.activated()
    back = office.desk.rollback(GUS, "sample", NOW)
    assert (back.text, back.rollback_of, back.state, back.approvals) == (
        rule("old"), "sample", RulebookState.DRAFT, (),
    )  # fmt: skip
    assert back.number == 3
    for version in (back.version, "sample"):
        with pytest.raises(WrongRulebookState):
            office.desk.activate(GUS, version, NOW, revision=0)


@pytest.mark.parametrize("state", sorted(set(RulebookState) - {RulebookState.RETIRED}))
def test_only_a_retired_version_is_gone_back_to(office: Office, state: RulebookState) -> None:
    draft = office.drafted()
    office.store.save(replace(draft, state=state), Deed(action="test", actor=GUS, at=NOW, about={}))
    with pytest.raises(WrongRulebookState):
        office.desk.rollback(GUS, draft.version, NOW)


def test_two_who_approve_each_other_are_pointed_out(office: Office) -> None:
    office.approved("first", by=GUS, approver=PRIYA)
    office.approved("second", by=PRIYA, approver=GUS)
    assert "approved_each_other" not in office.store.deeds[2].details
    assert office.store.deeds[-1].details["approved_each_other"] == ["2"]


def test_an_approval_of_long_ago_is_no_ring(office: Office) -> None:
    office.approved("first", by=GUS, approver=PRIYA)
    later = NOW + RING + timedelta(seconds=1)
    draft = office.drafted("second", by=PRIYA)
    shown = office.desk.propose(PRIYA, draft.version, later, revision=draft.revision)
    office.desk.approve(GUS, shown.version, digest=shown.digest, against="sample", now=later)
    assert "approved_each_other" not in office.store.deeds[-1].details


def test_what_is_not_there_is_not_found(office: Office) -> None:
    deeds: tuple[Callable[[], object], ...] = (
        lambda: office.desk.get("77"),
        lambda: office.desk.propose(GUS, "77", NOW, revision=0),
        lambda: office.desk.activate(GUS, "77", NOW, revision=0),
    )
    for deed in deeds:
        with pytest.raises(UnknownRulebook):
            deed()


def test_without_a_live_version_nothing_is_proposed() -> None:
    office = Office(store=MemoryRulebooks())
    with pytest.raises(UnknownRulebook):
        office.proposed()
