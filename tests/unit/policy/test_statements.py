"""Text is measured before Cedar may see it."""

import subprocess
import sys

import cedarpy
import pytest

from policy import Engine, Rulebook, RulebookInvalid
from policy.statements import (
    MAX_CHAIN,
    MAX_NESTING,
    MAX_PATH,
    MAX_RULE_BYTES,
    MAX_RULEBOOK_BYTES,
    statements_of,
)
from tests.unit.policy.lending import engine, rule

DEEP = 8000
# What makes Cedar's tree deep, as a condition nested n times.
NESTED = {
    "parentheses": lambda n: "(" * n + "true" + ")" * n,
    "sets": lambda n: "[" * n + "]" * n + " == []",
    "records": lambda n: "{a: " * n + "1" + "}" * n + " == {}",
    "ifs in the then": lambda n: "if true then " * n + "true" + " else false" * n,
    "ifs in the else": lambda n: "if true then true else " * n + "true",
    "ifs in the condition": lambda n: "if " * n + "true" + " then true else false" * n,
    "calls": lambda n: "principal.contains(" * n + "1" + ")" * n,
    "negated brackets": lambda n: "-(" * n + "1" + ")" * n + " < 0",
}
CHAINED = {
    "and": lambda n: "true" + " && true" * n,
    "or": lambda n: "false" + " || false" * n,
    "plus": lambda n: "1" + " + 1" * n + " > 0",
    "not": lambda n: "!" * n + "true",
    "minus": lambda n: "-" * n + "1 < 0",
    "indexes": lambda n: "principal" + '["uid"]' * n + ' == ""',
}
CHILD = """
import sys, cedarpy
text = sys.stdin.read()
cedarpy.validate_policies(text, 'entity A; action b appliesTo { principal: A, resource: A };')
print('survived')
"""


def when(condition: str) -> str:
    return f'permit (principal, action == Action::"read", resource) when {{ {condition} }};'


def complaints(text: str) -> list[str]:
    """What is wrong with a text before Cedar sees it."""
    return [problem.message for problem in statements_of(text)[1]]


@pytest.mark.parametrize("kind", ["parentheses", "sets", "ifs in the then", "ifs in the else", "calls"])
def test_nesting_that_ends_a_process_in_cedar_is_refused_here_with_what_to_do(kind: str) -> None:
    text = when(NESTED[kind](DEEP))
    child = subprocess.run([sys.executable, "-c", CHILD], input=text, capture_output=True, text=True, check=False)
    assert child.returncode < 0, (child.returncode, child.stdout)

    with pytest.raises(RulebookInvalid, match="say it in several rules") as refused:
        engine(rule("permit (principal is Person, action, resource);", "fine"), rule(text, "deep"))
    assert {problem.line >= 5 for problem in refused.value.problems} == {True}


@pytest.mark.parametrize("kind", NESTED)
def test_every_kind_of_nesting_is_bounded(kind: str) -> None:
    assert complaints(when(NESTED[kind](MAX_NESTING - 4))) == []
    assert len(complaints(when(NESTED[kind](MAX_NESTING + 1)))) == 1
    assert complaints(when(NESTED[kind](DEEP))) != []


@pytest.mark.parametrize("kind", CHAINED)
def test_every_kind_of_chain_is_bounded(kind: str) -> None:
    assert complaints(when(CHAINED[kind](MAX_CHAIN - 20))) == []
    assert complaints(when(CHAINED[kind](MAX_CHAIN + 1))) != []


def test_many_conditions_are_a_chain() -> None:
    assert complaints("permit (principal, action, resource)" + " when { true }" * (MAX_CHAIN + 1) + ";") != []


def test_a_chain_inside_brackets_counts_where_it_ends_up() -> None:
    half = "true" + " && true" * (MAX_CHAIN // 2 + 1)
    assert complaints(when(f"({half})")) == []
    assert complaints(when(f"({half}) && {half}")) != []


def test_what_stands_side_by_side_is_not_nested() -> None:
    assert complaints(when("[" + "principal.uid, " * 1000 + '""].contains("")')) == []
    assert complaints(when("[" + "if true then 1 else 2, " * 1000 + "3].contains(1)")) == []


def test_a_long_path_is_refused() -> None:
    assert complaints(when("principal has " + ".".join("a" * (MAX_PATH + 1)))) == []
    assert complaints(when("principal has " + ".".join("a" * (MAX_PATH + 2)))) != []


def test_brackets_in_strings_and_comments_are_text() -> None:
    text = when('context.x == "' + "(" * 500 + r"\"[[[" + '" // ' + "{" * 500 + '"\n')
    assert complaints(text) == []
    assert len(statements_of(text)[0]) == 1


def test_a_comment_ends_where_cedar_ends_it() -> None:
    hidden = "permit (principal, action, resource); // and \r" + when("(" * DEEP + "true" + ")" * DEEP)
    assert complaints(hidden) == ["remove the invisible character U+000D"]
    assert complaints(hidden.replace("\r", "\r\n")) != []
    assert complaints("permit (principal, action, resource); // and \r\n") == []


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800"]
)
def test_characters_that_mislead_the_reader_are_refused_with_their_line(character: str) -> None:
    _, (problem,) = statements_of(f"// fine\n// before {character} after\n")
    assert problem.line == 2
    assert f"U+{ord(character):04X}" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('\n@id("never', 2, "this string never ends"),
        ('@id("a\\\n") permit (principal, action, resource);', 1, "this string never ends"),
        ("permit (principal, action, resource)\n", 1, "does not end with `;`"),
        ("\n\npermit (principal, action, resource;", 3, "`;` before the `)`"),
        ("permit (principal], action);", 1, "`]` closes nothing"),
        ("permit (principal, action, resource)); ", 1, "`)` closes nothing"),
        ("permit (principal == Рerson, action, resource);", 1, "unexpected character 'Р'"),
        ("permit (principal == 'a', action, resource);", 1, "unexpected character"),
    ],
)
def test_text_that_cannot_be_read_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    _, (problem,) = statements_of(text)
    assert (problem.line, said in problem.message) == (line, True), problem


def test_length_is_bounded_a_rule_and_a_rulebook() -> None:
    wide = when("[" + "1, " * (MAX_RULE_BYTES // 3) + "1].contains(1)")
    assert "at most 65,536" in complaints(wide)[0]
    assert "at most 1,048,576" in complaints("/" * (MAX_RULEBOOK_BYTES + 1))[0]


def test_statements_are_cut_as_cedar_cuts_them() -> None:
    text = "// first\n" + rule(when('context.a == ";"'), "one") + "\n// a ; in between\n" + rule(when("true"), "two")
    statements, problems = statements_of(text)
    assert problems == ()
    assert [statement.line for statement in statements] == [2, 8]
    assert len(cedarpy.PolicySet.from_str(text)) == 2
    assert [len(cedarpy.PolicySet.from_str(statement.text)) for statement in statements] == [1, 1]
    assert statements[0].text.startswith('@id("one")')


def test_a_rulebook_of_many_rules_is_measured_in_one_pass() -> None:
    rules = [rule(when("true"), f"rule-{number}") for number in range(5000)]
    statements, problems = statements_of("\n".join(rules))
    assert (len(statements), problems) == (5000, ())
    assert statements[-1].line == 4999 * 5 + 1


def test_nothing_of_a_refused_text_is_loaded() -> None:
    with pytest.raises(RulebookInvalid) as refused:
        Engine.load(Rulebook(version="draft-7", text=rule(when("(" * 61 + "true" + ")" * 61))))
    assert refused.value.version == "draft-7"
    assert refused.value.code == "rulebook-invalid"
