"""What is asked for in one run, in which order, and what befalls whom: drawn from its seed alone."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum

from jit_engine.flows.revoke_many import Wide
from tests.chaos.boundaries import BOUNDARIES, Played, Shape, Step, listed, step_of
from tests.chaos.part import AwsFault, Blow, CallFault, Harm

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
_CALLS_BESIDE = ("lakeformation:*", "athena:*", "lakeformation:grant_permissions", "lakeformation:revoke_permissions")
_ENDING, _SWEEPING = frozenset({"reconcile"}), frozenset({"sweep", "sweep artefacts"})
_FAILING = ("commit grant.abandoned", "commit release")
"""Steps that a mint takes only when AWS failed it."""
_PROVED = {Shape.ROLE: 1, Shape.SESSION: 1, Shape.FILTERED: 1, Shape.TWO_ROLES: 3}
"""Sessions that the first mint opens to prove its roles: the next is the renewal's."""
_OF_THE_API = (Harm.NONE, Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_WITHIN, Harm.STOP_AT)
_OF_A_WORKER = (Harm.NONE, Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_WITHIN, Harm.STOP_AT)


class Deed(StrEnum):
    """What a caller does. `GIVE_BACK` is the holder's own revocation."""

    ASK = "ask"
    DELIVER = "deliver"
    RENEW = "renew"
    DELIVER_RENEWED = "deliver renewed"
    GIVE_BACK = "give back"
    REVOKE = "revoke"
    REVOKE_RENEWED = "revoke renewed"
    REVOKE_MANY = "revoke many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One process's misfortunes: `outage` is how long the database is away, from `outage_after` seconds on."""

    blow: Blow
    faults: tuple[CallFault, ...]
    lag: float
    outage: float
    outage_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One run: the API, a worker, the API again for what went wrong, a second worker; quiet; the ends, and a third."""

    database: str
    shape: Shape
    wide: Wide
    foreign_role: bool
    first_deeds: tuple[Deed, ...]
    first_api: Scene
    first_worker: Scene
    rival_worker: bool
    second_deeds: tuple[Deed, ...]
    second_api: Scene
    second_worker: Scene
    last_worker: Scene


def life(seed: int, number: int, databases: tuple[str, ...]) -> Life:
    """The same run for the same seed and number, whatever ran before it.

    Each has a goal: of as many runs as there are boundaries, one leads to each of them; the rest is drawn.
    """
    draw = random.Random(f"{seed}:{number}")
    around = list(BOUNDARIES)
    random.Random(f"{seed}:{number // len(around)}").shuffle(around)
    goal = step_of(around[number % len(around)])
    shape = draw.choice(sorted(goal.shapes))
    renews = draw.random() < 0.5
    ends = (Deed.GIVE_BACK, Deed.REVOKE, Deed.REVOKE_RENEWED if renews else Deed.REVOKE, Deed.REVOKE_MANY)
    first = [Deed.ASK, *[Deed.DELIVER] * draw.choice((0, 1, 1, 2))]
    if renews:
        first += [Deed.RENEW, *[Deed.DELIVER_RENEWED] * draw.choice((0, 1))]
    first += [draw.choice(ends)] if draw.random() < 0.4 else []
    second = [Deed.ASK, *[Deed.DELIVER] * draw.choice((0, 1))]
    if renews:
        second += [Deed.RENEW, *[Deed.DELIVER_RENEWED] * draw.choice((0, 1))]
    second += [draw.choice(ends)] if draw.random() < 0.55 else []
    drawn = Life(
        database=databases[draw.randrange(len(databases))],
        shape=shape,
        wide=draw.choice(tuple(Wide)),
        foreign_role=draw.random() < 0.15,
        first_deeds=tuple(first),
        first_api=_scene(draw, listed(Played.API, shape, _flows(first)), _OF_THE_API, shape),
        first_worker=_scene(draw, listed(Played.EARLY, shape, _ENDING | _SWEEPING), _OF_A_WORKER, shape),
        rival_worker=draw.random() < 0.2,
        second_deeds=tuple(second),
        second_api=_scene(draw, listed(Played.API, shape, _flows(second)), (Harm.NONE, *_OF_THE_API), shape),
        second_worker=_scene(draw, listed(Played.EARLY, shape, _ENDING | _SWEEPING), _OF_A_WORKER, shape),
        last_worker=_scene(draw, listed(Played.LAST, shape, _ENDING), _OF_A_WORKER, shape),
    )
    return _towards(around[number % len(around)], goal, drawn, draw)


def _towards(goal: str, step: Step, drawn: Life, draw: random.Random) -> Life:
    """The same, but that a process is killed at its goal, with what has to go before and nothing that prevents it."""
    blow = Blow(harm=draw.choice((Harm.KILL_AT, Harm.KILL_AT, Harm.KILL_WITHIN)), boundary=goal, delay=0.01)
    struck = _only(blow, failing=step.flow in ("request", "renew") and step.step in _FAILING)
    given, again = (Deed.ASK, Deed.DELIVER), (Deed.ASK, Deed.RENEW, Deed.DELIVER_RENEWED)
    match step.flow:
        case "request":
            return replace(drawn, first_api=struck)
        case "deliver":
            return replace(drawn, first_api=struck, first_deeds=given)
        case "renew":
            spared = _only(blow, failing=step.step in _FAILING, spared=_PROVED[drawn.shape])
            return replace(drawn, first_api=spared, first_deeds=(Deed.ASK, Deed.RENEW), second_deeds=again)
        case "revoke":
            deed = draw.choice((Deed.REVOKE, Deed.GIVE_BACK))
            return replace(drawn, first_api=struck, first_deeds=(*given, deed))
        case "revoke many":
            return replace(drawn, first_api=struck, first_deeds=(*given, Deed.REVOKE_MANY))
        case "sweep" | "sweep artefacts":  # what is made after its grant was given up
            stalled = (
                "lakeformation:create_data_cells_filter" if "lakeformation" in goal else "athena:create_work_group"
            )
            stalled = "iam:create_role" if step.flow == "sweep" else stalled
            late = Blow(harm=Harm.STOP_AT, boundary=f"request: before {stalled}")
            return replace(_quiet(drawn), first_deeds=given, first_api=_only(late), first_worker=struck)
    if step.step == "commit grant.abandoned":
        died = Blow(harm=Harm.KILL_AT, boundary="request: after commit grant.opened")
        return replace(_quiet(drawn), first_api=_only(died), second_worker=struck)
    if step.step == "commit grant.deny-read-back":
        died = Blow(harm=Harm.KILL_AT, boundary="reconcile: after commit grant.shut")
        return replace(_quiet(drawn), first_deeds=(*given, Deed.REVOKE), first_worker=_only(died), second_worker=struck)
    if Played.LAST in step.played and (Played.EARLY not in step.played or draw.random() < 0.5):
        return replace(_quiet(drawn), first_deeds=given, second_deeds=(Deed.ASK,), last_worker=struck)
    return replace(_quiet(drawn), first_deeds=(*given, Deed.REVOKE), first_worker=struck)


def _quiet(drawn: Life) -> Life:
    """Nothing befalls anybody but the last worker."""
    fair = _only(Blow())
    return replace(drawn, first_api=fair, first_worker=fair, second_api=fair, second_worker=fair, rival_worker=False)


def _only(blow: Blow, *, failing: bool = False, spared: int = 0) -> Scene:
    """That blow and no other weather; or `failing`, AWS does not open the session with which a role is proved."""
    fault = CallFault(call="sts:assume_role", fault=AwsFault.FAILED_BEFORE, times=1, spared=spared)
    return Scene(blow=blow, faults=(fault,) if failing else (), lag=0.0, outage=0.0, outage_after=0.0)


def _flows(deeds: list[Deed]) -> frozenset[str]:
    """The flows that these deeds pass through."""
    flow = {
        Deed.ASK: "request",
        Deed.DELIVER: "deliver",
        Deed.DELIVER_RENEWED: "deliver",
        Deed.RENEW: "renew",
        Deed.GIVE_BACK: "revoke",
        Deed.REVOKE: "revoke",
        Deed.REVOKE_RENEWED: "revoke",
        Deed.REVOKE_MANY: "revoke many",
    }
    return frozenset(flow[deed] for deed in deeds)


def _scene(draw: random.Random, boundaries: tuple[str, ...], harms: tuple[Harm, ...], shape: Shape) -> Scene:
    harm, boundary = draw.choice(harms), draw.choice(boundaries)
    if harm is Harm.STOP_AT:  # a stall within a transaction holds the database's lock: that is the outage's part
        boundary = boundary.replace(": before commit", ": after commit")
    blow = Blow(harm=harm, boundary=boundary, nth=draw.choice((0, 0, 0, 0, 1, 2)), delay=round(draw.random() * 0.03, 4))
    calls = _CALLS + (_CALLS_BESIDE if shape is Shape.FILTERED else ())
    faults = tuple(
        CallFault(
            call=draw.choice(calls),
            fault=draw.choice(tuple(AwsFault)),
            times=draw.randrange(1, 4),
            spared=draw.randrange(3),
        )
        for _ in range(draw.choice((0, 0, 0, 1, 2)))
    )
    lag = draw.choice((0.0, 0.0, round(draw.uniform(1, 60), 1)))
    outage = draw.choice((0.0,) * 9 + (0.4,))
    return Scene(blow=blow, faults=faults, lag=lag, outage=outage, outage_after=round(draw.uniform(0.0, 0.4), 3))
