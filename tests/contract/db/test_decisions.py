"""Decisions as they are kept: taken again exactly whatever has changed since, and found out when they were altered."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from jit_engine.domain.verdict import Gate
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.deliver import Deliver
from jit_engine.flows.outcome import AccessRefused
from jit_engine.ports import DecisionOutcome
from jit_engine.rules.evidence import FORMAT
from platform_api.db import migrate
from platform_api.db.audit import AuditTrail
from platform_api.db.decision_rows import KEPT_AS, RefusedBy, digest
from platform_api.db.engine import Database
from platform_api.db.errors import DecisionAltered, EvidenceUnreadable
from platform_api.paging import PageAsk
from policy import SCHEMA_VERSION, Engine, Rulebook, invariants
from policy.ports import EVERY
from tests.contract.db.office import HOUR, Office, change_everything
from tests.contract.db.samples import event
from tests.fakes import world
from tests.fakes.base_roles import MemoryBaseRoles
from tests.fakes.minter import FakeMinter
from tests.fakes.world import ACCOUNT, ADA, FACTS_PREFIX, LENDING, LOANS, NOW, PEOPLE, ask, facts


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_decision_is_committed_with_the_grant_and_named_in_the_audit_trail(office: Office) -> None:
    grant = office.ask()
    stored = office.last()
    assert (stored.outcome, stored.grant, stored.request) == (DecisionOutcome.GRANTED, grant.id, grant.request)
    assert (stored.subject, stored.rulebook, stored.decided_at) == (ADA.id, "sample-1", NOW)
    assert stored.record == office.ledger.decision_of(grant.id)
    (opened,) = AuditTrail(office.database).page(PageAsk(filters={"about": stored.id})).items
    assert opened.record["action"] == "grant.opened"
    details = opened.record["details"]
    assert isinstance(details, dict)
    assert details[KEPT_AS] == {"evidence_sha256": stored.evidence_sha256, "record_sha256": stored.record_sha256}
    assert stored.evidence_sha256 == digest(office.text())


def test_a_refusal_is_kept_as_well_and_a_dry_run_is_not(office: Office) -> None:
    office.refused(ask(PEOPLE))
    stored = office.last()
    assert (stored.outcome, stored.grant, stored.record["outcome"]) == (DecisionOutcome.REFUSED, None, "refused")
    assert len(office.listed()) == 1


def test_refusals_are_found_by_what_refused_them_also_those_from_before_that_was_kept(
    office: Office, database_url: str
) -> None:
    granted = office.ask()
    office.refused(ask(PEOPLE), after=HOUR)
    refusal = office.last()
    assert refusal.refused_by == "rules"
    migrate.downgrade(database_url, "artefacts_standing")
    migrate.upgrade(database_url)
    by_rules = office.decisions.page(PageAsk(filters={"refused_by": "rules"}), None).items
    assert [stored.id for stored in by_rules] == [refusal.id]
    assert [stored.refused_by for stored in office.listed() if stored.grant == granted.id] == [None]
    with pytest.raises(InvalidValue, match="use one of invariants, contract, rules, columns, request"):
        office.decisions.page(PageAsk(filters={"refused_by": "fate"}), None)


def test_what_refuses_a_request_is_a_gate_or_the_request_as_a_whole() -> None:
    assert {one.value for one in RefusedBy} == {*(gate.value for gate in Gate), RefusedBy.REQUEST.value}


def test_a_lost_race_leaves_no_decision(office: Office) -> None:
    grant = office.ask()
    size = AuditTrail(office.database).head().size
    evidence = office.decisions.evidence(office.last().id)
    with pytest.raises(Exception, match="version"):
        office.ledger.save(replace(grant, version=99), event(), None)
    assert (len(office.listed()), AuditTrail(office.database).head().size) == (1, size)
    assert evidence.request.id == grant.request


@pytest.mark.parametrize("source", [LENDING, PEOPLE, LOANS])
def test_a_decision_is_taken_again_exactly_after_everything_has_changed(office: Office, source: Any) -> None:
    with suppress(AccessRefused):
        office.ask(ask(source))
    change_everything(office)
    found = office.explained()
    assert found.matches
    assert found.differences == ()
    assert found.recomputed == office.last().record
    assert found.notes == ()
    assert (found.rulebook.recorded, found.rulebook.today) == ("sample-1", "sample-2")


def test_the_facts_of_then_are_shown_beside_those_of_today(office: Office) -> None:
    office.ask(ask(LOANS))
    change_everything(office)
    differing = {each.path: (each.one, each.other) for each in office.explained().facts_differing}
    assert differing["subject.teams"] == (["lending-science"], ["marketing"])
    assert differing[f"data.{FACTS_PREFIX.uri}.classification"] == ("confidential", "public")
    assert differing[f"data.{LOANS.uri}"][1] is None
    # The table is not catalogued any more; no contract of today is about it, but version 2.0.0 would be.
    assert differing[f"contracts.{world.CONTRACT} 1.0.0"][1] is None
    assert differing[f"contracts.{world.CONTRACT} 2.0.0"][0] is None


def test_facts_that_are_the_same_today_are_not_shown_as_differing(office: Office) -> None:
    office.ask()
    assert office.explained().facts_differing == ()


def test_the_rules_that_determined_it_are_shown_as_they_read_then(office: Office) -> None:
    office.refused(ask(PEOPLE))
    change_everything(office)
    (rule,) = office.explained().rules
    assert (rule.rule.id, rule.version, rule.editable) == ("no-personal-attributes-in-research", "sample-1", True)
    assert 'resource.classes.contains("personal")' in (rule.text or "")


def test_one_who_has_left_is_shown_without_teams(office: Office) -> None:
    office.ask()
    office.people.clear()
    found = office.explained()
    assert found.matches
    assert {each.path for each in found.facts_differing} == {"subject.teams", "subject.trainings"}


def test_other_invariants_are_named_and_it_is_taken_again_under_them(office: Office) -> None:
    office.ask()
    other = Engine.load(Rulebook(version="invariants-later", text=world.RULES))
    office.judges = replace(office.judges, invariants=other)
    found = office.explained()
    assert found.recomputed is not None
    assert not found.matches
    assert [each.path for each in found.differences] == ["sources[0].invariants.rules"]
    assert found.notes == (
        f"the tier invariants changed since, from {invariants().version} to invariants-later: "
        "the decision was taken again under today's",
    )


def test_another_schema_is_named_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.ask()
    monkeypatch.setattr("platform_api.explaining.SCHEMA_VERSION", "later")
    found = office.explained()
    assert found.matches
    assert [f"from {SCHEMA_VERSION} to later" in note for note in found.notes] == [True]


def test_without_its_rulebook_it_is_not_taken_again_and_that_is_said(office: Office) -> None:
    office.ask()
    with office.database.write() as connection:
        connection.execute(sa.text("DELETE FROM rulebooks"))
    found = office.explained()
    assert (found.matches, found.recomputed) == (False, None)
    assert ["sample-1 is not stored any more" in note for note in found.notes] == [True]


# ---- altered


@pytest.mark.parametrize("column", ["evidence", "record"])
def test_an_altered_text_is_found_by_its_digest(office: Office, column: str) -> None:
    office.ask()
    text = office.text(column).replace("lending-science" if column == "evidence" else "cleared", "elsewhere")
    assert text != office.text(column)
    office.altered(**{column: text})
    with pytest.raises(DecisionAltered, match=f"{column} has another SHA-256"):
        office.explained()
    with pytest.raises(DecisionAltered):
        list(office.questions.recorded(EVERY).each)


@pytest.mark.parametrize("column", ["evidence", "record"])
def test_an_altered_text_with_its_digest_is_found_by_the_audit_trail(office: Office, column: str) -> None:
    office.ask()
    text = office.text(column).replace("lending", "landing")
    office.altered(**{column: text, f"{column}_sha256": digest(text)})
    with pytest.raises(DecisionAltered, match="not the one in the audit trail"):
        office.explained()


def test_a_decision_that_the_audit_trail_does_not_know_is_not_believed(office: Office) -> None:
    office.ask()
    with office.database.write() as connection:
        connection.execute(sa.text("DELETE FROM audit_about WHERE kind = 'decision'"))
    with pytest.raises(DecisionAltered, match="does not know it"):
        office.explained()


def test_evidence_of_another_form_is_refused_by_its_number(office: Office) -> None:
    office.ask()
    office.rewritten({**json.loads(office.text()), "format": 0})
    with pytest.raises(EvidenceUnreadable, match=f"in form 0, and this release reads forms 1 to {FORMAT}"):
        office.explained()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("unheard",), "of"),
        (("request", "unheard"), "of"),
        (("facts", "activity", "members"), "nobody"),
        (("facts", "catalogue", "generation"), "7"),
        (("request", "asks"), []),
        (("now",), "2026-03-02T09:30:00"),
    ],
)
def test_evidence_that_says_more_or_other_than_its_form_is_refused(
    office: Office, path: tuple[str, ...], value: Any
) -> None:
    office.ask()
    document = json.loads(office.text())
    inside = document["evidence"]
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    office.rewritten(document)
    with pytest.raises(EvidenceUnreadable):
        office.explained()


def test_evidence_of_before_columns_were_known_is_read_and_comes_out_the_same(office: Office) -> None:
    office.ask()
    document = json.loads(office.text())
    (contract,) = document["evidence"]["facts"]["contracts"]
    for one in document["evidence"]["request"]["asks"]:
        del one["columns"]
    for name in ("described", "profiles"):
        del contract[name]
    for scope in contract["tables"]:
        del scope["lake_formation"]
    office.rewritten({**document, "format": 1})
    assert office.explained().matches


def test_what_lacks_a_fact_is_refused(office: Office) -> None:
    office.ask()
    document = json.loads(office.text())
    del document["evidence"]["facts"]["held"]
    office.rewritten(document)
    with pytest.raises(EvidenceUnreadable):
        office.explained()


def test_no_decision_has_no_evidence(office: Office) -> None:
    assert office.decisions.get("de_none") is None
    with pytest.raises(NotFound):
        office.decisions.evidence("de_none")


# ---- lists


def test_decisions_are_listed_by_what_is_asked_for(office: Office) -> None:
    grant = office.ask()
    office.refused(ask(PEOPLE), after=HOUR)
    office.ask(after=2 * HOUR)
    ids = [stored.id for stored in office.listed()]
    assert ids == sorted(ids, reverse=True)
    assert [len(office.listed(outcome=outcome)) for outcome in ("granted", "refused", "ended", "kept")] == [2, 1, 0, 0]
    assert [stored.grant for stored in office.listed(grant=grant.id)] == [grant.id]
    assert [stored.id for stored in office.listed(request=grant.request)] == [ids[2]]
    assert len(office.listed(activity=world.ACTIVITY, rulebook="sample-1", subject=ADA.id)) == 3
    assert office.listed(rulebook="sample-2") == []
    one_hour = (NOW + HOUR).isoformat()
    assert [stored.id for stored in office.listed(since=one_hour)] == ids[:2]
    assert [stored.id for stored in office.listed(until=one_hour)] == ids[2:]
    assert office.decisions.page(PageAsk(), world.BEN.id).items == []


@pytest.mark.parametrize("given", [{"since": "yesterday"}, {"until": "2026-01-01"}, {"outcome": "maybe"}, {"who": "x"}])
def test_a_filter_that_means_nothing_is_refused(office: Office, given: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        office.listed(**given)


# ---- decided anew


def test_a_delivery_that_ends_a_grant_leaves_a_decision_that_can_be_taken_again(office: Office) -> None:
    grant = office.ask()
    office.facts.now_known = facts(contracts=())
    deliver = Deliver(
        facts=office.facts,
        ledger=office.ledger,
        minters={ACCOUNT: FakeMinter()},
        bases=BaseRoles(store=MemoryBaseRoles(), minters={}, external_ids={}),
        judges=lambda: office.judges,
        token=lambda: "t",
    )
    with pytest.raises(AccessRefused):
        deliver(grant.id, ADA, NOW + timedelta(minutes=5))
    ended, opened = office.listed(grant=grant.id)
    assert (ended.outcome, ended.reason) == (DecisionOutcome.ENDED, "no longer permitted")
    assert (opened.outcome, opened.reason) == (DecisionOutcome.GRANTED, None)
    change_everything(office)
    assert office.explained(ended).matches
    assert office.explained(opened).matches
