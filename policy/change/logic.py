"""The solver behind a few typed words: the only module that imports z3, and only when something is proved.

Every `Logic` has a context of its own, so threads may prove at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NewType, TypeAlias, cast

# What z3 makes of them stays in this module.
Number = NewType("Number", object)
Formula = NewType("Formula", object)
Truth: TypeAlias = bool | Formula


class Outcome(StrEnum):
    """What the solver says about a set of claims."""

    IMPOSSIBLE = "impossible"
    POSSIBLE = "possible"
    UNDECIDED = "undecided"


class Logic:
    """Formulas over whole numbers and functions without a meaning of their own."""

    def __init__(self) -> None:
        import z3

        self._z3 = z3
        self._context = z3.Context()
        self._integers = z3.IntSort(self._context)
        self._truths = z3.BoolSort(self._context)
        self._functions: dict[tuple[str, int, bool], object] = {}
        self._kept: list[Formula] = []

    def constant(self, value: int) -> Number:
        """That very number."""
        return Number(self._z3.IntVal(value, self._context))

    def number(self, name: str) -> Number:
        """Any number; the same for the same name."""
        return Number(self._z3.Int(name, self._context))

    def claim(self, name: str) -> Formula:
        """True or false; the same for the same name."""
        return Formula(self._z3.Bool(name, self._context))

    def number_of(self, function: str, *arguments: Number) -> Number:
        """Any number, the same for equal arguments."""
        return Number(self._function(function, len(arguments), self._integers)(*arguments))

    def claim_of(self, function: str, *arguments: Number) -> Formula:
        """True or false, the same for equal arguments."""
        return Formula(self._function(function, len(arguments), self._truths)(*arguments))

    def _function(self, name: str, arity: int, result: object):  # type: ignore[no-untyped-def]  # z3's own type
        key = (name, arity, result is self._truths)
        if key not in self._functions:
            self._functions[key] = self._z3.Function(name, *[self._integers] * arity, result)
        return self._functions[key]

    def identity(self, truth: Truth) -> int:
        """A number that two truths share when they say the same in the same words."""
        if isinstance(truth, bool):
            return -1 if truth else -2
        self._kept.append(truth)  # a number is given anew once nobody holds its formula
        return int(truth.get_id())  # type: ignore[attr-defined]  # z3's own formula

    def all_of(self, truths: Iterable[Truth]) -> Truth:
        """Whether all of them hold."""
        open_: list[Formula] = []
        for truth in truths:
            if truth is False:
                return False
            if truth is not True:
                open_.append(truth)
        return True if not open_ else open_[0] if len(open_) == 1 else Formula(self._z3.And(open_))

    def any_of(self, truths: Iterable[Truth]) -> Truth:
        """Whether one of them holds."""
        open_: list[Formula] = []
        for truth in truths:
            if truth is True:
                return True
            if truth is not False:
                open_.append(truth)
        return False if not open_ else open_[0] if len(open_) == 1 else Formula(self._z3.Or(open_))

    def no(self, truth: Truth) -> Truth:
        """Whether it does not hold."""
        return (not truth) if isinstance(truth, bool) else Formula(self._z3.Not(truth))

    def implies(self, when: Truth, then: Truth) -> Truth:
        """Whether `then` holds wherever `when` does."""
        return self.any_of((self.no(when), then))

    def same(self, one: Truth, other: Truth) -> Truth:
        """Whether both hold or neither does."""
        if isinstance(one, bool):
            return other if one else self.no(other)
        if isinstance(other, bool):
            return one if other else self.no(one)
        return Formula(cast("object", one == other))

    def equal(self, one: Number, other: Number) -> Formula:
        """Whether two numbers are the same."""
        return Formula(cast("object", one == other))

    def less(self, one: Number, other: Number) -> Formula:
        """`one < other`."""
        return Formula(one < other)  # type: ignore[operator]  # z3's own arithmetic

    def remainder(self, number: Number, divisor: int) -> Number:
        """What is left of a division, never negative."""
        return Number(number % divisor)  # type: ignore[operator]

    def minus(self, one: Number, other: Number) -> Number:
        """`one - other`."""
        return Number(one - other)  # type: ignore[operator]

    def towards_zero(self, number: Number, divisor: int) -> Number:
        """A division whose rest is dropped."""
        down = self._z3.If(number >= 0, number / divisor, -(-number / divisor))  # type: ignore[operator]
        return Number(down)

    def choice(self, when: Formula, then: Number, other: Number) -> Number:
        """`then` where `when` holds, else `other`."""
        return Number(self._z3.If(when, then, other))

    def solve(self, claims: Sequence[Truth], milliseconds: int) -> tuple[Outcome, Model | None]:
        """Whether all claims can hold together; a model of how, when they can."""
        whole = self.all_of(claims)
        if whole is False:
            return Outcome.IMPOSSIBLE, None
        solver = self._z3.SimpleSolver(ctx=self._context)
        solver.set("timeout", milliseconds)
        solver.set("random_seed", 7)
        if whole is not True:
            solver.add(whole)
        result = solver.check()
        if result == self._z3.unsat:
            return Outcome.IMPOSSIBLE, None
        if result == self._z3.sat:
            return Outcome.POSSIBLE, Model(solver.model(), self._z3)
        return Outcome.UNDECIDED, None


class Model:
    """One way in which all claims hold."""

    def __init__(self, model: object, z3: object) -> None:
        self._model = model
        self._z3 = z3

    def value(self, number: Number) -> int:
        """The number that it is here."""
        return int(self._model.eval(number, model_completion=True).as_long())  # type: ignore[attr-defined]

    def holds(self, truth: Truth) -> bool:
        """Whether it holds here."""
        if isinstance(truth, bool):
            return truth
        found = self._model.eval(truth, model_completion=True)  # type: ignore[attr-defined]
        return bool(self._z3.is_true(found))  # type: ignore[attr-defined]
