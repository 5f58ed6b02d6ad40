"""The types of facts, as Cedar itself writes a schema."""

from policy.cedar import CedarSchema
from policy.change.fact_types import (
    EntityOf,
    FactType,
    Plain,
    SetKind,
    Situation,
    Unmodelled,
    fact_types,
    fact_types_of,
)

SCHEMA = """
entity Group in [Group];
entity Level enum ["low", "high"];
entity User in [Group] { age: Long, name?: String, roles: Set<String>, boss: User, ip: ipaddr, at: datetime };
entity File in [Folder] { level: Level };
entity Folder in [Group];
type Circumstances = { now: datetime, risk?: Level };
action any;
action see in [any] appliesTo { principal: [User], resource: [File, Folder], context: Circumstances };
"""


def test_every_fact_has_its_type() -> None:
    types = fact_types_of(CedarSchema(SCHEMA))
    assert types.entities["User"] == {
        "age": FactType(Plain.LONG, False),
        "at": FactType(Plain.DATETIME, False),
        "boss": FactType(EntityOf("User"), False),
        "ip": FactType(Unmodelled("ipaddr"), False),
        "name": FactType(Plain.STRING, True),
        "roles": FactType(SetKind(Plain.STRING), False),
    }
    assert types.contexts["see"] == {
        "now": FactType(Plain.DATETIME, False),
        "risk": FactType(EntityOf("Level"), True),
    }


def test_the_situations_are_those_in_which_an_action_applies() -> None:
    assert fact_types_of(CedarSchema(SCHEMA)).situations == (
        Situation("see", "User", "File"),
        Situation("see", "User", "Folder"),
    )


def test_the_way_up_goes_over_the_types_between() -> None:
    types = fact_types_of(CedarSchema(SCHEMA))
    assert types.way_up("File", "Group") == ("File", "Folder", "Group")
    assert types.way_up("Group", "Group") == ("Group", "Group")
    assert types.way_up("Group", "File") is None


def test_no_fact_of_the_platforms_own_schema_is_out_of_reach_of_the_analysis() -> None:
    types = fact_types()
    facts = [fact for facts in (*types.entities.values(), *types.contexts.values()) for fact in facts.values()]
    assert [fact for fact in facts if isinstance(fact.kind, Unmodelled)] == []
    assert all(types.contexts[situation.action] for situation in types.situations)
