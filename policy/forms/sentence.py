"""A form in one plain English sentence, which says all that the form says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, assert_never

from policy.decision import Effect
from policy.forms.fitting import is_about_activities
from policy.forms.form import RuleForm
from policy.forms.shapes import Anything, Classes, Condition, Exactly, Match, Named, OfTeams, Within
from policy.forms.words import ConditionKind, Sensitivity, actions, kinds, resource_kinds, spoken
from policy.vocabulary import vocabulary

_ONE_WORD: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/@#=+-]*[A-Za-z0-9/])?\Z", re.ASCII)
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def sentence(form: RuleForm) -> str:
    """What the rule says, for people; forms that mean different things read differently."""
    said = ", ".join((f"{_who(form)} {_doing(form)}", *_facts(form)))
    if form.conditions:
        said += ", if " + _listed([_condition(each, form) for each in form.conditions], "and")
    if form.exceptions:
        said += ", unless " + _listed([_condition(each, form) for each in form.exceptions], "and")
    return said + "."


def _who(form: RuleForm) -> str:
    """Whom the rule is about, and `may` or `may not`."""
    who = form.who
    permits = form.effect is Effect.PERMIT
    if isinstance(who, Named):
        return f"{who.kind.capitalize()} {_id(who.id)} {'may' if permits else 'may not'}"
    if who.kind is None:
        whoever = "Anyone" if permits else "Nobody"
    else:
        whoever = f"Any {who.kind}" if permits else f"No {who.kind}"
    if isinstance(who, OfTeams):
        whoever += f" of team {_ids(who.teams, 'or')}"
    return f"{whoever} may"


def _doing(form: RuleForm) -> str:
    """The verbs and the things. A group of actions is said by what is in it now."""
    names = dict.fromkeys(action.name for name in form.actions for action in vocabulary().actions_in([actions()[name]]))
    uses_data = all("purpose" in vocabulary().actions[name].context for name in names)
    verbs = _listed([spoken(name) for name in names], "and" if form.effect is Effect.PERMIT else "or")
    if uses_data:
        return f"{verbs} {_things(form)}"
    return verbs if form.data == Anything() else f"{verbs}, concerning {_things(form)}"


def _things(form: RuleForm) -> str:
    data = form.data
    match data:
        case Anything(kind=kind):
            return "anything" if kind is None else f"any {_kind(kind)}"
        case Exactly(kind=kind, id=name):
            return f"{_kind(kind)} {_id(name)} itself"
        case Within(kind=kind, ids=ids, only=only):
            around = f"{_kind(kind)} {_ids(ids, 'or')}"
            if only is not None:
                return f"any {_kind(only)} in {around}"
            return f"{around} and anything in {_it(ids)}" if kind in resource_kinds() else f"anything in {around}"
        case _:
            assert_never(data)


def _facts(form: RuleForm) -> Iterator[str]:
    """What else has to be so; what is left out of a rule that forbids is an exception to it."""
    permits = form.effect is Effect.PERMIT
    if form.classes is not None:
        yield _classes(form.classes)
    if form.without_classes:
        yield f"{'without' if permits else 'except what is of'} class {_ids(form.without_classes, 'or')}"
    if level := _sensitivity(form.sensitivity_at_least, form.sensitivity_at_most):
        yield level
    if form.tiers:
        yield f"in {_listed(form.tiers, 'or')}"
    if form.purposes:
        yield f"for purpose {_ids(form.purposes, 'or')} or anything beneath {_it(form.purposes)}"
    if form.except_purposes:
        left_out = f"purpose {_ids(form.except_purposes, 'or')} or anything beneath {_it(form.except_purposes)}"
        yield f"{'but not' if permits else 'except'} for {left_out}"
    if form.first_day is not None:
        yield f"from {_day(form.first_day)} (UTC)"
    if form.last_day is not None:
        yield f"until the end of {_day(form.last_day)} (UTC)"
    if form.hours is not None:
        yield f"between {form.hours.start:%H:%M} and {form.hours.end:%H:%M} UTC"


def _classes(classes: Classes) -> str:
    return f"of class {_ids(classes.names, 'and' if classes.match is Match.ALL else 'or')}"


def _sensitivity(least: Sensitivity | None, most: Sensitivity | None) -> str | None:
    if least is not None and most is not None:
        return f"{least.value} only" if least is most else f"from {least.value} up to {most.value}"
    if most is not None:
        return f"up to {most.value}"
    return None if least is None else f"{least.value} or above"


def _condition(condition: Condition, form: RuleForm) -> str:
    value = _id(condition.value or "")
    match condition.kind:
        case ConditionKind.MFA:
            return "they signed in with a second factor"
        case ConditionKind.TRAINING:
            return f"they have training {value}"
        case ConditionKind.IN_TEAM:
            return f"they are in team {value}"
        case ConditionKind.MEMBER_OF:
            return f"they are a member of activity {value}"
        case ConditionKind.FOR_ACTIVITY:
            return f"it is for activity {value}"
        case ConditionKind.MEMBER_OF_ITS_ACTIVITY:
            return f"they are a member of {_activity(form)}"
        case ConditionKind.OWNER_OF_ITS_ACTIVITY:
            return f"they own {_activity(form)}"
        case ConditionKind.HOLDER_OF_IT:
            return "they hold that grant"
        case ConditionKind.ZONE:
            return f"its zone is {value}"
        case _:
            assert_never(condition.kind)


def _activity(form: RuleForm) -> str:
    return "that activity" if is_about_activities(form) else "its activity"


def _kind(kind: str) -> str:
    return spoken(kinds()[kind])


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _ids(names: Iterable[str], joint: str) -> str:
    return _listed([_id(name) for name in names], joint)


def _id(name: str) -> str:
    """An id as it is; in quotation marks where it could be taken for words of the sentence."""
    return name if _ONE_WORD.match(name) else f"“{name}”"


def _listed(words: Sequence[str], joint: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"
