"""What a rulebook has to be before it may decide anything."""

import pytest

from policy import Effect, Engine, Rule, Rulebook, RulebookInvalid
from tests.unit.policy.lending import engine, rule, sample_engine

FINE = 'permit (principal in Team::"lending-science", action == Action::"read", resource);'


def problems(text: str) -> list[tuple[int, str | None, str]]:
    """Everything that is wrong with a text, as (line, rule, message)."""
    with pytest.raises(RulebookInvalid) as refused:
        Engine.load(Rulebook(version="draft", text=text))
    return [(problem.line, problem.rule, problem.message) for problem in refused.value.problems]


def test_a_rule_is_known_by_its_annotations() -> None:
    loaded = engine(rule(FINE, "read-loans", advice="Ask the owner."))
    assert loaded.version == "v1"
    assert loaded.rules == (
        Rule(id="read-loans", title="A rule", owner="somebody", effect=Effect.PERMIT, advice="Ask the owner."),
    )


def test_the_source_of_a_rule_is_what_its_author_wrote() -> None:
    text = rule(FINE.replace("resource)", "resource) // not the reports\n"), "commented")
    assert engine("// before\n" + text).source_of("commented") == text.strip()
    assert engine(text).source_of("another") is None


def test_an_empty_rulebook_is_a_rulebook() -> None:
    assert engine().rules == ()


@pytest.mark.parametrize("missing", ["id", "title", "owner"])
def test_every_rule_says_its_id_title_and_owner(missing: str) -> None:
    lines = [line for line in rule(FINE).splitlines() if not line.startswith(f"@{missing}")]
    assert [message for _, _, message in problems("\n".join(lines))] == [f'add @{missing}("…")']
    blank = rule(FINE).replace(f"@{missing}(", f'@{missing}("  ")\n//').strip()
    assert f'add @{missing}("…")' in [message for _, _, message in problems(blank)]
    bare = rule(FINE).replace(f"@{missing}(", f"@{missing}\n//").strip()
    assert [message for _, _, message in problems(bare)] == [f'add @{missing}("…")']


def test_an_id_is_given_once() -> None:
    (found,) = problems(rule(FINE, "twice") + rule(FINE, "once") + rule(FINE, "twice"))
    assert found == (9, "twice", "another rule before has this @id")


def test_an_id_that_only_looks_different_is_no_id() -> None:
    assert "lower-case letters" in problems(rule(FINE, "Read"))[0][2]
    assert "lower-case letters" in problems(rule(FINE, "reаd"))[0][2]
    assert "lower-case letters" in problems(rule(FINE, "read\\u{6f}x;"))[0][2]


def test_an_unknown_annotation_is_refused_because_it_would_do_nothing() -> None:
    ((_, _, message),) = problems('@advise("typing error")\n' + rule(FINE))
    assert message == "@advise means nothing here; annotations are advice, id, owner, title"


def test_an_annotation_is_one_printable_line() -> None:
    assert "one line" in problems(rule(FINE, advice="a\nb"))[0][2]
    assert "one line" in problems(rule(FINE, advice="evil \\u{202e} text"))[0][2]
    assert "one line" in problems(rule(FINE, advice="x" * 501))[0][2]


@pytest.mark.parametrize("condition", ["", "when { true }", 'unless { context.now < datetime("2026-01-01") }'])
def test_a_permit_without_any_scope_is_refused(condition: str) -> None:
    ((_, _, message),) = problems(rule(f"permit (principal, action, resource) {condition};"))
    assert message == "name a principal, an action or a resource: this permits everyone to do everything"


def test_a_forbid_without_scope_is_fine() -> None:
    assert engine(rule("forbid (principal, action, resource);")).rules[0].effect is Effect.FORBID


def test_an_editable_rule_cannot_pose_as_an_invariant() -> None:
    assert "nowhere else" in problems(rule(FINE, "inv-mine"))[0][2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('permit (principal in Crew::"x", action, resource);', "unrecognized entity type `Crew`"),
        ('permit (principal, action == Action::"raed", resource);', 'unrecognized action `Action::"raed"`'),
        (
            'forbid (principal, action in Action::"use", resource) when { context.teir == context.tier };',
            "teir",
        ),
        (
            'forbid (principal, action in Action::"use", resource) when { context.tier == Tier::"reserch" };',
            "reserch",
        ),
        (
            'permit (principal, action == Action::"read", resource) when { resource.sensitivity <= "2" };',
            "Long",
        ),
        ('permit (principal, action == Action::"read", resource) when { resource.zone == "lake" };', "zone"),
        ("permit (principal == ?principal, action, resource);", "slots"),
        ("permit (principal is Person action, resource);", "unexpected token"),
        ("allow (principal, action, resource);", "allow"),
        ("permit (principal is Person, action, resource) when { };", "cannot be empty"),
    ],
)
def test_a_rule_that_does_not_fit_the_schema_is_refused(text: str, said: str) -> None:
    found = problems(rule(FINE, "fine") + rule(text, "wrong"))
    assert any(said in message for _, _, message in found), found
    assert {line for line, _, _ in found} == {5}
    assert all("policy0" not in message for _, _, message in found)


def test_every_problem_is_told_at_once_in_the_order_of_the_text() -> None:
    found = problems(
        rule('permit (principal, action == Action::"nope", resource);', "one")
        + rule("permit (principal, action, resource);", "two")
        + rule(FINE, "one")
    )
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)
    assert {(line, name) for line, name, _ in found} == {(1, "one"), (5, "two"), (9, "one")}


def test_a_long_chain_cannot_hide_a_typing_error_from_the_validator() -> None:
    chain = "principal" + "".join('["nonsense"]' for _ in range(200)) + " == principal"
    text = f'forbid (principal, action == Action::"read", resource) when {{ {chain} }};'
    assert "nonsense" in problems(rule(text))[0][2]


def test_a_problem_reads_as_a_sentence_with_its_place() -> None:
    with pytest.raises(RulebookInvalid) as refused:
        engine(rule("permit (principal, action, resource);", "too-much"))
    assert "\n  line 1 (too-much): name a principal" in str(refused.value)


def test_the_sample_organisations_rules_are_a_rulebook() -> None:
    loaded = sample_engine()
    assert len(loaded.rules) >= 20
    named = {each.id: each for each in loaded.rules}["forbid-personal-attributes-in-research"]
    assert named.title == "Personal attributes stay out of research"
    assert named.effect is Effect.FORBID
    assert "loan facts" in (named.advice or "")
    assert "validation" in (named.advice or "")
