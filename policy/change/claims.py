"""What is claimed of an edit while it is searched, and the random points that the claims are tested against."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from policy.change.fact_types import Situation
from policy.change.sampling import Pools, Sampler
from policy.change.search import Counterexample, Direction, Finding, Impossible, Scene, Unsettled
from policy.ports import Steps, unheard
from policy.question import Question

_SEED: Final = 20260302


class Known(StrEnum):
    """Whether there is someone who gains, or loses."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Claims:
    """What was found so far: no in either direction, until something else is found."""

    def __init__(self) -> None:
        self.examples: dict[Direction, list[Counterexample]] = {direction: [] for direction in Direction}
        self.reasons: list[str] = []
        self._unsettled: set[Direction] = set()

    def known(self, direction: Direction) -> Known:
        """The claim as it stands."""
        if self.examples[direction]:
            return Known.YES
        return Known.UNKNOWN if direction in self._unsettled else Known.NO

    def doubt(self, direction: Direction, because: str) -> None:
        """Something could not be settled."""
        self._unsettled.add(direction)
        self.reasons.append(because)

    def take(self, direction: Direction, finding: Finding) -> None:
        """What the search of one situation came to."""
        match finding:
            case Counterexample():
                self.examples[direction].append(finding)
            case Unsettled(because):
                self.doubt(direction, because)
            case Impossible():
                pass


def check_by_points(
    claims: Claims,
    scene: Scene,
    situations: Sequence[Situation],
    bases: Sequence[Question],
    points: int,
    progress: Steps = unheard,
) -> int:
    """How many random points were asked; one that is at odds with a claim becomes the example against it."""
    if all(claims.known(direction) is not Known.NO for direction in Direction) or not situations:
        return 0
    sampler = Sampler(scene.types, Pools(scene.edit.readings()), situations, _SEED)
    share = points // (len(bases) + 1)
    asked = 0
    for questions in (sampler.anywhere(points - share * len(bases)), *(sampler.near(base, share) for base in bases)):
        for question in questions:
            asked += 1
            progress("points", asked, points)
            always, before, after = scene.ask(question)
            if not always.allowed or before.allowed is after.allowed:
                continue
            direction = Direction.GAIN if after.allowed else Direction.LOSS
            if claims.known(direction) is Known.NO:
                claims.reasons.append("a tested point was at odds with the solver: please report this edit")
            if not claims.examples[direction]:
                example = Counterexample(direction=direction, question=question, before=before, after=after)
                claims.take(direction, example)
    return asked
