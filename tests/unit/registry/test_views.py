"""Certifying views: by an owner of the data behind them, never by who brought them in, and of one definition only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person
from jit_engine.domain.view import View
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.registry.errors import FourEyes, PeopleOnly
from platform_api.registry.views import ViewDesk
from tests.fakes import world
from tests.fakes.registry import MemoryRegistry
from tests.fakes.world import NOW, OWNERS

SEEN = world.table("people_seen")
DIGEST = "0" * 64
GUS = Person(id=SubjectId("pe_gus"), name="Gus", teams=frozenset({"governance-office", OWNERS}), trainings=frozenset())
ODA = Person(id=SubjectId("pe_oda"), name="Oda", teams=frozenset({OWNERS}), trainings=frozenset())
LARS = Person(id=SubjectId("pe_lars"), name="Lars", teams=frozenset({"land"}), trainings=frozenset())


@dataclass(frozen=True)
class Humans:
    """Everybody is themselves, but for logins that are somebody else's."""

    others: dict[str, str]

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        return frozenset({self.others.get(id, id)})


def desk(owners: tuple[str, ...] = (OWNERS,), others: dict[str, str] | None = None, **said: Any) -> ViewDesk:
    """A catalogue with one view of a table of each of these teams."""
    tables = [world.table(f"base_{team.replace('-', '_')}") for team in owners]
    bases = [
        replace(world.table_item(t, world.prefix(f"{t.table}/")), owner_team=o)
        for t, o in zip(tables, owners, strict=True)
    ]
    known = {"sha256": DIGEST, "definer": "arn:aws:iam::1:role/definer", "imported_by": GUS.id, **said}
    item = replace(world.table_item(SEEN, world.FACTS_PREFIX), location=None, view=View(bases=tuple(tables), **known))
    return ViewDesk(store=MemoryRegistry(items=(item, *bases)), people=Humans(others or {}))


def is_treatment(at: ViewDesk) -> bool:
    item, catalogue = at.view(SEEN.uri)
    return catalogue.is_treatment(item)


def test_an_owner_s_certificate_makes_the_view_a_treatment_and_is_recorded() -> None:
    at = desk()
    assert not is_treatment(at)
    at.certify(ODA, SEEN.uri, DIGEST, NOW)
    assert is_treatment(at)
    event = at.store.events[-1]  # type: ignore[attr-defined]
    assert (event.action, event.actor) == ("catalogue.view-certified", ODA.id)
    assert (event.details["view"], event.details["sha256"], event.details["teams"]) == (SEEN.uri, DIGEST, [OWNERS])


def test_who_brought_it_in_does_not_certify_it_under_any_login() -> None:
    for at, by in ((desk(), GUS), (desk(others={"pe_oda": "gus", "pe_gus": "gus"}), ODA)):
        with pytest.raises(FourEyes):
            at.certify(by, SEEN.uri, DIGEST, NOW)
        assert not is_treatment(at)


def test_every_team_whose_data_it_reads_has_to_certify_it() -> None:
    at = desk((OWNERS, "land"))
    at.certify(ODA, SEEN.uri, DIGEST, NOW)
    at.certify(ODA, SEEN.uri, DIGEST, NOW)
    assert not is_treatment(at)
    at.certify(LARS, SEEN.uri, DIGEST, NOW)
    assert is_treatment(at)
    at.withdraw(ODA, SEEN.uri, NOW)
    assert not is_treatment(at)
    with pytest.raises(WrongState):
        at.withdraw(ODA, SEEN.uri, NOW)


def test_another_definition_than_the_one_looked_at_is_not_certified() -> None:
    at = desk()
    with pytest.raises(WrongState):
        at.certify(ODA, SEEN.uri, "1" * 64, NOW)
    assert not is_treatment(at)


def test_a_view_behind_is_certified_with_it_and_not_by_who_brought_it_in() -> None:
    inner, base = world.table("inner"), world.table("base")
    outer = View(bases=(inner,), sha256=DIGEST, definer="arn:aws:iam::1:role/definer", imported_by=GUS.id)

    def at(inner_digest: str, by: SubjectId) -> ViewDesk:
        items = (
            replace(world.table_item(SEEN, world.FACTS_PREFIX), location=None, view=outer),
            replace(
                world.table_item(inner, world.FACTS_PREFIX),
                location=None,
                view=View(bases=(base,), sha256=inner_digest, definer=None, imported_by=by),
            ),
            world.table_item(base, world.prefix("base/")),
        )
        return ViewDesk(store=MemoryRegistry(items=items), people=Humans({}))

    desk = at("1" * 64, GUS.id)
    item, catalogue = desk.view(SEEN.uri)
    shown = catalogue.definition_of(item)
    with pytest.raises(WrongState):
        desk.certify(ODA, SEEN.uri, DIGEST, NOW)
    desk.certify(ODA, SEEN.uri, shown, NOW)
    assert is_treatment(desk)
    with pytest.raises(WrongState):
        at("2" * 64, GUS.id).certify(ODA, SEEN.uri, shown, NOW)
    with pytest.raises(FourEyes):
        at("1" * 64, ODA.id).certify(ODA, SEEN.uri, shown, NOW)


@pytest.mark.parametrize("said", [{"definer": None}, {"imported_by": None}, {"bases": ()}])
def test_what_a_certificate_could_not_hold_is_not_certified(said: dict[str, Any]) -> None:
    at = desk()
    item, catalogue = at.view(SEEN.uri)
    assert item.view is not None
    changed = replace(item, view=replace(item.view, **said))
    others = tuple(one for one in catalogue.items if one.source != SEEN)
    with pytest.raises(InvalidValue):
        ViewDesk(store=MemoryRegistry(items=(changed, *others)), people=Humans({})).certify(ODA, SEEN.uri, DIGEST, NOW)


def test_strangers_workloads_and_what_is_no_view_are_refused() -> None:
    at = desk()
    with pytest.raises(InvalidValue):
        at.certify(LARS, SEEN.uri, DIGEST, NOW)
    with pytest.raises(PeopleOnly):
        at.certify(world.SCORER, SEEN.uri, DIGEST, NOW)
    for uri in (f"{SEEN.uri}x", world.table("base_lending_data_owners").uri):
        with pytest.raises(NotFound):
            at.certify(ODA, uri, DIGEST, NOW)
