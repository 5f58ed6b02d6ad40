"""The closed list of step boundaries at which processes are killed and stalled, and who passes them when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """What is asked for: how it is minted."""

    ROLE = "a role"
    SESSION = "a session of a base role"
    FILTERED = "a role beside a filter of Lake Formation and a workgroup"
    TWO_ROLES = "two roles"


class Played(StrEnum):
    """Which processes of a run pass a boundary."""

    API = "the API"
    EARLY = "a worker while grants live"
    LAST = "a worker when all ends have come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write to AWS or commit of one flow; both sides of it are boundaries."""

    flow: str
    step: str
    played: frozenset[Played]
    shapes: frozenset[Shape]

    @property
    def sides(self) -> tuple[str, str]:
        """The boundaries, by name."""
        return f"{self.flow}: before {self.step}", f"{self.flow}: after {self.step}"


_ALL = frozenset(Shape)
_ROLES = _ALL - {Shape.SESSION}
_SESSION, _FILTERED = frozenset({Shape.SESSION}), frozenset({Shape.FILTERED})
_API, _EARLY, _LAST = (frozenset({played}) for played in Played)
_WORKER = _EARLY | _LAST
_MINT = (
    ("commit _claim", _ALL),
    ("commit grant.opened", _ALL),
    ("iam:create_role", _ROLES),
    ("commit grant.role-created", _ROLES),
    ("iam:put_role_policy", _ROLES),
    ("sts:assume_role", _ROLES),
    ("sts:assume_role of a base role", _SESSION),
    ("commit grant.artefacts-intended", _FILTERED),
    ("athena:create_work_group", _FILTERED),
    ("lakeformation:create_data_cells_filter", _FILTERED),
    ("lakeformation:grant_permissions", _FILTERED),
    ("commit artefact.standing", _FILTERED),
    ("commit grant.active", _ALL),
    ("commit complete", _ALL),
    ("commit grant.abandoned", _ALL),
    ("commit release", _ALL),
)
_BASE = (
    ("commit base-role.opened", _SESSION),
    ("iam:create_role of a base role", _SESSION),
    ("iam:put_role_policy of a base role", _SESSION),
    ("commit base-role.made", _SESSION),
)
_DELIVER = (
    ("commit credentials.delivered", _ALL),
    ("sts:assume_role", _ROLES),
    ("sts:assume_role of a base role", _SESSION),
)
_REVOKE = (("commit grant.revoking", _ALL),)
_END = (
    ("commit claim_due", _ALL, _WORKER),
    ("commit grant.abandoned", _ALL, _EARLY),
    ("commit grant.expiring", _ALL, _LAST),
    ("sts:assume_role", _ROLES, _WORKER),
    ("iam:update_assume_role_policy", _ROLES, _WORKER),
    ("iam:put_role_policy", _ROLES, _WORKER),
    ("sts:assume_role of a base role", _SESSION, _WORKER),
    ("commit base-role.grant-denied", _SESSION, _WORKER),
    ("iam:put_role_policy of a base role", _SESSION, _WORKER),
    ("commit grant.shut", _ALL, _WORKER),
    ("athena:update_work_group", _FILTERED, _WORKER),
    ("athena:delete_work_group", _FILTERED, _WORKER),
    ("lakeformation:revoke_permissions", _FILTERED, _WORKER),
    ("lakeformation:delete_data_cells_filter", _FILTERED, _WORKER),
    ("commit artefact.gone", _FILTERED, _WORKER),
    ("commit postpone", _ALL, _EARLY),
    ("commit grant.denied", _ALL, _EARLY),
    ("commit grant.deny-read-back", _ALL, _EARLY),
    ("iam:delete_role_policy", _ROLES, _LAST),
    ("iam:delete_role", _ROLES, _LAST),
    ("commit grant.closed", _ALL, _LAST),
)
_SWEEP = (  # a role that is made after its grant was given up never gets a policy: there is none to delete
    ("iam:delete_role", _ROLES),
    ("commit sweep.role-deleted", _ROLES),
)
_SWEEP_BESIDE = (
    "athena:update_work_group",
    "athena:delete_work_group",
    "lakeformation:delete_data_cells_filter",
    "commit sweep.artefact-deleted",
)


def _steps() -> Iterator[Step]:
    for flow, steps in (
        ("request", _MINT + _BASE),
        ("renew", _MINT),
        ("deliver", _DELIVER),
        ("revoke", _REVOKE),
        ("revoke many", _REVOKE),
    ):
        for step, shapes in steps:
            yield Step(flow=flow, step=step, played=_API, shapes=shapes)
    for step, shapes, played in _END:
        yield Step(flow="reconcile", step=step, played=played, shapes=shapes)
    for step, shapes in _SWEEP:
        yield Step(flow="sweep", step=step, played=_EARLY, shapes=shapes)
    for step in _SWEEP_BESIDE:
        yield Step(flow="sweep artefacts", step=step, played=_EARLY, shapes=_FILTERED)


STEPS = tuple(_steps())
BOUNDARIES = tuple(side for step in STEPS for side in step.sides)
_OF = {side: step for step in STEPS for side in step.sides}


def step_of(boundary: str) -> Step:
    """The step of which it is a side."""
    return _OF[boundary]


def listed(played: Played, shape: Shape, flows: frozenset[str]) -> tuple[str, ...]:
    """The boundaries that such a process may pass."""
    return tuple(
        side
        for step in STEPS
        if played in step.played and shape in step.shapes and step.flow in flows
        for side in step.sides
    )
