"""What the AuthZEN routes need: a point that evaluates, and the facts that such a point stands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jit_engine.domain.subject import Subject
from platform_api.authzen.asking import Ask, Ruling, Unasked
from policy import Entity, EntityRef, Value


class Sitting(Protocol):
    """One request's hearing: the same rules, the same facts and the same moment for everything in it."""

    @property
    def considers(self) -> str:
        """A sentence for the answers: what is asked here, and what is not."""
        ...

    def evaluate(self, ask: Ask) -> Ruling:
        """The answer; whatever goes wrong denies, and is never raised."""
        ...

    def subjects(self, type: str) -> Sequence[str]:
        """The ids of every known subject of that type, sorted; none of an unknown type."""
        ...

    def resources(self, type: str) -> Sequence[str]:
        """The ids of every known resource of that type, sorted; none of an unknown type."""
        ...

    def actions(self, type: str) -> Sequence[str]:
        """The names of every action on resources of that type, sorted; none of an unknown type."""
        ...


class EvaluationPoint(Protocol):
    """A policy decision point."""

    def sit(self, now: datetime, viewer: Subject | None) -> Sitting:
        """A hearing at `now`. What `viewer` may not see is as if it were not there; None sees everything."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """An ask in the rules' own terms: every one of `asks` (action, resource) has to be permitted.

    The first is what was asked; the others are what would be reached with it. `entities` hold all that the
    questions mention, as in `policy.Question`.
    """

    principal: EntityRef
    context: Mapping[str, Value]
    entities: tuple[Entity, ...]
    asks: tuple[tuple[str, EntityRef], ...]


class Reading(Protocol):
    """The facts of one hearing, each read once. The lists are those of `Sitting`."""

    def questions(self, ask: Ask) -> Questions | Unasked:
        """The ask in the rules' terms, or why there is no such question."""
        ...

    def subjects(self, type: str) -> Sequence[str]: ...
    def resources(self, type: str) -> Sequence[str]: ...
    def actions(self, type: str) -> Sequence[str]: ...


class EntitySource(Protocol):
    """Where the entities come from that subjects, actions, resources and context stand for."""

    def read(self, now: datetime, viewer: Subject | None) -> Reading:
        """The facts at `now`, as far as `viewer` may see them; None sees everything."""
        ...
