"""A form as a rule: the syntax that says it, and the text of that."""

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Literal, assert_never

from policy.forms.fitting import is_about_activities
from policy.forms.form import RuleForm
from policy.forms.shapes import Anything, Classes, Everyone, Exactly, Hours, Match, Named, OfTeams, Within
from policy.forms.words import CONTEXT, PRINCIPAL, RESOURCE, actions, condition_expr, kinds
from policy.printing import printed
from policy.question import EntityRef
from policy.syntax import (
    ActionScope,
    AnyEntity,
    Attr,
    Binary,
    BinaryName,
    Clause,
    Expr,
    InActions,
    InEntity,
    IsAction,
    IsEntity,
    LongLit,
    OfType,
    OfTypeIn,
    RefLit,
    RuleSyntax,
    Scope,
    SetOf,
    TextLit,
    Unary,
)
from policy.vocabulary import vocabulary


def to_cedar(form: RuleForm) -> str:
    """The Cedar text that says what `form` says, ending with `;`."""
    return printed(syntax_of_form(form))


def syntax_of_form(form: RuleForm) -> RuleSyntax:
    """The rule that `form` is."""
    said = {"id": form.id, "title": form.title, "owner": form.owner}
    if form.advice is not None:
        said["advice"] = form.advice
    about_activities = is_about_activities(form)
    clauses: list[Clause] = []
    for kind, parts in (
        ("when", [*_facts(form), *_conditions(form, "conditions", about_activities)]),
        ("unless", list(_conditions(form, "exceptions", about_activities))),
    ):
        if parts:
            clauses.append(Clause("when" if kind == "when" else "unless", _all(parts)))
    return RuleSyntax(
        annotations=said,
        effect=form.effect,
        principal=_who(form),
        action=_actions(form.actions),
        resource=_data(form),
        clauses=tuple(clauses),
    )


def _who(form: RuleForm) -> Scope:
    who = form.who
    match who:
        case Named(kind=kind, id=name):
            return IsEntity(EntityRef(type=kinds()[kind], id=name))
        case OfTeams(teams=(team,)):
            ref = EntityRef(type="Team", id=team)
            return InEntity(ref) if who.kind is None else OfTypeIn(kinds()[who.kind], ref)
        case OfTeams() | Everyone():
            return AnyEntity() if who.kind is None else OfType(kinds()[who.kind])
        case _:
            assert_never(who)


def _data(form: RuleForm) -> Scope:
    data = form.data
    match data:
        case Exactly(kind=kind, id=name):
            return IsEntity(EntityRef(type=kinds()[kind], id=name))
        case Within(kind=kind, ids=(name,), only=only):
            ref = EntityRef(type=kinds()[kind], id=name)
            return InEntity(ref) if only is None else OfTypeIn(kinds()[only], ref)
        case Within(only=kind) | Anything(kind=kind):
            return AnyEntity() if kind is None else OfType(kinds()[kind])
        case _:
            assert_never(data)


def _actions(names: tuple[str, ...]) -> ActionScope:
    found = tuple(actions()[name] for name in names)
    is_one = len(found) == 1 and bool(vocabulary().actions[found[0]].principals)
    return IsAction(found[0]) if is_one else InActions(found)


def _facts(form: RuleForm) -> Iterator[Expr]:
    """What a form's own fields demand, in the order in which it is always written.

    What narrows who and which things comes first: what follows may speak of facts that only those have.
    """
    if isinstance(form.who, OfTeams) and len(form.who.teams) > 1:
        yield Binary("in", PRINCIPAL, _refs("Team", form.who.teams))
    if isinstance(form.data, Within) and len(form.data.ids) > 1:
        yield Binary("in", RESOURCE, _refs(kinds()[form.data.kind], form.data.ids))
    if len(form.tiers) == 1:
        yield Binary("eq", Attr(CONTEXT, "tier"), _ref("Tier", form.tiers[0]))
    elif form.tiers:
        yield Binary("contains", _refs("Tier", form.tiers), Attr(CONTEXT, "tier"))
    if form.purposes:
        yield _purposes(form.purposes)
    if form.except_purposes:
        yield Unary("not", _purposes(form.except_purposes))
    if form.classes is not None:
        yield _classes(form.classes)
    if form.without_classes:
        yield Unary("not", _classes(Classes(match=Match.ANY, names=form.without_classes)))
    if form.sensitivity_at_least is not None:
        yield Binary("greater_eq", Attr(RESOURCE, "sensitivity"), LongLit(form.sensitivity_at_least.rank))
    if form.sensitivity_at_most is not None:
        yield Binary("less_eq", Attr(RESOURCE, "sensitivity"), LongLit(form.sensitivity_at_most.rank))
    if form.first_day is not None:
        yield Binary("greater_eq", Attr(CONTEXT, "now"), _day(form.first_day))
    if form.last_day is not None:
        yield Binary("less", Attr(CONTEXT, "now"), _day(form.last_day + timedelta(days=1)))
    if form.hours is not None:
        yield from _hours(form.hours)


def _conditions(form: RuleForm, field: Literal["conditions", "exceptions"], about: bool) -> Iterator[Expr]:
    for condition in form.conditions if field == "conditions" else form.exceptions:
        yield condition_expr(condition.kind, condition.value or "", about)


def _purposes(names: tuple[str, ...]) -> Expr:
    return Binary(
        "in", Attr(CONTEXT, "purpose"), _ref("Purpose", names[0]) if len(names) == 1 else _refs("Purpose", names)
    )


def _classes(classes: Classes) -> Expr:
    of = Attr(RESOURCE, "classes")
    if len(classes.names) == 1:
        return Binary("contains", of, TextLit(classes.names[0]))
    op: BinaryName = "contains_all" if classes.match is Match.ALL else "contains_any"
    return Binary(op, of, SetOf(tuple(map(TextLit, classes.names))))


def _hours(hours: Hours) -> Iterator[Expr]:
    moment = Unary("to_time", Attr(CONTEXT, "now"))
    after = Binary("greater_eq", moment, Unary("duration", TextLit(_since_midnight(hours.start))))
    before = Binary("less", moment, Unary("duration", TextLit(_since_midnight(hours.end))))
    if hours.start < hours.end:
        yield after
        yield before
    else:
        yield Binary("or", after, before)


def _since_midnight(moment: time) -> str:
    if not moment.minute:
        return f"{moment.hour}h"
    return f"{moment.hour}h{moment.minute}m" if moment.hour else f"{moment.minute}m"


def _day(day: date) -> Expr:
    return Unary("datetime", TextLit(day.isoformat()))


def _ref(kind: str, name: str) -> Expr:
    return RefLit(EntityRef(type=kind, id=name))


def _refs(kind: str, names: Iterable[str]) -> Expr:
    return SetOf(tuple(_ref(kind, name) for name in names))


def _all(parts: list[Expr]) -> Expr:
    """The parts joined by `&&`, nested to the left as Cedar reads such a chain."""
    whole = parts[0]
    for part in parts[1:]:
        whole = Binary("and", whole, part)
    return whole
