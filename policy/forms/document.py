"""A form as plain JSON values, and back, with every problem by the name of its field."""

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Final, TypeVar, assert_never

from policy.cedar import Json
from policy.decision import Effect
from policy.errors import FieldProblem, FormInvalid
from policy.forms.form import RuleForm
from policy.forms.shapes import Anything, Classes, Condition, Everyone, Exactly, Hours, Match, Named, OfTeams, Within
from policy.forms.words import ConditionKind, Sensitivity
from policy.json_fields import Fields

_MAY: Final = {"may": Effect.PERMIT, "may not": Effect.FORBID}


def form_to_document(form: RuleForm) -> dict[str, Json]:
    """The form as JSON values; what it leaves open is left out."""
    written: dict[str, Json] = {
        "id": form.id,
        "title": form.title,
        "owner": form.owner,
        "advice": form.advice,
        "effect": "may" if form.effect is Effect.PERMIT else "may not",
        "who": _who_document(form.who),
        "actions": list(form.actions),
        "data": _data_document(form.data),
        "classes": None
        if form.classes is None
        else {"match": form.classes.match.value, "names": list(form.classes.names)},
        "without_classes": list(form.without_classes),
        "sensitivity_at_least": form.sensitivity_at_least and form.sensitivity_at_least.value,
        "sensitivity_at_most": form.sensitivity_at_most and form.sensitivity_at_most.value,
        "tiers": list(form.tiers),
        "purposes": list(form.purposes),
        "except_purposes": list(form.except_purposes),
        "hours": None
        if form.hours is None
        else {"start": f"{form.hours.start:%H:%M}", "end": f"{form.hours.end:%H:%M}"},
        "first_day": None if form.first_day is None else form.first_day.isoformat(),
        "last_day": None if form.last_day is None else form.last_day.isoformat(),
        "conditions": [_condition_document(each) for each in form.conditions],
        "exceptions": [_condition_document(each) for each in form.exceptions],
    }
    return _without_gaps(written)


def form_from_document(document: object) -> RuleForm:
    """The form that JSON values say; FormInvalid with every problem found, unknown fields included."""
    problems: list[FieldProblem] = []
    fields = Fields(document, "", problems)
    rule_id, title, owner = (fields.text(name) for name in ("id", "title", "owner"))
    effect = fields.choice("effect", _MAY)
    advice = fields.text_or_none("advice")
    who = _who(fields.inner("who"))
    data = _data(fields.inner("data"))
    actions = fields.texts("actions")
    classes = _classes(fields.inner_or_none("classes"))
    without = fields.texts("without_classes", ())
    levels = {level.value: level for level in Sensitivity}
    least, most = (fields.choice_or_none(f"sensitivity_at_{end}", levels) for end in ("least", "most"))
    tiers, purposes, except_purposes = (fields.texts(name, ()) for name in ("tiers", "purposes", "except_purposes"))
    hours = _hours(fields.inner_or_none("hours"))
    first_day, last_day = (
        fields.parsed_or_none(name, _day, "a day such as 2026-12-31") for name in ("first_day", "last_day")
    )
    conditions, exceptions = (
        tuple(_condition(each) for each in fields.list_of(name)) for name in ("conditions", "exceptions")
    )
    fields.check_all_read()
    if problems or effect is None or who is None or data is None:
        raise FormInvalid(tuple(problems))
    return RuleForm(
        id=rule_id,
        title=title,
        owner=owner,
        advice=advice,
        effect=effect,
        who=who,
        actions=actions,
        data=data,
        classes=classes,
        without_classes=without,
        sensitivity_at_least=least,
        sensitivity_at_most=most,
        tiers=tiers,
        purposes=purposes,
        except_purposes=except_purposes,
        hours=hours,
        first_day=first_day,
        last_day=last_day,
        conditions=tuple(each for each in conditions if each is not None),
        exceptions=tuple(each for each in exceptions if each is not None),
    )


def _who_document(who: Everyone | Named | OfTeams) -> dict[str, Json]:
    match who:
        case Everyone(kind=kind):
            return _without_gaps({"is": "everyone", "kind": kind})
        case Named(kind=kind, id=name):
            return {"is": "named", "kind": kind, "id": name}
        case OfTeams(teams=teams, kind=kind):
            return _without_gaps({"is": "of-teams", "teams": list(teams), "kind": kind})
        case _:
            assert_never(who)


def _data_document(data: Anything | Exactly | Within) -> dict[str, Json]:
    match data:
        case Anything(kind=kind):
            return _without_gaps({"is": "anything", "kind": kind})
        case Exactly(kind=kind, id=name):
            return {"is": "exactly", "kind": kind, "id": name}
        case Within(kind=kind, ids=ids, only=only):
            return _without_gaps({"is": "within", "kind": kind, "ids": list(ids), "only": only})
        case _:
            assert_never(data)


def _condition_document(condition: Condition) -> dict[str, Json]:
    return _without_gaps({"is": condition.kind.value, "value": condition.value})


def _without_gaps(written: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in written.items() if value not in (None, [])}


def _who(fields: Fields) -> Everyone | Named | OfTeams | None:
    made: dict[str, Callable[[], Everyone | Named | OfTeams]] = {
        "everyone": lambda: Everyone(kind=fields.text_or_none("kind")),
        "named": lambda: Named(kind=fields.text("kind"), id=fields.text("id")),
        "of-teams": lambda: OfTeams(teams=fields.texts("teams"), kind=fields.text_or_none("kind")),
    }
    return _made(fields, made)


def _data(fields: Fields) -> Anything | Exactly | Within | None:
    made: dict[str, Callable[[], Anything | Exactly | Within]] = {
        "anything": lambda: Anything(kind=fields.text_or_none("kind")),
        "exactly": lambda: Exactly(kind=fields.text("kind"), id=fields.text("id")),
        "within": lambda: Within(kind=fields.text("kind"), ids=fields.texts("ids"), only=fields.text_or_none("only")),
    }
    return _made(fields, made)


_Made = TypeVar("_Made")


def _made(fields: Fields, made: Mapping[str, Callable[[], _Made]]) -> _Made | None:
    """What the field `is` says it is, from the other fields."""
    make = fields.choice("is", made)
    if make is None:
        return None
    result = make()
    fields.check_all_read()
    return result


def _condition(fields: Fields) -> Condition | None:
    kind = fields.choice("is", {kind.value: kind for kind in ConditionKind})
    value = fields.text_or_none("value")
    fields.check_all_read()
    return None if kind is None else Condition(kind=kind, value=value)


def _classes(fields: Fields | None) -> Classes | None:
    if fields is None:
        return None
    match = fields.choice("match", {match.value: match for match in Match})
    names = fields.texts("names")
    fields.check_all_read()
    return None if match is None else Classes(match=match, names=names)


def _hours(fields: Fields | None) -> Hours | None:
    if fields is None:
        return None
    start, end = (
        fields.parsed_or_none(name, _minute, "hours and minutes in UTC, such as 08:30") for name in ("start", "end")
    )
    fields.check_required("start", "end")
    fields.check_all_read()
    return None if start is None or end is None else Hours(start=start, end=end)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _minute(text: str) -> time | None:
    try:
        moment = time.fromisoformat(text)
    except ValueError:
        return None
    return moment if f"{moment:%H:%M}" == text else None
