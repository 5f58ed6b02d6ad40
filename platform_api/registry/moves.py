"""An environment's one way from state to state."""

from __future__ import annotations

from dataclasses import replace

from jit_engine.domain.activity import ENVIRONMENT_MOVES, EnvironmentState
from jit_engine.errors import WrongState
from platform_api.registry.records import EnvironmentRecord


def moved(record: EnvironmentRecord, state: EnvironmentState) -> EnvironmentRecord:
    """The environment in another state; raises `WrongState` when the table has no such move."""
    here = record.environment
    if state not in ENVIRONMENT_MOVES[here.state]:
        fix = f"it cannot become {state.value}"
        raise WrongState(kind="environment", id=here.id, state=here.state.value, fix=fix)
    return replace(record, environment=replace(here, state=state))
