"""What a text has to pass at the desk before it is proposed, and again before it is live."""

from dataclasses import replace

import pytest

from policy.errors import RulebookInvalid
from policy.ports import Deed
from policy.refusals import (
    CasesFailed,
)
from policy.versions import RulebookState
from tests.unit.policy.desk.office import CASES, GUS, NOW, Office, rule


def test_cases_have_to_pass_before_anything_is_proposed(office: Office) -> None:
    draft = office.drafted(cases=CASES % "nobody-else")
    with pytest.raises(CasesFailed) as failed:
        office.desk.propose(GUS, draft.version, NOW, revision=draft.revision)
    assert [failure.partition(":")[0] for failure in failed.value.failures] == ["Science sees the sources"]
    mended = office.desk.edit(
        GUS, draft.version, revision=0, title="A change", text=draft.text, cases=CASES % "new", now=NOW
    )
    assert office.desk.propose(GUS, mended.version, NOW, revision=mended.revision).state is RulebookState.PROPOSED


def test_the_invariants_own_cases_are_always_run(office: Office) -> None:
    run = office.desk.run_cases(office.drafted().version)
    assert run.passed
    assert len(run.results) > 10


def test_cases_have_to_pass_again_before_anything_is_live(office: Office) -> None:
    agreed = office.approved()
    failing = replace(agreed, cases=CASES % "nobody-else")
    assert failing.proposal is not None
    failing = replace(
        failing,
        proposal=replace(failing.proposal, digest=failing.digest),
        approvals=(replace(agreed.approvals[0], digest=failing.digest),),
    )
    saved = office.store.save(failing, Deed(action="test", actor=GUS, at=NOW, about={}))
    with pytest.raises(CasesFailed):
        office.desk.activate(GUS, agreed.version, NOW, revision=saved.revision)


def test_what_looks_like_something_else_is_not_proposed(office: Office) -> None:
    text = rule("new").replace('Team::"new"', 'Team::"lending-sсience"')  # a Cyrillic letter
    draft = office.desk.draft(GUS, title="Odd", text=text, cases="", now=NOW)
    with pytest.raises(RulebookInvalid) as refused:
        office.desk.propose(GUS, draft.version, NOW, revision=draft.revision)
    assert [(problem.line, problem.rule) for problem in refused.value.problems] == [(1, "new")]
