"""What attackers try with the life of rules: each case by its number, held against the desk that it aims at."""

from dataclasses import replace

import pytest

from policy.errors import PolicyError, RulebookInvalid
from policy.ports import Deed
from policy.refusals import ApprovalVoid, GuardrailTouched, Overtaken, OwnProposal, WrongRulebookState
from policy.versions import RulebookState, RulebookVersion
from tests.abuse.rows import rows
from tests.unit.policy.desk.office import GUS, NOW, OLGA, PRIYA, Office, rule

PERMIT = '@id("a") @title("t") @owner("o") permit (principal in Team::"x", action == Action::"viewSources", resource)'


@pytest.fixture
def office() -> Office:
    return Office()


def live(office: Office) -> RulebookVersion:
    found = office.store.live()
    assert found is not None
    return found


SUBMITTED: dict[str, tuple[str, type[PolicyError]]] = {
    "POL-013 nested parentheses": (f"{PERMIT} when {{ {'(' * 700}true{')' * 700} }};", RulebookInvalid),
    "POL-013 nested sets": (f"{PERMIT} when {{ {'[' * 1000}{']' * 1000} == [] }};", RulebookInvalid),
    "POL-014 a chain of ifs": (
        f"{PERMIT} when {{ {'if true then ' * 5000}true{' else false' * 5000} }};", RulebookInvalid,
    ),
    "POL-014 a long chain": (f"{PERMIT} when {{ {' && '.join(['true'] * 5000)} }};", RulebookInvalid),
    "POL-016 a slot": (PERMIT.replace('Team::"x"', "?principal") + ";", RulebookInvalid),
    "POL-017 an unconditional permit": ("permit (principal, action, resource);", RulebookInvalid),
    "POL-017 with annotations": (
        '@id("a") @title("t") @owner("o") permit (principal, action, resource);', RulebookInvalid,
    ),
    "POL-022 an id twice": (f"{PERMIT};\n{PERMIT};", RulebookInvalid),
    "POL-019 a guardrail in other words": (
        PERMIT.replace('"a"', '"inv-nobody-shares-in-research"') + ";", GuardrailTouched,
    ),
    "POL-019 a guardrail of one's own": (PERMIT.replace('"a"', '"inv-everything-goes"') + ";", GuardrailTouched),
    "POL-020 arithmetic that overflows on a fact that is not there": (
        f"{PERMIT} when {{ context.n + 9223372036854775807 > 0 }};", RulebookInvalid,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(SUBMITTED))
def test_what_is_unfit_is_neither_kept_nor_live(office: Office, case: tuple[str, type[PolicyError]]) -> None:
    text, error = case
    before = live(office)
    with pytest.raises(error):
        office.desk.draft(GUS, title="Mine", text=text, cases="", now=NOW)
    assert (live(office), len(office.store.versions()), office.done()) == (before, 1, [])


@pytest.mark.case("POL-019")
def test_a_rulebook_without_any_rule_leaves_the_guardrails_standing(office: Office) -> None:
    empty = office.desk.draft(GUS, title="Nothing", text="", cases="", now=NOW)
    run = office.desk.run_cases(empty.version)
    assert run.passed
    assert any(result.case.expect.value == "deny" for result in run.results)


@pytest.mark.case("POL-029")
def test_an_old_approved_version_is_not_made_live_again(office: Office) -> None:
    first = office.activated("first").version
    office.activated("second")
    with pytest.raises(WrongRulebookState):
        office.desk.activate(GUS, first.version, NOW, revision=first.revision)
    back = office.desk.rollback(GUS, first.version, NOW)
    assert back.number > first.number
    with pytest.raises(WrongRulebookState):
        office.desk.activate(GUS, back.version, NOW, revision=back.revision)
    with pytest.raises(OwnProposal):
        office.approve(office.desk.propose(GUS, back.version, NOW, revision=back.revision), GUS)


@pytest.mark.case("POL-031")
def test_a_second_account_of_the_author_is_the_same_person(office: Office) -> None:
    office.around.humans = {PRIYA: GUS}  # another login of his, with an id of its own
    shown = office.proposed(by=GUS)
    with pytest.raises(OwnProposal):
        office.approve(shown, PRIYA)
    with pytest.raises(OwnProposal):
        office.desk.reject(PRIYA, shown.version, "no", NOW, revision=shown.revision)


@pytest.mark.case("POL-031")
def test_an_approval_ends_where_its_giver_turns_out_to_be_the_author(office: Office) -> None:
    agreed = office.approved(by=GUS, approver=PRIYA)
    office.around.humans = {PRIYA: GUS}
    with pytest.raises(ApprovalVoid):
        office.desk.activate(OLGA, agreed.version, NOW, revision=agreed.revision)
    assert office.desk.get(agreed.version).state is RulebookState.PROPOSED


@pytest.mark.parametrize("variant", ["PE_GUS", "Pe_Gus", "pe_gus ", "pe_ɡus", "pe_gus\u200b"])
@pytest.mark.case("POL-032")
def test_a_variant_of_the_author_s_id_is_nobody(office: Office, variant: str) -> None:
    with pytest.raises(ApprovalVoid):
        office.approve(office.proposed(by=GUS), variant)


@pytest.mark.case("POL-034")
def test_the_right_is_looked_at_when_the_approval_is_written(office: Office) -> None:
    shown = office.proposed()
    office.around.approvers.remove(PRIYA)  # between opening and clicking
    with pytest.raises(ApprovalVoid):
        office.approve(shown, PRIYA)
    assert office.desk.get(shown.version).approvals == ()


@pytest.mark.case("POL-035")
def test_an_approval_does_not_outlive_the_right_to_it(office: Office) -> None:
    agreed, before = office.approved(), live(office)
    office.around.approvers.remove(PRIYA)
    with pytest.raises(ApprovalVoid):
        office.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)
    office.around.approvers.add(PRIYA)  # a right that comes back does not bring the approval back
    with pytest.raises(WrongRulebookState):
        office.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)
    assert live(office) == before


@pytest.mark.case("POL-037")
def test_one_person_does_not_approve_twice(office: Office) -> None:
    shown = office.proposed()
    office.approve(shown, PRIYA)
    with pytest.raises(WrongRulebookState):
        office.approve(shown, PRIYA)
    assert len(office.desk.get(shown.version).approvals) == 1


@pytest.mark.case("POL-037")
def test_in_parallel_the_second_write_is_refused(office: Office) -> None:
    shown = office.proposed()
    agreed = replace(shown, state=RulebookState.APPROVED)
    deed = Deed(action="rulebook.approved", actor=PRIYA, at=NOW, about={})
    office.store.save(agreed, deed)
    with pytest.raises(Overtaken):
        office.store.save(agreed, deed)


@pytest.mark.case("POL-038")
def test_two_who_approve_each_other_are_told_to_the_auditors(office: Office) -> None:
    office.approved("one", by=GUS, approver=PRIYA)
    office.approved("two", by=PRIYA, approver=GUS)
    told = [deed for deed in office.store.deeds if "approved_each_other" in deed.details]
    assert [(deed.actor, deed.details["approved_each_other"]) for deed in told] == [(GUS, ["2"])]


def test_a_text_slipped_in_between_reading_and_approving_is_not_approved(office: Office) -> None:
    shown = office.proposed()
    edited = office.desk.edit(
        GUS, shown.version, revision=shown.revision, title="A change", text=rule("slipped-in"), cases="", now=NOW
    )
    again = office.desk.propose(GUS, shown.version, NOW, revision=edited.revision)
    with pytest.raises(Overtaken):
        office.approve(shown, PRIYA)
    assert office.approve(again, OLGA).state is RulebookState.APPROVED
