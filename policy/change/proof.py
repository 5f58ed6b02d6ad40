"""Whether an edit can let anyone do more, or less: proved for any directory, or said plainly that it is not known."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter
from typing import Final

from policy.change.claims import Claims, Known, check_by_points
from policy.change.edit import edit_between
from policy.change.encoding import NotEncodable
from policy.change.fact_types import Situation, fact_types
from policy.change.search import Counterexample, Direction, Impossible, Scene, SituationSearch
from policy.engine import Engine, invariants
from policy.ports import Steps, unheard
from policy.question import Question
from policy.rulebook import Rulebook

_EXAMPLES: Final = 3
_BASES: Final = 2


class Verdict(StrEnum):
    """What an edit does; `widens` and `narrows` mean: that and nothing else."""

    WIDENS = "widens"
    NARROWS = "narrows"
    EQUAL = "equal"
    BOTH = "both"
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
    progress: Steps = unheard,
) -> Proof:
    """What the edit from `old` to `new`, both over the platform's own schema, can change for anyone.

    It takes about `seconds` at most: what was not settled by then is unknown. `progress` hears how many situations
    are searched (`proof`), of which principal does what to which kind of thing, and how many `points` are tried.

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
    claims = Claims()
    situations = scene.situations()
    bases = tuple(_searched(scene, situations, claims, progress))  # 2 and 3
    tested = check_by_points(claims, scene, situations, bases, points, progress)  # 4
    return Proof(
        changed=edit.changed,
        gains=claims.known(Direction.GAIN),
        losses=claims.known(Direction.LOSS),
        counterexamples=tuple(example for direction in Direction for example in claims.examples[direction]),
        unknown_because=tuple(dict.fromkeys(claims.reasons)),
        tested=tested,
    )


def _searched(scene: Scene, situations: tuple[Situation, ...], claims: Claims, progress: Steps) -> Iterator[Question]:
    """Search every situation; the questions given are where a changed rule matches, to be tested around."""
    settled: set[tuple[object, Direction]] = set()
    given = 0
    for done, situation in enumerate(situations):
        progress("proof", done, len(situations))
        try:
            search = SituationSearch(scene, situation)
        except NotEncodable as error:
            for direction in Direction:
                claims.doubt(direction, str(error))
            continue
        for direction in Direction:
            alike = (search.signature, direction)
            if alike in settled or len(claims.examples[direction]) >= _EXAMPLES:
                continue
            finding = search.find(direction)
            claims.take(direction, finding)
            if not isinstance(finding, Impossible) or finding.by_edit_alone:
                settled.add(alike)
        if given < _BASES and not search.is_out_of_reach and (base := search.region()) is not None:
            given += 1
            yield base
    progress("proof", len(situations), len(situations))
