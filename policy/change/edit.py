"""What differs between two rulebooks: rule by rule, what is only worded differently left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from policy.cedar import syntax_of
from policy.engine import Engine
from policy.rulebook import Rulebook
from policy.statements import Statement
from policy.syntax import RuleSyntax


class NotReadable(Exception):
    """A rule that can decide but whose tree is too high to be read."""


@lru_cache(maxsize=8192)
def reading_of(text: str) -> RuleSyntax:
    """What a rule of a loaded rulebook says, its annotations apart; NotReadable where Cedar gives no tree."""
    try:
        return replace(syntax_of(Statement(text=text, line=0)), annotations={})
    except (ValueError, RecursionError) as error:
        raise NotReadable(str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The rules that say something else before and after, by id, with their texts; the others only by id."""

    old: Engine
    new: Engine
    before: Mapping[str, str]
    after: Mapping[str, str]
    unchanged: tuple[str, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """The ids of every rule that was added, removed or says something else."""
        return tuple(sorted({*self.before, *self.after}))

    def readings(self) -> tuple[RuleSyntax, ...]:
        """What the changed rules say, before and after; those that cannot be read are left out."""
        found: list[RuleSyntax] = []
        for text in (*self.before.values(), *self.after.values()):
            try:
                found.append(reading_of(text))
            except NotReadable:
                continue
        return tuple(found)


def edit_between(old: Engine | Rulebook, new: Engine | Rulebook) -> Edit:
    """What differs; RulebookInvalid where one of the two must not be loaded."""
    old = old if isinstance(old, Engine) else Engine.load(old)
    new = new if isinstance(new, Engine) else Engine.load(new)
    texts = [{rule.id: engine.source_of(rule.id) or "" for rule in engine.rules} for engine in (old, new)]
    was, now = texts
    same = tuple(sorted(name for name in was.keys() & now.keys() if _mean_the_same(was[name], now[name])))
    kept = frozenset(same)
    return Edit(
        old=old,
        new=new,
        before={name: text for name, text in sorted(was.items()) if name not in kept},
        after={name: text for name, text in sorted(now.items()) if name not in kept},
        unchanged=same,
    )


def _mean_the_same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return reading_of(one) == reading_of(other)
    except NotReadable:
        return False
