"""What is seen of an environment while it is made: in progress, ready, or failed and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """One line of CloudFormation's own account of what it does."""

    at: datetime
    logical_id: str
    type: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentResources:
    """What a finished environment consists of: names, and ARNs where the field says so."""

    workspace_bucket: str
    workspace_key_arn: str
    boundary_arn: str
    environment_role_arn: str
    log_group: str
    glue_database: str
    athena_workgroup: str
    image_repository: str
    stack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """CloudFormation is at work; look again. Events are oldest first."""

    events: tuple[StackEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Every guard was read back and holds. `repaired`: what was applied by API, as `Workspace: tags`."""

    resources: EnvironmentResources
    repaired: tuple[str, ...]
    events: tuple[StackEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The environment may not be used; `reason` is a sentence that says what to do.

    Calling `start` again is always safe: it removes what a failed creation left and begins anew.
    """

    reason: str


Observation = InProgress | Ready | Failed
