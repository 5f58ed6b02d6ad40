"""A rule as a form: the closed set of shapes that can be shown as fields and said in one sentence.

A form that exists is a rule: it fits the schema, and nothing in it can be taken for anything else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from policy.decision import Effect
from policy.errors import FieldProblem, FormInvalid
from policy.forms.fitting import unfitting
from policy.forms.shapes import Anything, Classes, Condition, Everyone, Exactly, Hours, Match, Named, OfTeams, Within
from policy.forms.words import (
    ConditionKind,
    Sensitivity,
    Zone,
    actions,
    container_kinds,
    principal_kinds,
    resource_kinds,
    tiers,
)

_RULE_ID: Final = re.compile(r"(?!inv-)[a-z0-9]+(?:-[a-z0-9]+)*\Z", re.ASCII)
_LONGEST_RULE_ID: Final = 100
_LONGEST_TEXT: Final = 500
_LONGEST_NAME: Final = 1200  # a key of S3 has 1,024 bytes, and its bucket is before it
_MOST: Final = 50
_YEARS: Final = range(1970, 3000)
# Characters that count as printable and show as nothing, or change what the one before them looks like.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForm:
    """A rule of a known shape; what is empty or None constrains nothing.

    All that is said has to hold for the rule to apply, all of `conditions` included; it does not apply where
    all of `exceptions` hold. Days are whole days in UTC, both included. FormInvalid with every problem.
    """

    id: str
    title: str
    owner: str
    effect: Effect
    who: Everyone | Named | OfTeams
    actions: tuple[str, ...]
    data: Anything | Exactly | Within
    advice: str | None = None
    classes: Classes | None = None
    without_classes: tuple[str, ...] = ()
    sensitivity_at_least: Sensitivity | None = None
    sensitivity_at_most: Sensitivity | None = None
    tiers: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    except_purposes: tuple[str, ...] = ()
    hours: Hours | None = None
    first_day: date | None = None
    last_day: date | None = None
    conditions: tuple[Condition, ...] = ()
    exceptions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)) or tuple(unfitting(self)):
            raise FormInvalid(problems)


def _problems(form: RuleForm) -> Iterator[FieldProblem]:
    """What is wrong with each field by itself."""
    if len(form.id) > _LONGEST_RULE_ID or not _RULE_ID.match(form.id):
        problem = (
            f"give at most {_LONGEST_RULE_ID} lower-case letters, digits and single hyphens, not starting with inv-"
        )
        yield FieldProblem(field="id", message=problem)
    yield from _text(form.title, "title")
    yield from _text(form.owner, "owner")
    if form.advice is not None:
        yield from _text(form.advice, "advice")
    yield from _who(form.who)
    yield from _data(form.data)
    if not form.actions:
        yield FieldProblem(field="actions", message="name at least one action")
    yield from _each_of(form.actions, "actions", actions())
    yield from _each_of(form.tiers, "tiers", tiers())
    yield from _names(form.without_classes, "without_classes")
    yield from _names(form.purposes, "purposes")
    yield from _names(form.except_purposes, "except_purposes")
    if form.classes is not None:
        yield from _names(form.classes.names, "classes.names")
        if len(form.classes.names) < (2 if form.classes.match is Match.ALL else 1):
            yield FieldProblem(field="classes.names", message="name one class, or two and more to demand all of them")
    if form.hours is not None:
        for name, moment in (("hours.start", form.hours.start), ("hours.end", form.hours.end)):
            if moment.tzinfo is not None or moment.second or moment.microsecond:
                yield FieldProblem(field=name, message="give hours and minutes in UTC, such as 08:30")
        if form.hours.start == form.hours.end:
            yield FieldProblem(
                field="hours", message="leave the hours out, or let them end at another time than they start"
            )
    for name, day in (("first_day", form.first_day), ("last_day", form.last_day)):
        if day is not None and day.year not in _YEARS:
            yield FieldProblem(field=name, message=f"give a day from {_YEARS[0]} to {_YEARS[-1]}")
    if form.first_day and form.last_day and form.last_day < form.first_day:
        yield FieldProblem(field="last_day", message=f"is before the first day, {form.first_day.isoformat()}")
    least, most = form.sensitivity_at_least, form.sensitivity_at_most
    if least is not None and most is not None and most.rank < least.rank:
        yield FieldProblem(field="sensitivity_at_most", message=f"is below the least, {least.value}")
    yield from _conditions(form.conditions, "conditions")
    yield from _conditions(form.exceptions, "exceptions")


def _who(who: Everyone | Named | OfTeams) -> Iterator[FieldProblem]:
    yield from _one_of(who.kind, "who.kind", principal_kinds())
    match who:
        case Named(id=name):
            yield from _name(name, "who.id")
        case OfTeams(teams=teams):
            yield from _names(teams, "who.teams")
            if not teams:
                yield FieldProblem(field="who.teams", message="name at least one team")
        case Everyone():
            pass


def _data(data: Anything | Exactly | Within) -> Iterator[FieldProblem]:
    match data:
        case Anything(kind=kind):
            yield from _one_of(kind, "data.kind", resource_kinds())
        case Exactly(kind=kind, id=name):
            yield from _one_of(kind, "data.kind", resource_kinds())
            yield from _name(name, "data.id")
        case Within(kind=kind, ids=ids, only=only):
            yield from _one_of(kind, "data.kind", container_kinds())
            yield from _one_of(only, "data.only", resource_kinds())
            yield from _names(ids, "data.ids")
            if not ids:
                yield FieldProblem(field="data.ids", message="name at least one")


def _conditions(conditions: tuple[Condition, ...], field: str) -> Iterator[FieldProblem]:
    yield from _repeats(conditions, field)
    for place, condition in enumerate(conditions):
        where = f"{field}[{place}].value"
        takes = condition.kind.takes
        if takes is None and condition.value is not None:
            yield FieldProblem(field=where, message=f"{condition.kind.value} takes no value")
        elif takes is not None and condition.value is None:
            yield FieldProblem(field=where, message=f"name {takes}")
        elif condition.value is not None and condition.kind is ConditionKind.ZONE:
            yield from _one_of(condition.value, where, {zone.value for zone in Zone})
        elif condition.value is not None:
            yield from _name(condition.value, where)


def _text(text: str, field: str) -> Iterator[FieldProblem]:
    """A line for people: any language, nothing that is not seen."""
    if not text.strip() or len(text) > _LONGEST_TEXT:
        yield FieldProblem(field=field, message=f"write one line of at most {_LONGEST_TEXT} characters")
    unseen = next((c for c in text if not c.isprintable() or _UNSEEN.match(c)), None)
    if unseen is not None:
        yield FieldProblem(field=field, message=f"take out {_called(unseen)}, which cannot be seen")


def _names(names: tuple[str, ...], field: str) -> Iterator[FieldProblem]:
    yield from _repeats(names, field)
    for place, name in enumerate(names):
        yield from _name(name, f"{field}[{place}]")


def _name(name: str, field: str) -> Iterator[FieldProblem]:
    """An id of the registry's: ASCII, because a letter of another alphabet may look like one of them."""
    odd = next((c for c in name if not c.isascii() or not c.isprintable() or c in '"\\'), None)
    if odd is not None:
        yield FieldProblem(field=field, message=f"{_called(odd)} is in no id; choose it from the list")
    elif not name or name != name.strip() or len(name) > _LONGEST_NAME:
        message = f"give an id of 1 to {_LONGEST_NAME} characters without spaces around it"
        yield FieldProblem(field=field, message=message)


def _each_of(given: tuple[str, ...], field: str, known: Iterable[str]) -> Iterator[FieldProblem]:
    yield from _repeats(given, field)
    for place, name in enumerate(given):
        yield from _one_of(name, f"{field}[{place}]", known)


def _one_of(given: str | None, field: str, known: Iterable[str]) -> Iterator[FieldProblem]:
    if given is not None and given not in known:
        yield FieldProblem(field=field, message=f"give one of {', '.join(sorted(known))}")


def _repeats(given: tuple[object, ...], field: str) -> Iterator[FieldProblem]:
    if len(set(given)) < len(given):
        yield FieldProblem(field=field, message="name each once")
    if len(given) > _MOST:
        yield FieldProblem(field=field, message=f"name at most {_MOST}; say it in several rules")


def _called(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'a character without a name').lower()})"
