"""Random views over views: whoever is given one could have been given all that is read with it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.domain.catalogue import TableItem
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.domain.view import Certificate, View
from jit_engine.iam.plan import parts_of
from jit_engine.rules.clearance import clear
from tests.fakes import world

NAMES = [world.table(f"view_{number}") for number in range(4)]
UNKNOWN = world.table("nobody_knows")
ODA = SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZF")
PLACE = world.place(world.ENVIRONMENTS[Tier.RESEARCH])


@st.composite
def views(draw: st.DrawFn) -> list[TableItem]:
    """Four views of tables and of each other, some protected, some certified, some for another definition."""
    made = []
    for name in NAMES:
        bases = draw(st.lists(st.sampled_from([world.LOANS, world.PEOPLE, UNKNOWN, *NAMES]), max_size=3, unique=True))
        said = draw(st.sampled_from([(), ("now",), ("before",)]))
        certificates = tuple(Certificate(team=world.OWNERS, by=ODA, at=world.NOW, sha256=one) for one in said)
        definer = draw(st.sampled_from([None, "arn:aws:iam::1:role/definer"]))
        view = View(bases=tuple(bases), sha256="now", definer=definer, certificates=certificates)
        made.append(replace(world.table_item(name, world.FACTS_PREFIX), location=None, view=view))
    return made


@settings(max_examples=150, deadline=None)
@given(views())
def test_a_view_is_given_only_with_what_each_of_its_bases_would_be_given_for(made: list[TableItem]) -> None:
    scope = world.contract().tables[0]
    covering = world.contract(tables=(replace(scope, tables=scope.tables | {name.table for name in NAMES}),))
    facts = world.facts(contracts=(covering,), catalogue=world.catalogue(*made))
    for item in made:
        verdict = clear(world.request(world.ask(item.source)), facts, world.judges(), world.NOW)
        if not isinstance(verdict, Clearance):
            continue
        given_too = facts.catalogue.bases_of(item.source)
        assert [one.ask.source for one in verdict.cleared] == [item.source, *given_too]
        for base in given_too:
            alone = clear(world.request(world.ask(base)), facts, world.judges(), world.NOW)
            assert isinstance(alone, Clearance), base
        reads_people = any(place.overlaps(world.PERSONAL_PREFIX) for one in verdict.cleared for place in one.files)
        assert not reads_people
        assert facts.catalogue.is_treatment(item) or given_too
        (part,) = parts_of(verdict, PLACE, world.GRANT)  # raises where its second reading finds more than was cleared
        assert "lending/personal" not in part.policy
