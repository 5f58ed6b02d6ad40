"""What attackers try with contracts: each case by its number, held against the decision or reader that it aims at."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jit_engine.contracts.document import read_contract, read_document
from jit_engine.contracts.problems import ContractInvalid, Problem
from jit_engine.contracts.terms import HeldContract
from jit_engine.domain.catalogue import PrefixItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import InvalidValue
from jit_engine.flows.redecide import Redecide
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from tests.abuse.rows import rows
from tests.fakes import world
from tests.fakes.world import (
    ADA,
    CONTRACT,
    FACTS_PREFIX,
    MARKETING,
    NOW,
    activity,
    ask,
    catalogue,
    contract,
    facts,
    judges,
    prefix,
    prefix_item,
    request,
)
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_redecide import Live

SECOND = timedelta(seconds=1)
LOANS = read_document((Path(__file__).parents[2] / "unit/contracts/document/loans.odcs.yaml").read_text("utf-8")).value
KEYS = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9")
TABLE = prefix("keys/")
"""The key table, under a contract of its own, which the pseudonymised loans must never meet."""


def breaches(known: Facts, *asks: Any, **asked: Any) -> set[str]:
    """The codes of every breach of a request's refusal; fails when it is cleared."""
    verdict = clear(request(*asks, **asked), known, judges(), NOW)
    assert isinstance(verdict, Refusal), verdict
    return {b.code for v in verdict.verdicts if v.contract is not None for b in v.contract.breaches}


def of_contract(**terms: Any) -> Facts:
    return facts(contracts=(contract(**terms),))


def problems(edit: Callable[[dict[str, Any]], object] | str) -> tuple[Problem, ...]:
    """The problems of the loans contract with its usage terms edited, or of a text."""
    with pytest.raises(ContractInvalid) as caught:
        _read(edit)
    return caught.value.problems


def _read(edit: Callable[[dict[str, Any]], object] | str) -> None:
    if isinstance(edit, str):
        read_document(edit)
        return
    document: dict[str, Any] = copy.deepcopy(dict(LOANS))
    edit(document["customProperties"][0]["value"]["effective"])
    read_contract(document, contract_id=CONTRACT, proposer=SubjectId("pe_x"))


def ends(value: object) -> Callable[[dict[str, Any]], object]:
    return lambda effective: effective.update(until=value)


def expired_by_a_second() -> None:
    assert "contract-not-valid-now" in breaches(of_contract(ends_at=NOW - SECOND))


def exactly_at_its_end() -> None:
    assert "contract-not-valid-now" in breaches(of_contract(ends_at=NOW))


def a_naive_time() -> None:
    assert [p.path.rsplit(".", 1)[-1] for p in problems(ends("2026-11-23T23:59:59"))] == ["until"]


def a_number_as_a_date() -> None:
    assert "quote it" in problems(ends(1790000000))[0].fix


def a_time_that_the_clock_shows_twice() -> None:
    """A local time is never taken: it needs its offset, and a zone has no place in the document."""
    assert problems(ends("2026-10-25T02:30:00"))
    assert "unknown keys" in problems(lambda effective: effective.update(tz="Europe/Berlin"))[0].message


def an_offset_that_overflows() -> None:
    assert problems(ends("9999-12-31T23:59:59-14:00"))


def a_start_that_is_to_come() -> None:
    assert "contract-not-valid-now" in breaches(of_contract(starts_at=NOW + timedelta(days=1)))


def another_purpose() -> None:
    known = facts(activity=activity(purposes=frozenset({MARKETING})))
    assert "purpose-not-allowed" in breaches(known, purpose=MARKETING)


def the_parent_of_what_is_covered() -> None:
    known = of_contract(prefixes=(prefix("lending/facts/2026/"),), tables=())
    assert breaches(known, ask(FACTS_PREFIX)) == {"no-contract"}


def a_sibling_that_begins_alike() -> None:
    sibling = prefix("lending/facts-2/")
    known = replace(of_contract(prefixes=(FACTS_PREFIX,), tables=()), catalogue=catalogue(prefix_item(sibling)))
    assert breaches(known, ask(sibling)) == {"no-contract"}
    with pytest.raises(InvalidValue, match="slash"):
        S3Prefix(account=world.ACCOUNT, bucket=world.LAKE, prefix="lending/facts")


def a_classification_raised_under_a_live_grant() -> None:
    """The commit of a catalogue makes live grants due (see `tests/contract/db`); deciding one anew revokes it."""
    desk = Desk()
    grant = desk.ask()
    raised = prefix_item(FACTS_PREFIX, classification=Classification.RESTRICTED)
    items = tuple(raised if item.source == FACTS_PREFIX else item for item in catalogue().items)
    desk.facts.now_known = facts(catalogue=replace(catalogue(), items=items, generation=8))
    decide = Redecide(
        facts=desk.facts,
        ledger=desk.ledger,
        live=Live(desk.ledger),
        judges=lambda: desk.judges,
        subject_of=lambda _: ADA,
    )
    desk.reconcile.redecide = decide
    desk.ledger.grants[grant.id] = replace(grant, due_at=NOW)
    desk.reconcile.step(NOW)
    revoking = desk.ledger.get(grant.id)
    assert revoking is not None
    assert revoking.state is GrantState.REVOKING


def data_whose_owner_is_gone() -> None:
    orphan = tuple(
        replace(item, owner_team="") if isinstance(item, PrefixItem) and item.source == FACTS_PREFIX else item
        for item in catalogue().items
    )
    known = facts(catalogue=replace(catalogue(), items=orphan))
    assert "owner-mismatch" in breaches(known)


def _apart(held: frozenset[HeldContract] = frozenset()) -> Facts:
    """The loans and the key table, each allowed alone, of which one contract forbids the other."""
    keys = contract(
        id=KEYS, name="Key table", prefixes=(TABLE,), tables=(), targets=(), forbidden=frozenset({CONTRACT})
    )
    return facts(
        contracts=(contract(), keys),
        catalogue=catalogue(prefix_item(TABLE)),
        activity=activity(accepted=frozenset({(CONTRACT, "1.0.0"), (KEYS, "1.0.0")})),
        held=held,
    )


def what_is_harmless_apart_in_one_request() -> None:
    for alone in (FACTS_PREFIX, TABLE):
        assert isinstance(clear(request(ask(alone)), _apart(), judges(), NOW), Clearance)
    assert breaches(_apart(), ask(FACTS_PREFIX), ask(TABLE)) == {"combination-forbidden"}


def what_is_harmless_apart_in_two_requests() -> None:
    """Whichever was held first, and however long ago: the ledger remembers, for nothing purges the data."""
    held = frozenset({contract().held})
    assert breaches(_apart(held), ask(TABLE)) == {"combination-forbidden"}
    (keys,) = (one.held for one in _apart().contracts if one.id == KEYS)
    assert breaches(_apart(frozenset({keys})), ask(FACTS_PREFIX)) == {"combination-forbidden"}


def a_tag_that_runs_code() -> None:
    found = problems('x: !!python/object/apply:os.system ["id"]\n')
    assert "leave the tag out" in found[0].fix


def words_that_are_no_words() -> None:
    assert [(p.path, p.line) for p in problems("country: NO\n\nwrite: off\n")] == [("$.country", 1), ("$.write", 3)]


CASES: Mapping[str, Callable[[], None]] = {
    "CON-001": expired_by_a_second,
    "CON-002": exactly_at_its_end,
    "CON-004": a_naive_time,
    "CON-005": a_number_as_a_date,
    "CON-007": a_time_that_the_clock_shows_twice,
    "CON-008": an_offset_that_overflows,
    "CON-010": a_start_that_is_to_come,
    "CON-011": another_purpose,
    "CON-013": the_parent_of_what_is_covered,
    "CON-014": a_sibling_that_begins_alike,
    "CON-016": a_classification_raised_under_a_live_grant,
    "CON-017": data_whose_owner_is_gone,
    "CON-019": what_is_harmless_apart_in_one_request,
    "CON-020": what_is_harmless_apart_in_two_requests,
    "CON-022": a_tag_that_runs_code,
    "CON-023": words_that_are_no_words,
}


@pytest.mark.parametrize("case", rows(CASES))
def test_a_contract_cannot_be_abused(case: Callable[[], None]) -> None:
    case()


def test_the_same_asked_rightly_is_cleared() -> None:
    assert isinstance(clear(request(), facts(), judges(), NOW), Clearance)
    terms = read_contract(LOANS, contract_id=CONTRACT, proposer=SubjectId("pe_x"))
    assert terms.ends_at.tzinfo is not None
