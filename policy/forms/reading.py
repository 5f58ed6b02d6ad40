"""A rule as a form, where it is one and nothing of it would be lost."""

import re
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Final

from policy.cedar import syntax_of
from policy.decision import Effect
from policy.errors import FormInvalid
from policy.forms.form import RuleForm
from policy.forms.shapes import Anything, Classes, Condition, Everyone, Exactly, Hours, Match, Named, OfTeams, Within
from policy.forms.words import ConditionKind, Sensitivity, condition_expr, plain
from policy.forms.writing import syntax_of_form
from policy.printing import printed_expr
from policy.question import EntityRef
from policy.statements import statements_of
from policy.syntax import (
    AnyEntity,
    Attr,
    Binary,
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
    Var,
    conjuncts,
)
from policy.vocabulary import vocabulary

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_LEVELS: Final = list(Sensitivity)
_DURATION: Final = re.compile(r"(?=\d)(?:(\d{1,2})h)?(?:(\d{1,2})m)?\Z", re.ASCII)
_ANNOTATIONS: Final = frozenset({"id", "title", "owner", "advice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAForm:
    """Why a rule can only be shown as text."""

    reason: str


class _Unknown(Exception):
    """Raised inside this module where a rule leaves the known shapes; its message is the reason."""


def from_cedar(text: str) -> RuleForm | NotAForm:
    """The form that says exactly what the one rule in `text` says; NotAForm where there is none.

    A form always says its conditions in one order and spelling. A rule that says the same in another order
    is that form too; one with a comment is not, because the form would lose it.
    """
    statements, problems = statements_of(text)
    if problems:
        return NotAForm(reason=problems[0].message)
    if len(statements) != 1:
        return NotAForm(reason=f"a form is one rule; here are {len(statements)}")
    if "//" in _STRING.sub("", text):
        return NotAForm(reason="it has a comment, which a form would lose")
    try:
        return form_of(syntax_of(statements[0]))
    except ValueError as error:
        return NotAForm(reason=f"Cedar does not read it: {error}")


def form_of(rule: RuleSyntax) -> RuleForm | NotAForm:
    """The same for a rule that was read before; comments are not its concern."""
    try:
        form = _read(rule)
    except _Unknown as unknown:
        return NotAForm(reason=str(unknown))
    except FormInvalid as invalid:
        return NotAForm(reason=str(invalid.problems[0]))
    # Whatever was overlooked above shows here: the form has to say the whole rule and no more.
    if _whole(syntax_of_form(form)) != _whole(rule):
        return NotAForm(reason="it says something in a way that a form would change")
    return form


def _whole(rule: RuleSyntax) -> object:
    """What a rule says, in whatever order and with whatever brackets it says it."""
    parts = frozenset((clause.kind, part) for clause in rule.clauses for part in conjuncts(clause.expr))
    exceptions = sum(clause.kind == "unless" for clause in rule.clauses)
    # The two are one where no group is alone after `==`, and there a form is never found.
    action = InActions((rule.action.name,)) if isinstance(rule.action, IsAction) else rule.action
    return dict(rule.annotations), rule.effect, rule.principal, action, rule.resource, exceptions, parts


def _read(rule: RuleSyntax) -> RuleForm:
    said = rule.annotations
    if extra := sorted(set(said) - _ANNOTATIONS):
        raise _Unknown(f"it has the annotation @{extra[0]}, which a form would lose")
    facts = _Facts()
    exceptions: list[Condition] = []
    if sum(clause.kind == "unless" for clause in rule.clauses) > 1:
        raise _Unknown("it has more than one `unless`")
    for clause in rule.clauses:
        for part in conjuncts(clause.expr):
            if clause.kind == "when":
                facts.take(part)
            else:
                found = _condition(part)
                exceptions += [found] if found not in exceptions else []
    return RuleForm(
        id=said.get("id", ""),
        title=said.get("title", ""),
        owner=said.get("owner", ""),
        advice=said.get("advice"),
        effect=Effect(rule.effect),
        who=_who(rule.principal, facts.teams),
        actions=_actions(rule),
        data=_data(rule.resource, facts.inside),
        classes=facts.classes,
        without_classes=facts.without_classes,
        sensitivity_at_least=facts.least,
        sensitivity_at_most=facts.most,
        tiers=facts.tiers,
        purposes=facts.purposes,
        except_purposes=facts.except_purposes,
        hours=facts.hours(),
        first_day=facts.first_day,
        last_day=facts.last_day,
        conditions=tuple(facts.conditions),
        exceptions=tuple(exceptions),
    )


def _who(scope: Scope, teams: tuple[str, ...]) -> Everyone | Named | OfTeams:
    match scope:
        case AnyEntity() if teams:
            return OfTeams(teams=teams)
        case OfType(kind) if teams:
            return OfTeams(teams=teams, kind=plain(kind))
        case AnyEntity():
            return Everyone()
        case OfType(kind):
            return Everyone(kind=plain(kind))
        case IsEntity(EntityRef(type=kind, id=name)) if not teams:
            return Named(kind=plain(kind), id=name)
        case InEntity(EntityRef(type="Team", id=team)) if not teams:
            return OfTeams(teams=(team,))
        case OfTypeIn(kind, EntityRef(type="Team", id=team)) if not teams:
            return OfTeams(teams=(team,), kind=plain(kind))
        case _:
            raise _Unknown("a form says who by a kind, an id or teams, and only once")


def _data(scope: Scope, inside: tuple[EntityRef, ...]) -> Anything | Exactly | Within:
    if inside and len({ref.type for ref in inside}) > 1:
        raise _Unknown("a form says what things are in by things of one kind")
    several = tuple(ref.id for ref in inside)
    match scope:
        case AnyEntity() if inside:
            return Within(kind=plain(inside[0].type), ids=several)
        case OfType(kind) if inside:
            return Within(kind=plain(inside[0].type), ids=several, only=plain(kind))
        case AnyEntity():
            return Anything()
        case OfType(kind):
            return Anything(kind=plain(kind))
        case IsEntity(EntityRef(type=kind, id=name)) if not inside:
            return Exactly(kind=plain(kind), id=name)
        case InEntity(EntityRef(type=kind, id=name)) if not inside:
            return Within(kind=plain(kind), ids=(name,))
        case OfTypeIn(only, EntityRef(type=kind, id=name)) if not inside:
            return Within(kind=plain(kind), ids=(name,), only=plain(only))
        case _:
            raise _Unknown("a form says which things by a kind, an id or what they are in, and only once")


def _actions(rule: RuleSyntax) -> tuple[str, ...]:
    match rule.action:
        case IsAction(name):
            known = vocabulary().actions.get(name)
            if known is not None and not known.principals:
                raise _Unknown(f"nobody ever does the group {name} itself; write `action in`")
            return (plain(name),)
        case InActions(names):
            return tuple(map(plain, names))
        case _:
            raise _Unknown("it is about every action; a form names the actions")


@dataclass(slots=True)
class _Facts:
    """What the conjuncts of a rule say, each at most once."""

    teams: tuple[str, ...] = ()
    inside: tuple[EntityRef, ...] = ()
    tiers: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    except_purposes: tuple[str, ...] = ()
    classes: Classes | None = None
    without_classes: tuple[str, ...] = ()
    least: Sensitivity | None = None
    most: Sensitivity | None = None
    first_day: date | None = None
    last_day: date | None = None
    start: time | None = None
    end: time | None = None
    conditions: list[Condition] = field(default_factory=list)

    def take(self, part: Expr) -> None:
        """Add what one conjunct says; _Unknown when a form cannot say it, or says it already."""
        match part:
            case Binary("in", Var("principal"), SetOf(members)):
                self._once("teams", _ids(members, "Team"))
            case Binary("in", Var("resource"), SetOf(members)):
                self._once("inside", _refs(members))
            case Binary("eq", Attr(Var("context"), "tier"), RefLit(EntityRef(type="Tier", id=tier))):
                self._once("tiers", (tier,))
            case Binary("contains", SetOf(members), Attr(Var("context"), "tier")):
                self._once("tiers", _ids(members, "Tier"))
            case Binary("in", Attr(Var("context"), "purpose"), purposes):
                self._once("purposes", _ids(_members(purposes), "Purpose"))
            case Unary("not", Binary("in", Attr(Var("context"), "purpose"), purposes)):
                self._once("except_purposes", _ids(_members(purposes), "Purpose"))
            case Binary(_, Attr(Var("resource"), "classes"), _):
                self._once("classes", _classes(part))
            case Unary("not", Binary("contains" | "contains_any", Attr(Var("resource"), "classes"), _) as none):
                self._once("without_classes", _classes(none).names)
            case Binary("greater_eq", Attr(Var("resource"), "sensitivity"), LongLit(rank)):
                self._once("least", _level(rank))
            case Binary("less_eq", Attr(Var("resource"), "sensitivity"), LongLit(rank)):
                self._once("most", _level(rank))
            case Binary("greater_eq", Attr(Var("context"), "now"), Unary("datetime", TextLit(day))):
                self._once("first_day", _day(day))
            case Binary("less", Attr(Var("context"), "now"), Unary("datetime", TextLit(day))):
                self._once("last_day", _day(day) - timedelta(days=1))
            case Binary("or", after, before):
                self._hour(after)
                self._hour(before)
            case Binary("greater_eq" | "less", Unary("to_time", _), _):
                self._hour(part)
            case _:
                found = _condition(part)
                self.conditions += [found] if found not in self.conditions else []

    def _hour(self, part: Expr) -> None:
        match part:
            case Binary("greater_eq", Unary("to_time", Attr(Var("context"), "now")), Unary("duration", TextLit(since))):
                self._once("start", _time(since))
            case Binary("less", Unary("to_time", Attr(Var("context"), "now")), Unary("duration", TextLit(since))):
                self._once("end", _time(since))
            case _:
                raise _not_known(part)

    def hours(self) -> Hours | None:
        """The hours of a day, where both ends were said."""
        if self.start is None and self.end is None:
            return None
        if self.start is None or self.end is None:
            raise _Unknown("a form says both when the hours start and when they end")
        return Hours(start=self.start, end=self.end)

    def _once(self, name: str, value: object) -> None:
        if getattr(self, name) not in (None, ()):
            raise _Unknown(f"it says {name.replace('_', ' ')} twice")
        setattr(self, name, value)


def _condition(part: Expr) -> Condition:
    """The condition that a conjunct is, by what each condition looks like in Cedar."""
    match part:
        case Binary("contains", Attr(Var("principal"), "trainings"), TextLit(name)):
            found = Condition(kind=ConditionKind.TRAINING, value=name)
        case Binary("in", Var("principal"), RefLit(EntityRef(type="Team", id=name))):
            found = Condition(kind=ConditionKind.IN_TEAM, value=name)
        case Binary("in", Var("principal"), RefLit(EntityRef(type="Activity", id=name))):
            found = Condition(kind=ConditionKind.MEMBER_OF, value=name)
        case Binary("eq", Attr(Var("context"), "activity"), RefLit(EntityRef(type="Activity", id=name))):
            found = Condition(kind=ConditionKind.FOR_ACTIVITY, value=name)
        case Binary("eq", Attr(Var("resource"), "zone"), TextLit(name)):
            found = Condition(kind=ConditionKind.ZONE, value=name)
        case _:
            for kind in ConditionKind:
                if kind.takes is None and part in (condition_expr(kind, "", True), condition_expr(kind, "", False)):
                    return Condition(kind=kind)
            raise _not_known(part)
    return found


def _classes(part: Expr) -> Classes:
    match part:
        case Binary("contains", _, TextLit(name)):
            return Classes(match=Match.ANY, names=(name,))
        case Binary("contains_any", _, SetOf(members)):
            return Classes(match=Match.ANY, names=_texts(members))
        case Binary("contains_all", _, SetOf(members)):
            return Classes(match=Match.ALL, names=_texts(members))
        case _:
            raise _not_known(part)


def _members(expr: Expr) -> tuple[Expr, ...]:
    return expr.members if isinstance(expr, SetOf) else (expr,)


def _refs(members: tuple[Expr, ...]) -> tuple[EntityRef, ...]:
    found = tuple(member.value for member in members if isinstance(member, RefLit))
    if len(found) < len(members) or not found:
        raise _Unknown("a set of it holds something that is not written out")
    return found


def _ids(members: tuple[Expr, ...], kind: str) -> tuple[str, ...]:
    refs = _refs(members)
    if other := next((ref for ref in refs if ref.type != kind), None):
        raise _Unknown(f"{other} stands where a form has a {plain(kind)}")
    return tuple(ref.id for ref in refs)


def _texts(members: tuple[Expr, ...]) -> tuple[str, ...]:
    found = tuple(member.value for member in members if isinstance(member, TextLit))
    if len(found) < len(members):
        raise _Unknown("a set of it holds something that is not written out")
    return found


def _level(rank: int) -> Sensitivity:
    if not 0 <= rank < len(_LEVELS):
        raise _Unknown(f"{rank} is no sensitivity; they go from 0 to {len(_LEVELS) - 1}")
    return _LEVELS[rank]


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or day == date.min:
        raise _Unknown(f"{text} is no whole day; a form has whole days in UTC")
    return day


def _time(text: str) -> time:
    found = _DURATION.match(text)
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (24, 0)
    if hours > 23 or minutes > 59:
        raise _Unknown(f"{text} is no time of day in hours and minutes")
    return time(hours, minutes)


def _not_known(part: Expr) -> _Unknown:
    return _Unknown(f"a form has no field for `{printed_expr(part)}`")
