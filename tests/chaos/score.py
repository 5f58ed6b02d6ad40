"""What befalls whom in one run, drawn from its seed alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.chaos.part import AwsFault, Blow, CallFault, Harm

BOUNDARIES_OF_THE_API = 34
"""About as many as a request, two deliveries and a revocation pass; a blow beyond the last one meets nobody."""
BOUNDARIES_OF_A_WORKER = 44
_CALLS = (
    "iam:create_role",
    "iam:put_role_policy",
    "iam:update_assume_role_policy",
    "iam:delete_role_policy",
    "iam:delete_role",
    "iam:get_role",
    "iam:list_roles",
    "sts:assume_role",
    "iam:*",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One process's misfortunes: `outage` is how long the database is away, from `outage_after` seconds on."""

    blow: Blow
    faults: tuple[CallFault, ...]
    lag: float
    outage: float
    outage_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One run: the API, a worker, the API again for what went wrong, a second worker; then all is well."""

    database: str
    deliveries: int
    revoke_at_first: bool
    revoke_later: bool
    foreign_role: bool
    first_api: Scene
    first_worker: Scene
    rival_worker: bool
    second_api: Scene
    second_worker: Scene


def score(seed: int, number: int, databases: tuple[str, ...]) -> Score:
    """The same run for the same seed and number, whatever ran before it."""
    draw = random.Random(f"{seed}:{number}")
    return Score(
        database=databases[number % len(databases)],
        deliveries=draw.choice((0, 1, 1, 2)),
        revoke_at_first=draw.random() < 0.35,
        revoke_later=draw.random() < 0.5,
        foreign_role=draw.random() < 0.15,
        first_api=_scene(draw, BOUNDARIES_OF_THE_API, (Harm.NONE, Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_WITHIN)),
        first_worker=_scene(
            draw,
            BOUNDARIES_OF_A_WORKER,
            (Harm.NONE, Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_WITHIN, Harm.STOP_AT),
        ),
        rival_worker=draw.random() < 0.3,
        second_api=_scene(draw, BOUNDARIES_OF_THE_API, (Harm.NONE, Harm.NONE, Harm.KILL_AT, Harm.KILL_WITHIN)),
        second_worker=_scene(draw, BOUNDARIES_OF_A_WORKER, (Harm.NONE, Harm.KILL_AT, Harm.KILL_WITHIN, Harm.STOP_AT)),
    )


def _scene(draw: random.Random, boundaries: int, harms: tuple[Harm, ...]) -> Scene:
    """Early boundaries are hit more often: a life that ends early has no late ones."""
    boundary = int(boundaries * draw.random() ** 1.3)
    blow = Blow(harm=draw.choice(harms), boundary=boundary, delay=round(draw.random() * 0.03, 4))
    faults = tuple(
        CallFault(
            call=draw.choice(_CALLS),
            fault=draw.choice(tuple(AwsFault)),
            times=draw.randrange(1, 4),
            spared=draw.randrange(3),
        )
        for _ in range(draw.choice((0, 0, 0, 1, 2)))
    )
    lag = draw.choice((0.0, 0.0, round(draw.uniform(1, 60), 1)))
    outage = draw.choice((0.0,) * 7 + (0.5,))
    return Scene(blow=blow, faults=faults, lag=lag, outage=outage, outage_after=round(draw.uniform(0.0, 0.6), 3))
