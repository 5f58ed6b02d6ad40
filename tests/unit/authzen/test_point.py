"""The decision point over rules and the registry: what it asks, in whose name, and that every doubt denies."""

import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.ids import ActivityId, EnvironmentId, SubjectId
from jit_engine.domain.source import GlueTable, Operation, Source
from jit_engine.domain.subject import Subject
from jit_engine.domain.tier import Tier
from jit_engine.rules.clearance import Judges, clear
from jit_engine.sources.kinds import KINDS
from platform_api.authorize import Authorizer
from platform_api.authzen.asking import Act, Ask, Party, Ruled, Ruling, Unasked
from platform_api.authzen.point import RulesPoint
from platform_api.authzen.registry_entities import RegistryEntities
from platform_api.authzen.vocabulary import ACTIONS, GLUE_TABLE, S3_PREFIX
from platform_api.registry.records import ActivityRecord, DirectoryEntry, EnvironmentRecord
from policy import Engine, Rulebook, Why, invariants
from policy.cedar import CedarSchema
from tests.fakes import world
from tests.fakes.registry import MemoryRegistry
from tests.fakes.world import ADA, BEN, FACTS_PREFIX, LENDING, LOANS, NOW, PEOPLE, PERSONAL_PREFIX, SCORER, STRANGER

RULES = Engine.load(Rulebook(version="lending", text=world.RULES))
EVERYTHING = Engine.load(
    Rulebook(
        version="everything",
        text='@id("all") @title("All") @owner("nobody") permit (principal, action in [Action::"use", '
        'Action::"columnRead"], resource);',
    )
)


class Company(MemoryRegistry):
    """The lending company, whose activity and environments are simply there."""

    def __init__(self, **changes: Any) -> None:
        people = (ADA, BEN, STRANGER, SCORER)
        entries = [DirectoryEntry(subject=each, issuer="i", login=each.name, title="") for each in people]
        super().__init__(entries=entries, purposes=world.PURPOSES, items=world.catalogue().items)
        self.changes = changes

    def activity(self, id: ActivityId) -> ActivityRecord | None:
        return _record(world.activity(**self.changes)) if id == world.ACTIVITY else None

    def environment(self, id: EnvironmentId) -> EnvironmentRecord | None:
        tier = next((tier for tier, known in world.ENVIRONMENTS.items() if known == id), None)
        return None if tier is None else _environment(world.environment(tier))


def _record(activity: Activity) -> ActivityRecord:
    return ActivityRecord(
        activity=activity,
        cost_center="CC-1",
        contracts=(),
        template="t",
        monthly_budget_usd=1,
        document={},
        created_at=NOW,
        version=1,
    )


def _environment(environment: Environment) -> EnvironmentRecord:
    return EnvironmentRecord(
        environment=environment,
        author=ADA.id,
        stack=None,
        template_digest=None,
        resources={},
        tags={},
        events=(),
        created_at=NOW,
        due_at=None,
        tries=0,
        last_error=None,
        version=1,
    )


def point(*engines: Engine, company: Company | None = None) -> RulesPoint:
    """The product's point on the lending company, with these engines or its own."""
    registry = company or Company()
    judges = Judges(invariants=invariants(), rulebook=RULES)
    entities = RegistryEntities(
        registry=registry, facts=registry, authorizer=Authorizer(people=registry, judges=lambda: judges)
    )
    return RulesPoint(engines=lambda: engines or (invariants(), RULES), entities=entities, considers="Rules.")


def ask(action: str, source: Source | str, tier: Tier = Tier.RESEARCH, by: Subject = ADA, **context: Any) -> Ask:
    """Whether Ada may do that for credit risk research."""
    uri = source if isinstance(source, str) else source.uri
    kind = "column-group" if "#" in uri else S3_PREFIX if uri.startswith("s3:") else GLUE_TABLE
    given = {"environment": world.ENVIRONMENTS[tier], "purpose": world.RESEARCH_PURPOSE, **context}
    who = "pipeline" if by is SCORER else "person"
    return Ask(
        subject=Party(type=who, id=by.id), action=Act(name=action), resource=Party(type=kind, id=uri), context=given
    )


def answer(asked: Ask, *engines: Engine, company: Company | None = None, viewer: Subject | None = None) -> Ruling:
    """What the point says."""
    return point(*engines, company=company).sit(NOW, viewer).evaluate(asked)


def ruled(asked: Ask, *engines: Engine) -> Ruled:
    """The rules' word, where they could be asked."""
    found = answer(asked, *engines)
    assert isinstance(found, Ruled), found
    return found


def unasked(asked: Ask, **more: Any) -> Unasked:
    """Why they could not be asked."""
    found = answer(asked, **more)
    assert isinstance(found, Unasked), found
    return found


def test_the_actions_of_each_type_are_those_of_the_schema() -> None:
    platform = CedarSchema(files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8"))
    applies: dict[str, set[str]] = {}
    for names, resources in re.findall(
        r"action ([^;{]+?) (?:in [^;{]+? )?appliesTo \{[^}]*?resource: \[?([^\],]+(?:, \w+)*)",
        re.sub(r"\s+", " ", str(platform)),
    ):
        for resource in re.findall(r"\w+", resources):
            applies.setdefault(resource, set()).update(re.findall(r"\w+", names))
    cedar = {"column-group": "ColumnGroup", **{kind.name: kind.entity for kind in KINDS}}
    assert {kind: set(actions) for kind, actions in ACTIONS.items()} == {kind: applies[cedar[kind]] for kind in cedar}
    assert all(list(actions) == sorted(actions) for actions in ACTIONS.values())


@pytest.mark.parametrize("tier", [Tier.RESEARCH, Tier.VALIDATION, Tier.OPERATION])
@pytest.mark.parametrize("source", [FACTS_PREFIX, PERSONAL_PREFIX, LENDING, world.prefix("lending/facts/2025/")])
def test_reading_a_prefix_is_permitted_exactly_where_the_rules_of_a_request_permit_it(
    source: Source, tier: Tier
) -> None:
    by = SCORER if tier is Tier.OPERATION else ADA
    cleared = clear(
        world.request(world.ask(source), tier=tier),
        world.facts(tier),
        Judges(invariants=invariants(), rulebook=RULES),
        NOW,
    )
    (verdict,) = cleared.verdicts
    assert verdict.rules is not None
    whole = verdict.rules.passes and not verdict.without
    assert ruled(ask("read", source, tier, by)).allowed is whole


@pytest.mark.parametrize("tier", [Tier.RESEARCH, Tier.VALIDATION])
@pytest.mark.parametrize("table", [LOANS, PEOPLE])
def test_a_request_for_a_table_is_its_query_and_its_files(table: GlueTable, tier: Tier) -> None:
    judges = Judges(invariants=invariants(), rulebook=RULES)
    asked = world.request(world.ask(table, Operation.SELECT), tier=tier)
    (verdict,) = clear(asked, world.facts(tier), judges, NOW).verdicts
    assert verdict.rules is not None
    both = [ruled(ask(action, table, tier)).allowed for action in ("query", "read")]
    assert all(both) is verdict.rules.passes


def test_what_lies_in_a_prefix_can_refuse_all_of_it_and_is_named() -> None:
    found = ruled(ask("read", LENDING))
    assert (found.allowed, found.why) == (False, Why.FORBIDDEN)
    assert found.inside is not None
    assert PERSONAL_PREFIX.uri in found.inside or PEOPLE.uri in found.inside
    assert [rule.id for rule in found.rules] == ["no-personal-attributes-in-research"]
    assert ruled(ask("read", PERSONAL_PREFIX)).inside is None


def test_what_reaches_too_much_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_api.authzen.registry_entities.MOST_REACHED", 4)
    assert unasked(ask("read", LENDING)).status == 400
    assert ruled(ask("read", FACTS_PREFIX)).allowed


def test_no_rulebook_opens_what_the_invariants_close() -> None:
    opened = (invariants(), EVERYTHING)
    assert ruled(ask("read", FACTS_PREFIX), *opened).allowed
    for asked in (
        ask("write", FACTS_PREFIX),
        ask("share", FACTS_PREFIX),
        ask("read", FACTS_PREFIX, Tier.OPERATION),
        ask("read", FACTS_PREFIX, by=STRANGER),
        ask("read", FACTS_PREFIX, purpose="marketing"),
    ):
        found = ruled(asked, *opened)
        assert (found.allowed, found.why) == (False, Why.FORBIDDEN)
        assert found.rulebook.startswith("invariants-")
        assert all(rule.id.startswith("inv-") for rule in found.rules)


def test_without_an_engine_nothing_is_permitted() -> None:
    judging = replace(point(), engines=lambda: ())
    assert isinstance(judging.sit(NOW, None).evaluate(ask("read", FACTS_PREFIX)), Unasked)


def test_a_rule_that_fails_denies() -> None:
    failing = Engine.load(
        Rulebook(
            version="failing",
            text=world.RULES
            + """
@id("overflow") @title("Overflow") @owner("nobody")
forbid (principal, action == Action::"read", resource is S3Prefix)
when { (resource.sensitivity + 9223372036854775807) * 2 == 1 };
""",
        )
    )
    found = ruled(ask("read", FACTS_PREFIX), invariants(), failing)
    assert (found.allowed, found.why) == (False, Why.FAILED)


def test_who_may_not_see_an_activity_is_told_what_is_told_of_none() -> None:
    asked = ask("read", FACTS_PREFIX, by=STRANGER)
    nowhere = EnvironmentId("en_01JABCDEFGHJKMNPQRSTVWXYZ9")
    hidden = unasked(asked, viewer=STRANGER)
    missing = unasked(ask("read", FACTS_PREFIX, by=STRANGER, environment=nowhere), viewer=STRANGER)
    assert hidden.message.replace(world.ENVIRONMENTS[Tier.RESEARCH], nowhere) == missing.message
    assert isinstance(answer(asked), Ruled)
    assert unasked(ask("read", FACTS_PREFIX, by=BEN, activity="ac_01JABCDEFGHJKMNPQRSTVWXYZ9")).status == 404


def test_somebody_who_left_has_no_say_and_leaves_no_answer() -> None:
    assert (
        unasked(ask("read", FACTS_PREFIX), company=Company(owner=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZ0"))).status
        == 404
    )
    gone = replace(ADA, id=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZ0"))
    assert unasked(ask("read", FACTS_PREFIX, by=gone)).status == 404
    disguised = Ask(
        subject=Party(type="person", id=SCORER.id),
        action=Act(name="read"),
        resource=Party(type=S3_PREFIX, id=FACTS_PREFIX.uri),
    )
    assert unasked(disguised).status == 400


def test_one_sitting_answers_each_as_a_sitting_of_its_own() -> None:
    asks = [
        ask(action, source, tier, by)
        for action in ("read", "write")
        for source in (FACTS_PREFIX, LENDING, LOANS, PEOPLE, f"{PEOPLE.uri}#who", world.prefix("lending/facts/x/"))
        for tier in (Tier.RESEARCH, Tier.VALIDATION)
        for by in (ADA, STRANGER, SCORER)
    ]
    sitting = point().sit(NOW, None)
    assert [sitting.evaluate(each) for each in asks] == [answer(each) for each in asks]


def test_a_purpose_that_left_the_tree_spoils_no_answer() -> None:
    company = Company(purposes=frozenset({world.RESEARCH_PURPOSE, "lending/of-the-past"}))
    found = answer(ask("read", FACTS_PREFIX), company=company)
    assert isinstance(found, Ruled)
    assert found.allowed


def test_the_candidates_are_the_directory_and_the_catalogue_in_order() -> None:
    sitting = point().sit(NOW, None)
    assert sitting.subjects("person") == sorted([ADA.id, BEN.id, STRANGER.id])
    assert sitting.subjects("pipeline") == [SCORER.id]
    assert sitting.resources("glue-table") == sorted([LOANS.uri, PEOPLE.uri])
    assert sitting.resources("column-group") == sorted([f"{LOANS.uri}#plain", f"{PEOPLE.uri}#who"])
    assert list(sitting.resources("s3-prefix")) == sorted(sitting.resources("s3-prefix"))
    assert [*sitting.subjects("ship"), *sitting.resources("ship"), *sitting.actions("ship")] == []
