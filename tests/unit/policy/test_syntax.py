"""A rule's syntax as data: read from Cedar, written back, and the same again."""

from importlib.resources import files

import pytest

from policy.cedar import syntax_of
from policy.decision import Effect
from policy.printing import printed
from policy.statements import Statement, statements_of
from policy.syntax import (
    AnyEntity,
    Attr,
    Binary,
    BoolLit,
    Clause,
    InActions,
    InEntity,
    IsEntity,
    LongLit,
    OfTypeIn,
    RefLit,
    RuleSyntax,
    TextLit,
    Var,
    children,
    conjuncts,
    everything_in,
    refs_in,
)
from tests.unit.policy.lending import SAMPLE_RULES, ref

INVARIANTS = files("policy").joinpath("schema", "invariants.cedar").read_text(encoding="utf-8")
WRITTEN = (
    *statements_of(SAMPLE_RULES.read_text(encoding="utf-8"))[0],
    *statements_of(INVARIANTS)[0],
)
BODIES = [
    "-5 == 3 - 4 * 2", "-(5) == -context.x", "- -5 == 1", "!(!true)", "!!context.a", "1 > 2 && 2 >= 3",
    "a::b::X::\"q\" == 3",
    "1 != 2 || 1 < 2 && true", "(true && false) && (true && (false || true))", "{a: 1, \"b c\": [1, \"x\"]} == {}",
    "context[\"a b\"][\"if\"] == context.c.d", "context has a.b.c", "context has \"a b\"", "context has a",
    "context.s like \"a*\\\\*\\\"\\u{1F600}\"", "principal is Person", "principal is Person in Team::\"x\"",
    "(if true then 1 else 2) == (if false then 3 else 4)", "if true then context.a else !context.b",
    "principal.hasTag(\"x\") && principal.getTag(\"x\") == \"y\"", "ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/8\"))",
    "ip(\"::1\").isIpv4() || ip(\"::1\").isIpv6() || ip(\"::1\").isLoopback() || ip(\"::1\").isMulticast()",
    "decimal(\"1.0\").lessThan(decimal(\"2.0\")) || decimal(\"1.0\").lessThanOrEqual(decimal(\"2.0\"))",
    "decimal(\"1.0\").greaterThan(decimal(\"2.0\")) || decimal(\"1.0\").greaterThanOrEqual(decimal(\"2.0\"))",
    "[1].contains(1) && [1].containsAll([]) && [1].containsAny([2]) && [].isEmpty()",
    "context.now.offset(duration(\"1d\")).durationSince(datetime(\"2026-01-01\")).toDays() > 1",
    "context.now.toDate() == datetime(\"2026-01-01\") && context.now.toTime().toMilliseconds() == 1",
    "duration(\"1h\").toSeconds() + duration(\"1h\").toMinutes() + duration(\"1h\").toHours() == 5",
    "\"tab\\t quote\\\" backslash\\\\ newline\\n nul\\0 \\u{202e} é // /* ; }\" == \"\"",
    "context.tier in [Tier::\"research\"] && principal in resource", "context.n == -9223372036854775808",
]  # fmt: skip


def read(text: str) -> RuleSyntax:
    return syntax_of(Statement(text=text, line=1))


@pytest.mark.parametrize("statement", WRITTEN, ids=lambda statement: statement.text[4:60].split('"')[1])
def test_every_rule_we_ship_is_read_and_written_back_as_the_same(statement: Statement) -> None:
    rule = syntax_of(statement)
    assert read(printed(rule)) == rule
    assert printed(read(printed(rule))) == printed(rule)


@pytest.mark.parametrize("body", BODIES)
def test_every_kind_of_expression_is_written_back_as_the_same(body: str) -> None:
    rule = read(f"permit (principal, action, resource) when {{ {body} }} unless {{ {body} }};")
    assert read(printed(rule)) == rule


@pytest.mark.parametrize(
    "scope",
    [
        "principal, action, resource", 'principal == A::"1", action == Action::"x", resource in B::"2"',
        'principal is A::C, action in Action::"x", resource is B in D::"2"',
        'principal, action in [Action::"x", Action::"y\\"z"], resource', "principal, action in [], resource",
    ],
)  # fmt: skip
def test_every_kind_of_scope_is_written_back_as_the_same(scope: str) -> None:
    rule = read(f"forbid ({scope});")
    assert read(printed(rule)) == rule


def test_a_rule_is_read_as_what_it_says() -> None:
    rule = read(
        '@id("x") forbid (principal == Person::"ada", action in [Action::"read"], resource is GlueTable in Db::"l")'
        ' when { context.mfa && resource.sensitivity <= 2 } unless { principal in Team::"t" };'
    )
    assert rule == RuleSyntax(
        annotations={"id": "x"},
        effect=Effect.FORBID,
        principal=IsEntity(ref("Person:ada")),
        action=InActions(("read",)),
        resource=OfTypeIn("GlueTable", ref("Db:l")),
        clauses=(
            Clause(
                "when",
                Binary(
                    "and",
                    Attr(Var("context"), "mfa"),
                    Binary("less_eq", Attr(Var("resource"), "sensitivity"), LongLit(2)),
                ),
            ),
            Clause("unless", Binary("in", Var("principal"), RefLit(ref("Team:t")))),
        ),
    )
    assert refs_in(rule) == (ref("Person:ada"), ref("Action:read"), ref("Db:l"), ref("Team:t"))


def test_true_is_not_one() -> None:
    assert read("permit (principal, action, resource) when { 1 };") != read(
        "permit (principal, action, resource) when { true };"
    )


def test_a_chain_is_taken_apart_however_it_is_bracketed() -> None:
    rule = read('permit (principal, action, resource) when { ("a" == "b" && true) && (false && "c" == "d") };')
    assert [type(each).__name__ for each in conjuncts(rule.clauses[0].expr)] == [
        "Binary", "BoolLit", "BoolLit", "Binary",
    ]  # fmt: skip
    assert conjuncts(BoolLit(True)) == (BoolLit(True),)


def test_everything_inside_an_expression_is_found() -> None:
    for body in BODIES:
        rule = read(f"permit (principal, action, resource) when {{ {body} }};")
        found = list(everything_in(rule))
        assert len(found) == 1 + sum(len(children(each)) for each in found)
    texts = read(
        'permit (principal, action, resource) when { if [{a: "1"}] has x then "2" like "*" else "3" is A in "4" };'
    )
    assert [each.value for each in everything_in(texts) if isinstance(each, TextLit)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "text",
    [
        "permit (principal == ?principal, action, resource);",
        "permit (principal, action, resource); permit (principal, action, resource);",
        "",
        "permit (principal, action);",
        f"permit (principal, action, resource) when {{ {' && '.join(['true'] * 150)} }};",
    ],
)
def test_what_is_not_one_rule_that_can_be_read_is_said_to_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(text)


def test_a_scope_without_constraint_is_any_entity() -> None:
    rule = read("permit (principal, action, resource);")
    assert (rule.principal, rule.action, rule.resource) == (AnyEntity(), AnyEntity(), AnyEntity())
    assert read('permit (principal in T::"a", action, resource);').principal == InEntity(ref("T:a"))
