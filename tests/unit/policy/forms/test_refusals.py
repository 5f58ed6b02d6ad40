"""Whatever is typed into a form's fields is inert or refused by the field's name; it never becomes a rule."""

from datetime import date, time
from typing import Any

import pytest

from policy import Effect
from policy.errors import FormInvalid
from policy.forms import (
    Anything,
    Classes,
    Condition,
    ConditionKind,
    Everyone,
    Exactly,
    Hours,
    Match,
    Named,
    OfTeams,
    RuleForm,
    Sensitivity,
    Within,
    form_from_document,
    form_to_document,
    from_cedar,
    to_cedar,
)
from policy.statements import statements_of
from tests.unit.policy.forms.lending_forms import SIMPLE, form

INERT = [
    'A-0001" || true || principal == User::"x',
    'x") permit (principal, action, resource); @id("y',
    "x\\",
    'x\\" }; permit (principal, action, resource); //',
]
UNSEEN = [
    "x\n}; permit(principal,action,resource); //", "a\rb", "a\x00b", "a\tb", "a\u2028b", "a\u202eb", "a\u2066b",
    "a\u200bb", "a\u200db", "a\ufeffb", "a\xadb", "a\u180eb", "a\ufe0fb", "a\u3164b", "a\udc00b",
]  # fmt: skip
INJECTIONS = [*INERT, *UNSEEN]
HARMLESS = ['say "yes" // or; no }', "\\u{202e} \\n", "Kreditwürdigkeit — ja", "信用リスク", "? : ' ` $ {0} %s"]
LOOK_ALIKES = ["lending-sсience", "аlice", "lendıng", "Κ", "ﬁnance", "lending–science", "ａ", "е́", "a\u0301", "a\xa0b"]


def test_harmless_signs_in_a_title_stay_what_they_are() -> None:
    for title in (
        'say "yes" // or; no }',
        "\\u{202e} \\n",
        "Kreditwürdigkeit prüfen — ja",
        "信用リスク",
        "? : ' ` $ {0} %s",
    ):
        found = from_cedar(to_cedar(form(title=title, advice=title)))
        assert isinstance(found, RuleForm)
        assert (found.title, found.advice) == (title, title)


@pytest.mark.parametrize("typed", UNSEEN)
@pytest.mark.parametrize("field", ["title", "owner", "advice"])
def test_a_line_for_people_takes_no_line_break_and_nothing_unseen(field: str, typed: str) -> None:
    with pytest.raises(FormInvalid, match=r"U\+[0-9A-F]{4}") as refused:
        form(**{field: typed})
    assert [problem.field for problem in refused.value.problems] == [field]
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("typed", INERT)
@pytest.mark.parametrize("field", ["title", "owner", "advice"])
def test_quotes_and_backslashes_do_nothing_in_a_line_for_people(field: str, typed: str) -> None:
    written = to_cedar(form(**{field: typed}))
    statements, problems = statements_of(written)
    assert (len(statements), problems) == (1, ())
    assert from_cedar(written) == form(**{field: typed})


LEVEL = Sensitivity.INTERNAL
NAMES: list[tuple[str, Any]] = [
    ("who.id", lambda name: form(who=Named(kind="person", id=name))),
    ("who.teams[0]", lambda name: form(who=OfTeams(teams=(name,)))),
    ("data.id", lambda name: form(data=Exactly(kind="table", id=name))),
    ("data.ids[1]", lambda name: form(data=Within(kind="database", ids=("ok", name)))),
    ("classes.names[0]", lambda name: form(classes=Classes(match=Match.ANY, names=(name,)))),
    ("without_classes[0]", lambda name: form(without_classes=(name,))),
    ("purposes[0]", lambda name: form(purposes=(name,))),
    ("except_purposes[0]", lambda name: form(except_purposes=(name,))),
    ("conditions[0].value", lambda name: form(conditions=(Condition(kind=ConditionKind.IN_TEAM, value=name),))),
    ("exceptions[0].value", lambda name: form(exceptions=(Condition(kind=ConditionKind.FOR_ACTIVITY, value=name),))),
    ("id", lambda name: form(id=name)),
    ("actions[0]", lambda name: form(actions=(name,))),
    ("tiers[0]", lambda name: form(tiers=(name,))),
    ("who.kind", lambda name: form(who=Everyone(kind=name))),
    ("data.kind", lambda name: form(data=Anything(kind=name))),
    ("data.only", lambda name: form(data=Within(kind="database", ids=("d",), only=name))),
    ("conditions[0].value", lambda name: form(
        actions=("write",), data=Anything(kind="prefix"), conditions=(Condition(kind=ConditionKind.ZONE, value=name),)
    )),
]  # fmt: skip


@pytest.mark.parametrize(("field", "made"), NAMES)
@pytest.mark.parametrize("typed", [*INJECTIONS, *LOOK_ALIKES, "", " x", "x" * 1201])
def test_no_id_takes_a_quote_a_control_or_a_letter_that_looks_like_another(field: str, made: Any, typed: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        made(typed)
    assert field in {problem.field for problem in refused.value.problems}
    assert refused.value.code == "rule-form-invalid"


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("id", {"id": "inv-mine"}),
        ("id", {"id": "Upper"}),
        ("id", {"id": "x" * 101}),
        ("title", {"title": "  "}),
        ("title", {"title": "x" * 501}),
        ("actions", {"actions": ()}),
        ("actions", {"actions": ("read", "read")}),
        ("actions", {"actions": ("read", "sign-contract")}),
        ("who.teams", {"who": OfTeams(teams=())}),
        ("who.teams", {"who": OfTeams(teams=tuple(f"t{n}" for n in range(51)))}),
        ("who.kind", {"who": Everyone(kind="team")}),
        ("data.ids", {"data": Within(kind="database", ids=())}),
        ("data", {"data": Anything(kind="model")}),
        ("data", {"data": Within(kind="database", ids=("d",), only="prefix")}),
        ("classes.names", {"classes": Classes(match=Match.ANY, names=())}),
        ("classes.names", {"classes": Classes(match=Match.ALL, names=("a",))}),
        (
            "classes",
            {"classes": Classes(match=Match.ANY, names=("a",)), "actions": ("view-contracts",), "data": Anything()},
        ),
        (
            "sensitivity_at_most",
            {"sensitivity_at_most": Sensitivity.PUBLIC, "actions": ("view-contracts",), "data": Anything()},
        ),
        (
            "sensitivity_at_most",
            {"sensitivity_at_least": Sensitivity.RESTRICTED, "sensitivity_at_most": Sensitivity.PUBLIC},
        ),
        ("tiers", {"tiers": ("research",), "actions": ("sign-contract",), "data": Anything()}),
        ("purposes", {"purposes": ("a",), "actions": ("sign-contract",), "data": Anything()}),
        ("hours", {"hours": Hours(start=time(8), end=time(8))}),
        ("hours.start", {"hours": Hours(start=time(8, 0, 1), end=time(9))}),
        ("last_day", {"first_day": date(2026, 2, 1), "last_day": date(2026, 1, 31)}),
        ("last_day", {"last_day": date.max}),
        ("first_day", {"first_day": date.min}),
        ("conditions", {"conditions": (Condition(kind=ConditionKind.MFA),) * 2}),
        ("conditions[0].value", {"conditions": (Condition(kind=ConditionKind.MFA, value="x"),)}),
        ("conditions[0].value", {"conditions": (Condition(kind=ConditionKind.TRAINING),)}),
        ("conditions[0]", {"conditions": (Condition(kind=ConditionKind.TRAINING, value="x"),)}),
        ("conditions[0]", {"conditions": (Condition(kind=ConditionKind.HOLDER_OF_IT),)}),
        ("conditions[0]", {"conditions": (Condition(kind=ConditionKind.MEMBER_OF_ITS_ACTIVITY),)}),
        ("conditions[0]", {"conditions": (Condition(kind=ConditionKind.ZONE, value="lake"),)}),
        (
            "exceptions[0]",
            {
                "exceptions": (Condition(kind=ConditionKind.OWNER_OF_ITS_ACTIVITY),),
                "actions": ("view-activity",),
                "data": Anything(),
            },
        ),
        (
            "conditions[0]",
            {
                "conditions": (Condition(kind=ConditionKind.FOR_ACTIVITY, value="a"),),
                "actions": ("view-activity",),
                "data": Anything(),
            },
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_field(field: str, changed: dict[str, object]) -> None:
    with pytest.raises(FormInvalid) as refused:
        form(**changed)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("id", {"id": 7}),
        ("title", {"title": None}),
        ("effect", {"effect": "permit"}),
        ("effect", {"effect": None}),
        ("who", {"who": "everyone"}),
        ("who", {"who": None}),
        ("who.is", {"who": {}}),
        ("who.teams", {"who": {"is": "of-teams"}}),
        ("who.teams", {"who": {"is": "of-teams", "teams": "a"}}),
        ("who.teams[0]", {"who": {"is": "of-teams", "teams": [1]}}),
        ("who.id", {"who": {"is": "everyone", "id": "x"}}),
        ("actions", {"actions": None}),
        ("actions[1]", {"actions": ["read", True]}),
        ("data.ids", {"data": {"is": "within", "kind": "database"}}),
        ("sensitivity_at_most", {"sensitivity_at_most": 2}),
        ("sensitivity_at_most", {"sensitivity_at_most": "secret"}),
        ("first_day", {"first_day": "1.3.2026"}),
        ("first_day", {"first_day": "20260301"}),
        ("hours.start", {"hours": {"start": "8:30", "end": "09:00"}}),
        ("hours.end", {"hours": {"start": "08:30"}}),
        ("hours", {"hours": []}),
        ("conditions[0].is", {"conditions": [{"is": "drunk"}]}),
        ("conditions[0].note", {"conditions": [{"is": "mfa", "note": 1}]}),
        ("conditions", {"conditions": {}}),
        ("weekdays", {"weekdays": ["monday"]}),
        ("tiers", {"tiers": ["research"] * 501}),
        ("classes.match", {"classes": {"names": ["a"]}}),
    ],
)
def test_a_document_that_is_no_form_is_refused_by_the_name_of_its_field(field: str, changed: dict[str, object]) -> None:
    with pytest.raises(FormInvalid) as refused:
        form_from_document({**form_to_document(SIMPLE), **changed})
    assert [problem.field for problem in refused.value.problems] == [field]


def test_what_is_no_object_is_no_form() -> None:
    documents: tuple[object, ...] = (None, [], "x", 1)
    for document in documents:
        with pytest.raises(FormInvalid, match="object"):
            form_from_document(document)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(FormInvalid) as refused:
        form(id="X", title="", actions=("fly",), effect=Effect.PERMIT)
    assert {problem.field for problem in refused.value.problems} == {"id", "title", "actions[0]"}
