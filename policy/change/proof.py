"""Whether an edit can let anyone do more, or less: proved for any directory, or said plainly that it is not known."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter
from typing import Final

from policy.change.edit import edit_between
from policy.change.encoding import NotEncodable
from policy.change.fact_types import Situation, fact_types
from policy.change.sampling import Pools, Sampler
from policy.change.search import Counterexample, Direction, Finding, Impossible, Scene, SituationSearch, Unsettled
from policy.engine import Engine, invariants
from policy.question import Question
from policy.rulebook import Rulebook

_EXAMPLES: Final = 3
_BASES: Final = 2
_SEED: Final = 20260302


class Verdict(StrEnum):
    """What an edit does; `widens` and `narrows` mean: that and nothing else."""

    WIDENS = "widens"
    NARROWS = "narrows"
    EQUAL = "equal"
    BOTH = "both"
    UNKNOWN = "unknown"


class Known(StrEnum):
    """Whether there is someone who gains, or loses."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


_VERDICTS: Final = {
    (Known.YES, Known.NO): Verdict.WIDENS,
    (Known.NO, Known.YES): Verdict.NARROWS,
    (Known.NO, Known.NO): Verdict.EQUAL,
    (Known.YES, Known.YES): Verdict.BOTH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of an edit, the invariants taken into account, contracts not.

    A no was proved, a yes is shown by a counterexample that the engine confirmed; both hold for any directory.
    `tested` counts the random points that no claim was found to be at odds with.
    """

    changed: tuple[str, ...]
    gains: Known
    losses: Known
    counterexamples: tuple[Counterexample, ...]
    unknown_because: tuple[str, ...]
    tested: int
    holds_for: str = "any directory"

    @property
    def verdict(self) -> Verdict:
        """In one word; unknown as soon as one half is."""
        return _VERDICTS.get((self.gains, self.losses), Verdict.UNKNOWN)


def prove(
    old: Engine | Rulebook,
    new: Engine | Rulebook,
    *,
    seconds: float = 5.0,
    points: int = 24,
) -> Proof:
    """What the edit from `old` to `new` can change for anyone, in at most about `seconds`.

    1. Only rules that say something else count as changed.
    2. A changed rule that can fail, or has no formula, makes what it could touch unknown.
    3. In every situation that the changed rules reach, a question is searched that is decided otherwise; each one
       found is asked of the engines before it counts.
    4. Every claim that there is none is tested against random points, which are asked of the engines too.
    """
    edit = edit_between(old, new)  # 1
    if not edit.changed:
        return Proof(changed=(), gains=Known.NO, losses=Known.NO, counterexamples=(), unknown_because=(), tested=0)
    types = fact_types()
    scene = Scene(edit, invariants(), types, perf_counter() + seconds)
    outcome = _Outcome()
    situations = scene.situations()
    bases = tuple(_searched(scene, situations, outcome))  # 2 and 3
    tested = _tested(scene, situations, bases, outcome, points)  # 4
    return Proof(
        changed=edit.changed,
        gains=outcome.known(Direction.GAIN),
        losses=outcome.known(Direction.LOSS),
        counterexamples=tuple(example for direction in Direction for example in outcome.examples[direction]),
        unknown_because=tuple(dict.fromkeys(outcome.reasons)),
        tested=tested,
    )


class _Outcome:
    """What was found so far."""

    def __init__(self) -> None:
        self.examples: dict[Direction, list[Counterexample]] = {direction: [] for direction in Direction}
        self.unsettled: set[Direction] = set()
        self.reasons: list[str] = []

    def known(self, direction: Direction) -> Known:
        if self.examples[direction]:
            return Known.YES
        return Known.UNKNOWN if direction in self.unsettled else Known.NO

    def doubt(self, direction: Direction, because: str) -> None:
        self.unsettled.add(direction)
        self.reasons.append(because)

    def take(self, direction: Direction, finding: Finding) -> None:
        match finding:
            case Counterexample():
                self.examples[direction].append(finding)
            case Unsettled(because):
                self.doubt(direction, because)
            case Impossible():
                pass


def _searched(scene: Scene, situations: tuple[Situation, ...], outcome: _Outcome) -> Iterator[Question]:
    """Search every situation; the questions given are where a changed rule matches, to be tested around."""
    settled: set[tuple[object, Direction]] = set()
    given = 0
    for situation in situations:
        try:
            search = SituationSearch(scene, situation)
        except NotEncodable as error:
            for direction in Direction:
                outcome.doubt(direction, str(error))
            continue
        for direction in Direction:
            alike = (search.signature, direction)
            if alike in settled or len(outcome.examples[direction]) >= _EXAMPLES:
                continue
            finding = search.find(direction)
            outcome.take(direction, finding)
            if not isinstance(finding, Impossible) or finding.by_edit_alone:
                settled.add(alike)
        if given < _BASES and not search.is_out_of_reach and (base := search.region()) is not None:
            given += 1
            yield base


def _tested(
    scene: Scene, situations: tuple[Situation, ...], bases: tuple[Question, ...], outcome: _Outcome, points: int
) -> int:
    """Ask the engines about random points; one that is at odds with a claim is an example against it."""
    if all(outcome.known(direction) is not Known.NO for direction in Direction) or not situations:
        return 0
    sampler = Sampler(scene.types, Pools(scene.edit.readings()), situations, _SEED)
    share = points // (len(bases) + 1)
    asked = 0
    for questions in (sampler.anywhere(points - share * len(bases)), *(sampler.near(base, share) for base in bases)):
        for question in questions:
            always, before, after = scene.ask(question)
            asked += 1
            if always.allowed and before.allowed is not after.allowed:
                direction = Direction.GAIN if after.allowed else Direction.LOSS
                if outcome.known(direction) is Known.NO:
                    outcome.reasons.append("a tested point was at odds with the solver: please report this edit")
                if not outcome.examples[direction]:
                    outcome.take(
                        direction,
                        Counterexample(direction=direction, question=question, before=before, after=after),
                    )
    return asked
