"""Rules are found by their scopes, however they got there."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import cedarpy
import pytest

from policy import Engine, Rulebook, RulebookInvalid, Why, invariants
from policy.cedar import CedarSchema, PolicyHandle, read_rule
from policy.decision import Effect, Rule
from policy.errors import SchemaBroken
from policy.rulebook import WrittenRule
from policy.scope_index import Key, Scope, ScopeIndex
from policy.shelf import ParsedSlices, Shelf
from policy.statements import Statement
from tests.unit.policy.lending import COMPANY, data_context, engine, question, ref, rule

SCHEMA_TEXT = files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")
SCHEMA = CedarSchema(SCHEMA_TEXT)
ADA, SCIENCE = ("Person", "ada"), ("Team", "lending-science")
FACTS, LOANS = ("S3Prefix", "facts"), ("DataProduct", "loan-applications")
READ, READ_LIKE, USE = ("Action", "read"), ("Action", "readLike"), ("Action", "use")
READS = question("Person:ada", "read", "S3Prefix:facts", data_context())
QUERIES = question("Person:ada", "query", "GlueTable:loans", data_context())


# ---- which key a scope has


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("principal, action, resource", Scope(principal=None, actions=(None,), resource=None)),
        (
            'principal == Person::"ada", action == Action::"read", resource == S3Prefix::"facts"',
            Scope(principal=ADA, actions=(READ,), resource=FACTS),
        ),
        (
            'principal in Team::"lending-science", action in Action::"use",'
            ' resource in DataProduct::"loan-applications"',
            Scope(principal=SCIENCE, actions=(USE,), resource=LOANS),
        ),
        (
            "principal is Person, action in [], resource is S3Prefix",
            Scope(principal="Person", actions=(), resource="S3Prefix"),
        ),
        (
            'principal is Person in Team::"lending-science", action in [Action::"read", Action::"use"],'
            ' resource is S3Prefix in DataProduct::"loan-applications"',
            Scope(principal=SCIENCE, actions=(READ, USE), resource=LOANS),
        ),
        (
            'principal == Person::"a\\"b\\u{e9}", action, resource',
            Scope(principal=("Person", 'a"bé'), actions=(None,), resource=None),
        ),
    ],
)
def test_a_scope_is_kept_under_what_it_names(scope: str, expected: Scope) -> None:
    parsed, _ = read_rule(Statement(text=f"permit ({scope});", line=1), SCHEMA)
    assert parsed
    assert parsed.scope == expected


def test_every_action_has_the_groups_that_cedar_finds_around_it() -> None:
    entities = cedarpy.Entities.from_json_str("[]", SCHEMA.handle)
    names = [line.split('"')[1] for line in str(SCHEMA).splitlines() if line.startswith("action ")]
    assert {"read", "readLike", "use", "columnRead", "viewGrants"} <= set(names)
    for outer in names:
        policy = cedarpy.PolicySet.from_str(f'permit (principal, action in Action::"{outer}", resource);')
        asked = [{"principal": 'Team::"x"', "action": f'Action::"{name}"', "resource": 'Team::"x"'} for name in names]
        for name, answer in zip(names, cedarpy.is_authorized_batch(asked, policy, entities), strict=True):
            assert (("Action", outer) in SCHEMA.action_keys(name)) is answer.allowed, (name, outer)


def test_an_action_that_is_unknown_is_only_itself() -> None:
    assert SCHEMA.action_keys("nothing") == {("Action", "nothing"), None}


def test_a_schema_whose_groups_might_be_overlooked_is_refused() -> None:
    declared = "entity Team; action {} in [use] appliesTo {{ principal: Team, resource: Team }}; action use;"
    assert CedarSchema(declared.format('"read it"')).action_keys("read it") == {("Action", "read it"), USE, None}
    with pytest.raises(SchemaBroken, match="plain name"):
        CedarSchema(declared.format(r'"read \"it\""'))


# ---- finding


def keys(*keys: Key) -> frozenset[Key]:
    return frozenset({*keys, None})


def found(index: ScopeIndex) -> tuple[int, ...]:
    """What the index finds for Ada reading facts."""
    return index.matching(
        principal=keys(ADA, SCIENCE, "Person"), action=keys(READ, READ_LIKE, USE), resource=keys(FACTS, "S3Prefix")
    )


MATCHING = [
    (number, Scope(principal=who, actions=(what,), resource=where))
    for number, (who, what, where) in enumerate(
        (who, what, where)
        for who in (ADA, SCIENCE, "Person", None)
        for what in (READ, USE, None)
        for where in (FACTS, "S3Prefix", None)
    )
]


def test_every_rule_that_can_match_is_found_once_and_in_order() -> None:
    index = ScopeIndex(reversed(MATCHING))
    assert found(index) == tuple(range(len(MATCHING)))
    assert found(ScopeIndex([(7, Scope(principal=None, actions=(USE, READ, USE), resource=None))])) == (7,)


def test_a_rule_that_differs_in_one_part_is_not_found() -> None:
    others: list[Scope] = []
    for _, scope in MATCHING:
        others += (replace(scope, principal=other) for other in (("Person", "ben"), "Pipeline", ("Team", "ada"), "ada"))
        others += (replace(scope, actions=other) for other in ((), (("Action", "write"),), (("Team", "read"),)))
        others += (replace(scope, resource=other) for other in (LOANS, "GlueTable", ("Person", "facts")))
    assert found(ScopeIndex(enumerate(others))) == ()


# ---- edits


def some_scope(draw: random.Random) -> Scope:
    one: tuple[Key, ...] = (None, "Person", ADA, SCIENCE)
    actions: tuple[Key, ...] = (None, READ, USE)
    return Scope(
        principal=draw.choice(one),
        actions=tuple(draw.choices(actions, k=draw.randrange(3))),
        resource=draw.choice((None, "S3Prefix", FACTS, *(("S3Prefix", str(n)) for n in range(5)))),
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_index_kept_edit_by_edit_equals_one_that_is_built_anew(seed: int) -> None:
    draw = random.Random(seed)
    rules: dict[int, Scope] = {}
    index = ScopeIndex()
    for step in range(60):
        before, then = index, found(index)
        gone = {number: rules.pop(number) for number in draw.sample(sorted(rules), min(len(rules), draw.randrange(4)))}
        new = {step * 10 + place: some_scope(draw) for place in range(draw.randrange(5))}
        rules.update(new)
        index = index.edited(added=new.items(), removed=gone.items())
        assert index == ScopeIndex(rules.items())
        assert found(before) == then
    assert len(rules) > 10
    assert index.edited(added=(), removed=rules.items()) == ScopeIndex()


def test_what_is_not_there_cannot_be_removed() -> None:
    number, scope = MATCHING[0]
    for other in (replace(scope, resource=LOANS), replace(scope, principal=None)):
        with pytest.raises(KeyError):
            ScopeIndex(MATCHING).edited(added=(), removed=[(number, other)])
    with pytest.raises(KeyError):
        ScopeIndex(MATCHING).edited(added=(), removed=[(1000, scope)])


PERMIT = 'permit (principal is Person, action in Action::"use", resource);'
TEAM = 'permit (principal in Team::"lending-science", action == Action::"query", resource);'
FORBID = 'forbid (principal, action == Action::"read", resource in DataProduct::"loan-applications");'


def named(loaded: Engine, *, version: str = "v1") -> list[tuple[Why, list[str]]]:
    """The answers to two questions, by the rules that they follow from."""
    decisions = [loaded.decide(asked) for asked in (READS, QUERIES)]
    assert {decision.rulebook for decision in decisions} == {version}
    return [(decision.why, [each.id for each in decision.rules]) for decision in decisions]


def test_rules_are_added_replaced_and_removed_and_the_engine_before_stays_as_it_was() -> None:
    first = engine(rule(PERMIT, "people"), rule(TEAM, "team"))
    added = first.edited("v2", put=rule(FORBID, "no-loans"))
    replaced = added.edited("v3", put=rule(TEAM, "people"))
    removed = replaced.edited("v4", removed=["no-loans", "team"])
    assert named(first) == [(Why.PERMITTED, ["people"]), (Why.PERMITTED, ["people", "team"])]
    assert named(added, version="v2") == [(Why.FORBIDDEN, ["no-loans"]), (Why.PERMITTED, ["people", "team"])]
    assert named(replaced, version="v3") == [(Why.FORBIDDEN, ["no-loans"]), (Why.PERMITTED, ["people", "team"])]
    assert named(removed, version="v4") == [(Why.NOT_PERMITTED, []), (Why.PERMITTED, ["people"])]
    assert [each.id for each in replaced.rules] == ["people", "team", "no-loans"]
    assert removed.source_of("team") is None
    assert removed.source_of("people") == rule(TEAM, "people").strip()
    assert first.source_of("people") == rule(PERMIT, "people").strip()


BODIES = (
    PERMIT,
    TEAM,
    FORBID,
    PERMIT.replace("is Person", 'in Team::"lending-science"'),
    PERMIT.replace("permit", "forbid"),
)


@pytest.mark.parametrize("seed", range(3))
def test_an_engine_kept_edit_by_edit_answers_as_one_that_is_loaded(seed: int) -> None:
    draw = random.Random(seed)
    texts: dict[str, str] = {}
    edited = following = engine()
    for step in range(12):
        put = {f"r{draw.randrange(8)}": draw.choice(BODIES) for _ in range(draw.randrange(1, 4))}
        gone = [name for name in draw.sample(sorted(texts), min(len(texts), draw.randrange(3))) if name not in put]
        for name in gone:
            del texts[name]
        texts.update({name: rule(body, name) for name, body in put.items()})
        version = f"v{step}"
        edited = edited.edited(version, put="".join(texts[name] for name in put), removed=gone)
        names = draw.sample(sorted(texts), len(texts))
        book = Rulebook(version=version, text="// a line more\n" * step + "".join(texts[name] for name in names))
        following, loaded = Engine.load(book, after=following), Engine.load(book)
        assert named(edited, version=version) == named(following, version=version) == named(loaded, version=version)
        assert sorted(edited.rules, key=lambda each: each.id) == sorted(loaded.rules, key=lambda each: each.id)
        assert following.rules == loaded.rules
        assert {name: edited.source_of(name) for name in texts} == {name: loaded.source_of(name) for name in texts}
    assert texts


def test_an_edit_that_cannot_be_made_is_refused_with_every_problem() -> None:
    first = engine(rule(PERMIT, "people"))
    with pytest.raises(RulebookInvalid) as refused:
        first.edited("v2", put=rule(TEAM, "people"), removed=["nobody", "people"])
    assert [(each.rule, each.message) for each in refused.value.problems] == [
        ("nobody", "there is no such rule to remove"),
        ("people", "either remove this rule or put it"),
    ]
    for broken in ("permit (principal);", rule(TEAM, "twice") + rule(TEAM, "twice"), rule(TEAM, "inv-x")):
        with pytest.raises(RulebookInvalid):
            first.edited("v2", put=broken)


def test_a_rule_that_changed_is_read_again() -> None:
    first = engine(rule(PERMIT, "people"), rule(TEAM, "team"))
    with pytest.raises(RulebookInvalid):
        Engine.load(Rulebook(version="v2", text=rule(PERMIT, "people") + rule("permit (team);", "team")), after=first)
    twice = rule(PERMIT, "people") * 2
    with pytest.raises(RulebookInvalid, match="another rule before"):
        Engine.load(Rulebook(version="v2", text=twice), after=first)


def test_what_the_platform_may_write_is_not_taken_from_the_invariants() -> None:
    text = str(invariants().source_of(invariants().rules[0].id))
    with pytest.raises(RulebookInvalid, match="inv-"):
        Engine.load(Rulebook(version="v1", text=text), after=invariants())


def test_the_permit_beneath_the_invariants_is_never_shown() -> None:
    assert all(each.effect is Effect.FORBID and each.id.startswith("inv-") for each in invariants().rules)
    assert invariants().source_of("(the-rest)") is None
    asked = question("Person:gus", "viewPolicies", "Platform:sluicegate")
    assert (invariants().decide(asked).allowed, invariants().decide(asked).rules) == (True, ())


# ---- parsed slices


def written(name: str, text: str = PERMIT) -> WrittenRule:
    parsed, _ = read_rule(Statement(text=rule(text, name), line=1), SCHEMA)
    assert parsed
    return WrittenRule(
        rule=Rule(id=name, title="", owner="", effect=parsed.effect),
        statement=Statement(text=rule(text, name), line=1),
        scope=parsed.scope,
        names=parsed.names,
    )


def test_only_the_last_slices_are_kept_and_the_newest_always() -> None:
    kept, empty = ParsedSlices(most=6), PolicyHandle([], [])
    for numbers in ((1,), (2, 3), ()):
        kept.keep(numbers, empty)
    assert kept.get((1,)) is empty
    kept.keep((4,), empty)
    assert [kept.get(numbers) for numbers in ((1,), (2, 3), (), (4,))] == [empty, None, empty, empty]
    kept.keep(tuple(range(100)), empty)
    assert (len(kept), kept.get(tuple(range(100)))) == (1, empty)


def test_an_edit_leaves_what_was_parsed_for_other_questions() -> None:
    shelf = Shelf().holding([written("people"), written("team", TEAM), written("loans", FORBID)])
    edited = shelf.edited(put=[written("loans", FORBID.replace("forbid", "permit")), written("team", TEAM)], removed=())

    def slices(of: Shelf) -> Iterator[tuple[int, ...]]:
        for action, what in (("query", ("GlueTable", "x")), ("read", LOANS)):
            yield of.matching(
                principal=keys(ADA, SCIENCE, "Person"), action=SCHEMA.action_keys(action), resource=keys(what)
            )

    (before, changed), (after, changed_after) = slices(shelf), slices(edited)
    assert before == after
    assert shelf.parsed(before) is edited.parsed(after)
    assert changed != changed_after


def test_rules_that_do_not_parse_together_are_a_refusal() -> None:
    broken = replace(written("broken"), statement=Statement(text="permit (principal, action", line=1))
    decision = Engine("v1", Shelf().holding([broken]), SCHEMA).decide(READS)
    assert (decision.allowed, decision.why) == (False, Why.FAILED)
    assert decision.errors


def test_threads_that_share_an_engine_get_the_same_answers() -> None:
    shelf = Shelf(ParsedSlices(most=4)).holding([written("people"), written("team", TEAM), written("loans", FORBID)])
    shared, answers = Engine("v1", shelf, SCHEMA), set()

    def ask() -> None:
        for _ in range(30):
            for asked in (READS, QUERIES):
                answers.add((asked.action, shared.decide(asked).why))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {("read", Why.FORBIDDEN), ("query", Why.PERMITTED)}


def test_a_batch_is_answered_slice_by_slice_in_its_own_order() -> None:
    loaded = engine(rule(PERMIT, "people"), rule(FORBID, "no-loans"))
    asks = [("read", ref("S3Prefix:facts")), ("query", ref("GlueTable:loans")), ("read", ref("S3Prefix:reports"))] * 2
    decisions = loaded.decide_all(principal=READS.principal, context=READS.context, entities=COMPANY, asks=asks)
    assert [each.why for each in decisions] == [Why.FORBIDDEN, Why.PERMITTED, Why.PERMITTED] * 2
