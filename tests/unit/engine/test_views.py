"""Views: what they are made of is asked for and given with them; a treatment stands for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jit_engine.contracts.terms import ApprovalRule, TableScope
from jit_engine.domain.catalogue import Catalogue, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import GlueTable
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.view import Certificate, View
from jit_engine.iam.plan import parts_of
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear, refused_only_by_approval
from jit_engine.rules.evidence import evidence_of, record_of
from jit_engine.rules.record import clearance_record, refusal_record
from tests.fakes import world

SEEN = world.table("loans_seen")
WHO = world.table("people_seen")
ELSEWHERE = world.table("parcels", "land")
DEFINER = f"arn:aws:iam::{world.ACCOUNT}:role/definer"
ODA = SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZF")


def certificate(sha256: str = "now", team: str = world.OWNERS) -> Certificate:
    return Certificate(team=team, by=ODA, at=world.NOW, sha256=sha256)


def view(source: GlueTable, *bases: GlueTable, **said: Any) -> TableItem:
    known = {"sha256": "now", "definer": None, **said}
    item = world.table_item(source, world.FACTS_PREFIX)
    return replace(item, location=None, view=View(bases=bases, **known))


def facts(
    *items: TableItem, tier: Tier = Tier.RESEARCH, tables: tuple[str, ...] = ("loans_seen", "people_seen"), **given: Any
) -> Facts:
    scope = world.contract().tables[0]
    covering = world.contract(tables=(replace(scope, tables=scope.tables | set(tables)),))
    known: dict[str, Any] = {"contracts": (covering,), "catalogue": world.catalogue(*items), **given}
    return world.facts(tier, **known)


def decided(known: Facts, *asks: SourceAsk, **changes: Any) -> Clearance | Refusal:
    request = world.request(*asks, **changes)
    verdict = clear(request, known, world.judges(), world.NOW)
    kept = evidence_of(request, known, world.judges(), world.NOW)
    record = clearance_record(verdict) if isinstance(verdict, Clearance) else refusal_record(verdict)
    assert record_of(kept, world.judges()) == record
    return verdict


def cleared(known: Facts, *asks: SourceAsk) -> Clearance:
    verdict = decided(known, *asks)
    assert isinstance(verdict, Clearance), refusal_record(verdict)
    return verdict


def codes(known: Facts, *asks: SourceAsk) -> set[str]:
    verdict = decided(known, *asks)
    assert isinstance(verdict, Refusal)
    breaches = (b for one in verdict.verdicts if one.contract is not None for b in one.contract.breaches)
    return {breach.code for breach in breaches} | {
        one.rules.why for one in verdict.verdicts if one.rules and not one.passes
    }


def test_a_view_passes_with_its_base_and_both_are_given_in_one_session() -> None:
    found = cleared(facts(view(SEEN, world.LOANS)), world.ask(SEEN))
    assert [(one.ask.source, [f.uri for f in one.files]) for one in found.cleared] == [
        (SEEN, []),
        (world.LOANS, ["s3://sample-lake/lending/facts/"]),
    ]
    assert [verdict.ask.source for verdict in found.verdicts] == [SEEN]
    (part,) = parts_of(found, world.place(world.ENVIRONMENTS[Tier.RESEARCH]), world.GRANT)
    assert [uri.rpartition("/")[2] for uri in part.principal(world.GRANT).sources] == ["loans", "loans_seen"]
    assert "table/lending/loans_seen" in part.policy
    assert 'table/lending/loans"' in part.policy


def test_what_the_rules_forbid_of_a_base_is_refused_of_every_view_over_it() -> None:
    assert codes(facts(view(SEEN, world.LOANS, world.PEOPLE)), world.ask(SEEN)) == {"forbidden"}
    nested = facts(view(SEEN, WHO), view(WHO, world.PEOPLE))
    assert codes(nested, world.ask(SEEN)) == {"forbidden"}


def test_a_base_that_no_contract_covers_or_nobody_catalogued_refuses_the_view() -> None:
    parcels = world.table_item(ELSEWHERE, world.prefix("land/parcels/"))
    assert codes(facts(view(SEEN, ELSEWHERE), parcels), world.ask(SEEN)) == {"no-contract"}
    assert codes(facts(view(SEEN, world.LOANS, ELSEWHERE)), world.ask(SEEN)) == {"base-unknown"}
    assert codes(facts(view(SEEN)), world.ask(SEEN)) == {"bases-unknown"}


def test_a_base_under_another_contract_binds_by_its_terms_and_its_approvals() -> None:
    other = world.contract(
        id=ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ6"),
        prefixes=(),
        targets=(),
        tables=(
            TableScope(account=world.ACCOUNT, region=world.REGION, database="land", tables=frozenset({"parcels"})),
        ),
        approvals=(
            ApprovalRule(
                max_classification=Classification.RESTRICTED,
                stage=None,
                automatic=False,
                groups=frozenset({"land-owners"}),
            ),
        ),
    )
    items = (view(SEEN, ELSEWHERE), world.table_item(ELSEWHERE, world.prefix("land/parcels/")))
    known = facts(*items)
    known = replace(
        known,
        contracts=(*known.contracts, other),
        activity=world.activity(accepted=frozenset({(world.CONTRACT, "1.0.0"), (other.id, "1.0.0")})),
    )
    verdict = decided(known, world.ask(SEEN))
    assert isinstance(verdict, Refusal)
    assert refused_only_by_approval(verdict), refusal_record(verdict)
    strangers = replace(known, contracts=(*known.contracts[:-1], replace(other, purposes=frozenset({"marketing"}))))
    assert "purpose-not-allowed" in codes(strangers, world.ask(SEEN))


def test_certified_by_every_owner_it_is_a_treatment_that_shows_its_own_columns_and_no_file() -> None:
    own = view(WHO, world.PEOPLE, definer=DEFINER, certificates=(certificate(),))
    (found,) = cleared(facts(own), world.ask(WHO)).cleared
    assert (found.ask.source, found.files, found.columns, found.treatment) == (WHO, (), ("plain_1",), own.view)


@pytest.mark.parametrize(
    "said",
    [
        {"definer": DEFINER},
        {"definer": DEFINER, "certificates": (certificate("before"),)},
        {"definer": DEFINER, "certificates": (certificate(team="somebody-else"),)},
        {"definer": None, "certificates": (certificate(),)},
    ],
)
def test_without_its_owners_word_on_this_very_definition_a_view_is_what_it_reads(said: dict[str, Any]) -> None:
    assert codes(facts(view(WHO, world.PEOPLE, **said)), world.ask(WHO)) == {"forbidden"}


def test_every_team_behind_a_view_has_to_certify_it() -> None:
    parcels = replace(world.table_item(ELSEWHERE, world.prefix("land/parcels/")), owner_team="land")
    bases = (world.PEOPLE, ELSEWHERE)
    both = view(WHO, *bases, definer=DEFINER, certificates=(certificate(),))
    assert not world.catalogue(both, parcels).is_treatment(both)
    signed = view(WHO, *bases, definer=DEFINER, certificates=(certificate(), certificate(team="land")))
    assert world.catalogue(signed, parcels).is_treatment(signed)
    assert not world.catalogue(signed).is_treatment(signed)  # a base that nobody knows has no owner who could certify


@pytest.mark.parametrize("certificates", [(), (certificate(),)])
def test_a_view_of_nothing_but_itself_has_no_owner_who_could_certify_it(certificates: tuple[Certificate, ...]) -> None:
    own = view(WHO, WHO, definer=DEFINER, certificates=certificates)
    assert not world.catalogue(own).is_treatment(own)
    assert codes(facts(own), world.ask(WHO)) == {"bases-unknown"}


def test_a_certificate_falls_with_the_definition_of_a_view_behind() -> None:
    inner = view(SEEN, world.PEOPLE, definer=DEFINER)
    outer = view(WHO, SEEN, definer=DEFINER)
    pinned = certificate(world.catalogue(outer, inner).definition_of(outer))
    outer = view(WHO, SEEN, definer=DEFINER, certificates=(pinned,))
    assert world.catalogue(outer, inner).is_treatment(outer)
    (found,) = cleared(facts(outer, inner), world.ask(WHO)).cleared
    assert found.behind == ((SEEN.uri, "now"), (world.PEOPLE.uri, ""))
    for other in (
        view(SEEN, world.PEOPLE, definer=DEFINER, sha256="another"),
        view(SEEN, definer=DEFINER),  # nobody can tell any more what it reads
        world.table_item(SEEN, world.FACTS_PREFIX),  # a table now
    ):
        assert not world.catalogue(outer, other).is_treatment(outer)
    own = view(WHO, SEEN, definer=DEFINER, certificates=(certificate(),))
    assert not world.catalogue(own, inner).is_treatment(own)  # its own digest alone says nothing of what is behind it


def test_a_copy_of_a_view_inherits_what_is_forbidden_of_its_bases_and_a_copy_of_a_treatment_does_not() -> None:
    copy = replace(world.table_item(SEEN, world.prefix("lending/seen/")), copy_of=WHO)
    plain = view(WHO, world.PEOPLE)
    certified = view(WHO, world.PEOPLE, definer=DEFINER, certificates=(certificate(),))
    assert codes(facts(copy, plain), world.ask(SEEN)) == {"forbidden"}
    assert isinstance(decided(facts(copy, certified), world.ask(SEEN)), Clearance)


def test_views_that_are_made_of_each_other_end_the_search() -> None:
    known = world.catalogue(view(SEEN, WHO), view(WHO, SEEN, world.LOANS))
    assert known.bases_of(SEEN) == (WHO, world.LOANS)
    assert {item.source for item in known.touching(SEEN)} >= {SEEN, WHO, world.LOANS}
    assert {item.source for item in known.views_over(world.LOANS)} == {SEEN, WHO}


def test_a_plain_view_over_a_treatment_reaches_the_treatment_and_not_what_is_behind_it() -> None:
    certified = view(WHO, world.PEOPLE, definer=DEFINER, certificates=(certificate(),))
    found = cleared(facts(certified, view(SEEN, WHO)), world.ask(SEEN))
    assert [one.ask.source for one in found.cleared] == [SEEN, WHO]


def test_no_prefix_reaches_a_view() -> None:
    known = Catalogue(generation=1, items=(world.prefix_item(world.LENDING), view(SEEN, world.LOANS)))
    assert [item.source for item in known.touching(world.LENDING)] == [world.LENDING]
