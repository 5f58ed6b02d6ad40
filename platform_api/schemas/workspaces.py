"""What workspaces may hold, their declassification and legal holds, on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from jit_engine.domain.ids import EnvironmentId
from jit_engine.domain.label import EMPTY, Label
from jit_engine.flows.purge import LabelledWorkspace
from platform_api.registry.workspaces import Declassification, LabelChange, LegalHold
from platform_api.schemas.wire import Asked, ContractRef, Moment, Shown, Text

Reason = Annotated[Text, Field(min_length=1)]


class DeclassificationAsked(Asked):
    """Which contracts to take out of the label, and why what is left of them is no longer their data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "contracts": ["co_01JABCDEFGHJKMNPQRSTVWXYZ5"],
                    "reason": "Only coefficients over 40,000 loans are left; the extracts were deleted.",
                }
            ]
        }
    )

    contracts: Annotated[list[ContractRef], Field(min_length=1, max_length=100)]
    reason: Reason


class DeclassificationDecided(Asked):
    """The other person's word."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "approve", "comment": "Looked at the files: no loan is in them."}]}
    )

    decision: Literal["approve", "refuse"]
    comment: Reason


class HoldAsked(Asked):
    """Why the hold is placed, or released."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Court order 2026/118 of 23 November."}]})

    reason: Reason


class MarkShown(Shown):
    """What may lie there of the data under one contract."""

    contract: str
    version: str
    classification: str
    classes: list[str]
    purposes: list[str]
    holders: list[str]


class LabelShown(Shown):
    """A label: the most that its marks say, and the marks."""

    classification: str
    classes: list[str]
    purposes: list[str]
    marks: list[MarkShown]

    @classmethod
    def of(cls, label: Label) -> Self:
        """The label."""
        return cls(
            classification=label.classification.value,
            classes=sorted(label.classes),
            purposes=sorted(label.purposes),
            marks=[
                MarkShown(
                    contract=mark.contract,
                    version=mark.version,
                    classification=mark.classification.value,
                    classes=sorted(mark.classes),
                    purposes=sorted(mark.purposes),
                    holders=sorted(mark.holders),
                )
                for mark in label.marks
            ],
        )


class DeclassificationShown(Shown):
    """A declassification and what was said to it."""

    id: str
    environment: str
    contracts: list[str]
    reason: str
    asked_by: str
    asked_at: Moment
    state: str
    decided_by: str | None
    decided_at: Moment | None
    comment: str | None

    @classmethod
    def of(cls, of: Declassification) -> Self:
        """The declassification."""
        return cls(
            id=of.id,
            environment=of.environment,
            contracts=list(of.contracts),
            reason=of.reason,
            asked_by=of.asked_by,
            asked_at=of.asked_at,
            state=of.state.value,
            decided_by=of.decided_by,
            decided_at=of.decided_at,
            comment=of.comment,
        )


class HoldShown(Shown):
    """A legal hold."""

    id: str
    activity: str
    reason: str
    placed_by: str
    placed_at: Moment

    @classmethod
    def of(cls, hold: LegalHold) -> Self:
        """The hold."""
        return cls(
            id=hold.id,
            activity=hold.activity,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )


class ChangeShown(Shown):
    """One line of the history, with the label as it was afterwards."""

    at: Moment
    actor: str
    what: str
    label: LabelShown
    details: dict[str, Any]


class WorkspaceShown(Shown):
    """An environment's workspace: its label, what becomes of it, and how it came to be. The newest hundred of each."""

    environment: str
    label: LabelShown
    quarantined_at: Moment | None
    quarantined_for: str | None
    purge_at: Moment | None
    legal_hold: HoldShown | None
    declassifications: list[DeclassificationShown]
    history: list[ChangeShown]

    @classmethod
    def of(
        cls,
        environment: EnvironmentId,
        found: LabelledWorkspace | None,
        hold: LegalHold | None,
        asked: Sequence[Declassification],
        history: Sequence[LabelChange],
    ) -> Self:
        """The workspace; nothing was ever delivered there where nothing is found."""
        return cls(
            environment=environment,
            label=LabelShown.of(EMPTY if found is None else found.label),
            quarantined_at=None if found is None else found.quarantined_at,
            quarantined_for=None if found is None else found.quarantined_for,
            purge_at=None if found is None else found.purge_at,
            legal_hold=None if hold is None else HoldShown.of(hold),
            declassifications=[DeclassificationShown.of(one) for one in asked],
            history=[
                ChangeShown(
                    at=one.at,
                    actor=one.actor,
                    what=one.what,
                    label=LabelShown.of(one.label),
                    details=dict(one.details),
                )
                for one in history
            ],
        )
