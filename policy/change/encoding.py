"""A rule as a formula, in one situation; and which rules cannot be one."""

from typing import Final, TypeAlias

from policy import syntax
from policy.change.fact_types import EntityOf, FactType, Plain, SetKind, Situation, Unmodelled
from policy.change.literals import instant_ms, span_ms
from policy.change.logic import Formula, Truth
from policy.change.terms import Term, Terms
from policy.question import EntityRef

_DAY: Final = 86_400_000
_UNITS: Final = {
    "to_milliseconds": 1, "to_seconds": 1000, "to_minutes": 60_000, "to_hours": 3_600_000, "to_days": _DAY,
}  # fmt: skip


class NotEncodable(Exception):
    """A rule that says something for which there is no formula here; nothing is claimed about it."""


def failure_in(rule: syntax.RuleSyntax) -> str | None:
    """How a rule that fits the schema could still fail when it is asked; None where it cannot."""
    for expr in syntax.everything_in(rule):
        match expr:
            case syntax.Binary("add" | "sub" | "mul", _, _):
                return "its arithmetic can leave the range of 64 bits"
            case syntax.Unary("neg", arg) if not isinstance(arg, syntax.LongLit):
                return "its arithmetic can leave the range of 64 bits"
            case syntax.Binary("offset", _, _):
                return "a moved time can leave the calendar"
            case syntax.Binary("get_tag", _, _):
                return "it reads a tag"
            case _:
                pass
    return None


Meaning: TypeAlias = Truth | Term | syntax.Var


class Encoder:
    """Turns rules into formulas over the terms of one situation."""

    def __init__(self, terms: Terms, situation: Situation) -> None:
        self.terms = terms
        self.situation = situation
        self.principal = terms.unknown(EntityOf(situation.principal), "principal")
        self.resource = terms.unknown(EntityOf(situation.resource), "resource")
        self.context: dict[str, Term | Formula] = {}
        self.context_has: dict[str, Formula] = {}
        self._logic = terms.logic

    def matches(self, rule: syntax.RuleSyntax) -> Truth:
        """Where the rule matches; NotEncodable where it says what cannot be said here."""
        if not self.action_matches(rule.action):
            return False
        parts: list[Truth] = [
            self._scope(rule.principal, self.principal),
            self._scope(rule.resource, self.resource),
        ]
        for clause in rule.clauses:
            if self._logic.all_of(parts) is False:
                return False
            said = self._truth(clause.expr)
            parts.append(said if clause.kind == "when" else self._logic.no(said))
        return self._logic.all_of(parts)

    def action_matches(self, scope: syntax.ActionScope) -> bool:
        """Whether the situation's action is within an action scope."""
        match scope:
            case syntax.AnyEntity():
                return True
            case syntax.IsAction(name):
                return name == self.situation.action
            case syntax.InActions(names):
                return self._is_action_in(names)

    def _is_action_in(self, names: tuple[str, ...]) -> bool:
        return any(action.name == self.situation.action for action in self.terms.types.vocabulary.actions_in(names))

    def _scope(self, scope: syntax.Scope, term: Term) -> Truth:
        match scope:
            case syntax.AnyEntity():
                return True
            case syntax.IsEntity(ref):
                return self._equal(term, self._ref(ref))
            case syntax.InEntity(ref):
                return self.terms.within(term, self._ref(ref))
            case syntax.OfType(kind):
                return term.kind == EntityOf(kind)
            case syntax.OfTypeIn(kind, ref):
                return term.kind == EntityOf(kind) and self.terms.within(term, self._ref(ref))

    def _ref(self, ref: EntityRef) -> Term:
        return self.terms.literal(EntityOf(ref.type), ref.id)

    # ---- expressions ---------------------------------------------------------------------------

    def _truth(self, expr: syntax.Expr) -> Truth:
        found = self._meaning(expr)
        if isinstance(found, Term | syntax.Var):
            raise NotEncodable(f"{expr} is no truth")
        return found

    def _value(self, expr: syntax.Expr) -> Term:
        found = self._meaning(expr)
        if not isinstance(found, Term):
            raise NotEncodable(f"{expr} is no value")
        return found

    def _meaning(self, expr: syntax.Expr) -> Meaning:
        terms = self.terms
        match expr:
            case syntax.Var("principal"):
                return self.principal
            case syntax.Var("resource"):
                return self.resource
            case syntax.Var():
                return expr
            case syntax.BoolLit(flag):
                return flag
            case syntax.LongLit(number):
                return terms.literal(Plain.LONG, number)
            case syntax.TextLit(text):
                return terms.literal(Plain.STRING, text)
            case syntax.RefLit(ref):
                return self._ref(ref)
            case syntax.Unary():
                return self._unary(expr)
            case syntax.Binary():
                return self._binary(expr)
            case syntax.Attr(of, name):
                return self._fact(self._meaning(of), name)
            case syntax.Has(of, path):
                return self._has(self._meaning(of), path)
            case syntax.Like(of, _):
                return terms.like(expr, self._value(of))
            case syntax.IsType(of, kind, inside):
                if isinstance(self._meaning(of), syntax.Var):
                    raise NotEncodable("it asks for the type of the action")
                term = self._value(of)
                is_type = term.kind == EntityOf(kind)
                return is_type and (inside is None or self._in(term, inside))
            case syntax.IfElse(test, then, other):
                return self._choice(self._truth(test), then, other)
            case syntax.SetOf(members):
                return self._set(tuple(self._value(member) for member in members))
            case syntax.RecordOf():
                raise NotEncodable("it writes a record")

    def _choice(self, test: Truth, then: syntax.Expr, other: syntax.Expr) -> Meaning:
        if isinstance(test, bool):
            return self._meaning(then if test else other)
        yes, no = self._meaning(then), self._meaning(other)
        if isinstance(yes, Term) and isinstance(no, Term) and yes.kind == no.kind:
            number = self._logic.choice(test, yes.number, no.number)
            return Term(yes.kind, number, f"({test} ? {yes.name} : {no.name})")
        if isinstance(yes, Term | syntax.Var) or isinstance(no, Term | syntax.Var):
            raise NotEncodable("the branches of an `if` have no common type")
        logic = self._logic
        return logic.any_of((logic.all_of((test, yes)), logic.all_of((logic.no(test), no))))

    def _set(self, members: tuple[Term, ...]) -> Term:
        kinds = {member.kind for member in members}
        kind = kinds.pop() if len(kinds) == 1 else None
        if not isinstance(kind, Plain | EntityOf):
            raise NotEncodable("it writes a set whose members have no common type")
        return self.terms.literal_set(SetKind(kind), members)

    def _fact(self, of: Meaning, name: str) -> Meaning:
        match of:
            case syntax.Var("context"):
                if name not in self.context:
                    declared = self._declared(self.terms.types.contexts[self.situation.action], name)
                    label = f"context.{name}"
                    is_truth = declared.kind is Plain.BOOL
                    logic = self._logic
                    self.context[name] = logic.claim(label) if is_truth else self.terms.unknown(declared.kind, label)
                return self.context[name]
            case Term(EntityOf(kind), _, _):
                declared = self._declared(self.terms.types.entities[kind], name)
                return self.terms.fact(of, kind, name, declared.kind)
        raise NotEncodable(f"{name} is read from something that has no facts")

    def _declared(self, facts: object, name: str) -> FactType:
        declared = facts.get(name) if isinstance(facts, dict) else None
        if not isinstance(declared, FactType) or isinstance(declared.kind, Unmodelled):
            raise NotEncodable(f"it reads `{name}`, of a type that is not analysed")
        return declared

    def _has(self, of: Meaning, path: tuple[str, ...]) -> Truth:
        if len(path) != 1:
            raise NotEncodable("it asks for a fact inside a record")
        (name,) = path
        if isinstance(of, syntax.Var):
            declared = self.terms.types.contexts[self.situation.action].get(name)
            if declared is None or not declared.is_optional:
                return declared is not None
            return self.context_has.setdefault(name, self._logic.claim(f"context has {name}"))
        if not (isinstance(of, Term) and isinstance(of.kind, EntityOf)):
            raise NotEncodable("it asks for a fact of something that has none")
        declared = self.terms.types.entities[of.kind.type].get(name)
        if declared is None or not declared.is_optional:
            return declared is not None
        return self.terms.has(of, of.kind.type, name)

    # ---- operators -----------------------------------------------------------------------------

    def _unary(self, expr: syntax.Unary) -> Meaning:
        logic = self._logic
        match expr:
            case syntax.Unary("not", arg):
                return logic.no(self._truth(arg))
            case syntax.Unary("neg", syntax.LongLit(number)):
                return self.terms.literal(Plain.LONG, -number)
            case syntax.Unary("datetime", syntax.TextLit(text)):
                return self.terms.literal(Plain.DATETIME, instant_ms(text))
            case syntax.Unary("duration", syntax.TextLit(text)):
                return self.terms.literal(Plain.DURATION, span_ms(text))
            case syntax.Unary("is_empty", arg):
                return self._empty(self._value(arg))
            case syntax.Unary("to_time", arg):
                term = self._value(arg)
                return Term(Plain.DURATION, logic.remainder(term.number, _DAY), f"{term.name}.toTime")
            case syntax.Unary("to_date", arg):
                term = self._value(arg)
                day = logic.minus(term.number, logic.remainder(term.number, _DAY))
                return Term(Plain.DATETIME, day, f"{term.name}.toDate")
            case syntax.Unary(name, arg) if name in _UNITS:
                term = self._value(arg)
                return Term(Plain.LONG, logic.towards_zero(term.number, _UNITS[name]), f"{term.name}.{name}")
        raise NotEncodable(f"it uses `{expr.op}`")

    def _binary(self, expr: syntax.Binary) -> Meaning:
        logic = self._logic
        match expr.op:
            case "and":
                left = self._truth(expr.left)
                return left if left is False else logic.all_of((left, self._truth(expr.right)))
            case "or":
                left = self._truth(expr.left)
                return left if left is True else logic.any_of((left, self._truth(expr.right)))
            case "eq":
                return self._same(expr.left, expr.right)
            case "not_eq":
                return logic.no(self._same(expr.left, expr.right))
            case "less" | "less_eq" | "greater" | "greater_eq":
                one, other = self._value(expr.left).number, self._value(expr.right).number
                match expr.op:
                    case "less":
                        return logic.less(one, other)
                    case "less_eq":
                        return logic.no(logic.less(other, one))
                    case "greater":
                        return logic.less(other, one)
                    case "greater_eq":
                        return logic.no(logic.less(one, other))
            case "in":
                left_ = self._meaning(expr.left)
                if isinstance(left_, syntax.Var):
                    return self._is_action_in(_action_names(expr.right))
                return self._in(self._value(expr.left), expr.right)
            case "contains":
                return self.terms.contains(self._value(expr.left), self._value(expr.right))
            case "contains_all":
                return self._all_in(self._value(expr.right), self._value(expr.left))
            case "contains_any":
                return self._any_in(self._value(expr.left), self._value(expr.right))
            case "duration_since":
                one_, other_ = self._value(expr.left), self._value(expr.right)
                number = logic.minus(one_.number, other_.number)
                return Term(Plain.DURATION, number, f"({one_.name} since {other_.name})")
        raise NotEncodable(f"it uses `{expr.op}`")

    def _same(self, left: syntax.Expr, right: syntax.Expr) -> Truth:
        one, other = self._meaning(left), self._meaning(right)
        if isinstance(one, syntax.Var) or isinstance(other, syntax.Var):
            if isinstance(one, syntax.Var) and one.name == "action":
                return _action_names(right) == (self.situation.action,)
            raise NotEncodable("it compares a whole context")
        if isinstance(one, Term) and isinstance(other, Term):
            return self._equal(one, other)
        if isinstance(one, Term) or isinstance(other, Term):
            return False
        return self._logic.same(one, other)

    def _equal(self, one: Term, other: Term) -> Truth:
        if one.kind != other.kind:
            return False
        if isinstance(one.kind, SetKind):
            return self._logic.all_of((self._all_in(one, other), self._all_in(other, one)))
        return self._logic.equal(one.number, other.number)

    def _in(self, child: Term, parent: syntax.Expr) -> Truth:
        above = self._value(parent)
        if isinstance(above.kind, EntityOf):
            return self.terms.within(child, above)
        if above.name in self.terms.literal_sets:
            _, members = self.terms.literal_sets[above.name]
            return self._logic.any_of(self.terms.within(child, member) for member in members)
        return self._in_set(child, above)

    # ---- sets ----------------------------------------------------------------------------------

    def _empty(self, of: Term) -> Truth:
        """No member; otherwise there is one to show."""
        kind, logic = _set_kind(of), self._logic
        claim = logic.claim_of(f"{kind} empty", of.number)
        shown = self.terms.contains(of, self.terms.witness(kind, f"a member of {of.name}"))
        self.terms.add(logic.any_of((claim, shown)))
        self.terms.for_members(of, lambda _: logic.no(claim))
        return claim

    def _all_in(self, inner: Term, outer: Term) -> Truth:
        """Every member of `inner` is one of `outer`; otherwise there is one to show that is not."""
        kind, logic = _set_kind(inner), self._logic
        if inner.name in self.terms.literal_sets:
            return logic.all_of(self.terms.contains(outer, each) for each in self.terms.literal_sets[inner.name][1])
        claim = logic.claim_of(f"{kind} all in", inner.number, outer.number)
        shown = self.terms.witness(kind, f"of {inner.name}, not of {outer.name}")
        gap = (self.terms.contains(inner, shown), logic.no(self.terms.contains(outer, shown)))
        self.terms.add(logic.any_of((claim, logic.all_of(gap))))
        self.terms.for_members(inner, lambda member: logic.implies(claim, self.terms.contains(outer, member)))
        return claim

    def _any_in(self, one: Term, other: Term) -> Truth:
        """A member in common, which can be shown."""
        kind, logic = _set_kind(one), self._logic
        for literal, open_ in ((one, other), (other, one)):
            if literal.name in self.terms.literal_sets:
                members = self.terms.literal_sets[literal.name][1]
                return logic.any_of(self.terms.contains(open_, member) for member in members)
        claim = logic.claim_of(f"{kind} meets", one.number, other.number)
        shown = self.terms.witness(kind, f"of {one.name} and of {other.name}")
        both = logic.all_of((self.terms.contains(one, shown), self.terms.contains(other, shown)))
        self.terms.add(logic.implies(claim, both))
        self.terms.for_members(one, lambda member: logic.implies(self.terms.contains(other, member), claim))
        return claim

    def _in_set(self, child: Term, above: Term) -> Truth:
        """In a member of the set, which can be shown."""
        kind, logic = _set_kind(above), self._logic
        claim = logic.claim_of(f"{child.kind} in one of {kind}", child.number, above.number)
        shown = self.terms.witness(kind, f"of {above.name}, around {child.name}")
        both = logic.all_of((self.terms.contains(above, shown), self.terms.within(child, shown)))
        self.terms.add(logic.implies(claim, both))
        self.terms.for_members(above, lambda member: logic.implies(self.terms.within(child, member), claim))
        return claim


def _set_kind(term: Term) -> SetKind:
    if not isinstance(term.kind, SetKind):
        raise NotEncodable(f"{term.name} is no set")
    return term.kind


def _action_names(expr: syntax.Expr) -> tuple[str, ...]:
    match expr:
        case syntax.RefLit(ref) if ref.type == "Action":
            return (ref.id,)
        case syntax.SetOf(members):
            return tuple(name for member in members for name in _action_names(member))
    raise NotEncodable("it compares the action with something that is not written out")
