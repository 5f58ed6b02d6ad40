"""Whether what a form says can be said: each fact it speaks of has to exist for all that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from policy.errors import FieldProblem
from policy.forms.shapes import Anything, Exactly, Within
from policy.forms.words import ConditionKind, actions, kinds, plain
from policy.vocabulary import ActionKind, vocabulary

if TYPE_CHECKING:
    from policy.forms.form import RuleForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One way in which a rule can apply."""

    principal: str
    action: ActionKind
    resource: str


def uses_of(form: RuleForm) -> tuple[Use, ...]:
    """Every (kind of principal, action, kind of resource) that the scopes of `form` leave open."""
    who, things = _principals(form), _resources(form)
    return tuple(
        Use(principal=principal, action=action, resource=resource)
        for action in vocabulary().actions_in(actions()[name] for name in form.actions)
        for principal in action.principals
        if principal in who
        for resource in action.resources
        if resource in things
    )


def is_about_activities(form: RuleForm) -> bool:
    """Whether the things that the form is about are activities themselves."""
    return {use.resource for use in uses_of(form)} == {"Activity"}


def unfitting(form: RuleForm) -> Iterator[FieldProblem]:
    """What does not go together in a form whose fields are each right."""
    uses = uses_of(form)
    if not uses:
        yield FieldProblem(field="data", message=f"{', '.join(form.actions)} cannot be done to this, or not by them")
        return
    for name in form.actions:
        if not {action.name for action in vocabulary().actions_in([actions()[name]])} & {u.action.name for u in uses}:
            yield FieldProblem(field="actions", message=f"{name} cannot be done to this, or not by them")
    yield from _facts(form, uses)
    for field, conditions in (("conditions", form.conditions), ("exceptions", form.exceptions)):
        for place, condition in enumerate(conditions):
            if message := _unfit_condition(condition.kind, uses):
                yield FieldProblem(field=f"{field}[{place}]", message=message)


def _facts(form: RuleForm, uses: tuple[Use, ...]) -> Iterator[FieldProblem]:
    given = {
        "classes": form.classes, "without_classes": form.without_classes,
        "sensitivity_at_least": form.sensitivity_at_least, "sensitivity_at_most": form.sensitivity_at_most,
    }  # fmt: skip
    for field, value in given.items():
        fact = "classes" if "classes" in field else "sensitivity"
        lacking = _lacking(fact, uses)
        if value not in (None, ()) and lacking:
            message = f"{', '.join(lacking)} has no {fact}: leave such things, or actions on them, out"
            yield FieldProblem(field=field, message=message)
    asked = {"tiers": form.tiers, "purposes": form.purposes, "except_purposes": form.except_purposes}
    for field, names in asked.items():
        fact = "tier" if field == "tiers" else "purpose"
        if names and (lacking := _without_context(fact, uses)):
            yield FieldProblem(field=field, message=f"{', '.join(lacking)} is done in no {fact}: leave one of them out")


def _unfit_condition(kind: ConditionKind, uses: tuple[Use, ...]) -> str | None:
    resources = {use.resource for use in uses}
    match kind:
        case ConditionKind.TRAINING if {use.principal for use in uses} != {"Person"}:
            return "only people have trainings: say that it is about people"
        case ConditionKind.FOR_ACTIVITY if lacking := _without_context("activity", uses):
            return f"{', '.join(lacking)} is done for no activity: leave one of them out"
        case ConditionKind.MEMBER_OF_ITS_ACTIVITY | ConditionKind.OWNER_OF_ITS_ACTIVITY:
            if resources != {"Activity"} and _lacking("activity", uses):
                return "these things belong to no activity, or only some of them do: name their kind"
            if kind is ConditionKind.OWNER_OF_ITS_ACTIVITY and {use.principal for use in uses} != {"Person"}:
                return "only people own activities: say that it is about people"
        case ConditionKind.HOLDER_OF_IT if resources != {"Grant"}:
            return "only a grant has a holder: say that it is about grants"
        case ConditionKind.ZONE if lacking := _lacking("zone", uses):
            return f"{', '.join(lacking)} has no zone: say that it is about prefixes"
    return None


def _lacking(fact: str, uses: tuple[Use, ...]) -> list[str]:
    entities = vocabulary().entities
    return sorted({plain(use.resource) for use in uses if fact not in entities[use.resource].facts})


def _without_context(fact: str, uses: tuple[Use, ...]) -> list[str]:
    return sorted({plain(use.action.name) for use in uses if fact not in use.action.context})


def _principals(form: RuleForm) -> frozenset[str]:
    if form.who.kind is not None:
        return frozenset({kinds()[form.who.kind]})
    return frozenset(kind for action in vocabulary().actions.values() for kind in action.principals)


def _resources(form: RuleForm) -> frozenset[str]:
    match form.data:
        case Anything(kind=kind):
            return frozenset(vocabulary().entities if kind is None else {kinds()[kind]})
        case Exactly(kind=kind):
            return frozenset({kinds()[kind]})
        case Within(kind=kind, only=only):
            inside = vocabulary().kinds_in(kinds()[kind])
            return inside if only is None else inside & {kinds()[only]}
        case _:
            assert_never(form.data)
