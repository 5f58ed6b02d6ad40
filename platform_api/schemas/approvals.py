"""Requests that wait, and the approvals they wait for, on the wire."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from jit_engine.domain.approval import Approval
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.approve import Looked
from jit_engine.rules.approvals import ApprovalNeed
from platform_api.schemas.wire import Asked, Duration, Moment, Shown, Text

Comment = Annotated[Text, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class ApprovalDecision(StrEnum):
    """An approver's word."""

    APPROVE = "approve"
    DECLINE = "decline"


class ApprovalAsked(Asked):
    """An approver's word on what they were shown; `longest` shortens the access."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "approve", "shown_sha256": "ab" * 32, "longest": "PT1H", "comment": "As agreed on Monday."}
            ]
        }
    )

    decision: ApprovalDecision
    shown_sha256: Sha256
    longest: Duration | None = None
    comment: Comment


class ReleaseAsked(Asked):
    """The second person's word in an emergency, on what they were shown."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"shown_sha256": "ab" * 32, "comment": "INC-4711: payments are down."}]}
    )

    shown_sha256: Sha256
    longest: Duration | None = None
    comment: Comment


class WithdrawAsked(Asked):
    """Why a request is taken back before it is granted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The meeting is over."}]})

    reason: Comment


class GivenShown(Shown):
    """One person's yes. `void` says why it does not count any more, null while it does."""

    approver: str
    at: Moment
    groups: list[str]
    longest_seconds: int | None
    comment: str
    shown_sha256: str
    release: bool
    void: str | None

    @classmethod
    def of(cls, approval: Approval, void: str | None) -> Self:
        """The approval of a record."""
        longest = approval.longest
        return cls(
            approver=approval.approver,
            at=approval.at,
            groups=sorted(approval.groups),
            longest_seconds=None if longest is None else int(longest.total_seconds()),
            comment=approval.comment,
            shown_sha256=approval.shown_sha256,
            release=approval.release,
            void=void,
        )


class WaitingShown(Shown):
    """What a request waits for, or waited for."""

    state: str
    created_at: Moment
    starts_at: Moment | None
    expires_at: Moment
    break_glass: bool
    reason: str | None
    approvals: list[GivenShown]
    grant: str | None

    @classmethod
    def of(cls, waiting: WaitingRequest) -> Self:
        """The row; whether each approval still counts is looked at under /approvals."""
        return cls(
            state=waiting.state.value,
            created_at=waiting.created_at,
            starts_at=waiting.request.starts_at,
            expires_at=waiting.expires_at,
            break_glass=waiting.request.break_glass,
            reason=waiting.reason,
            approvals=[GivenShown.of(approval, None) for approval in waiting.approvals],
            grant=waiting.grant,
        )


class NeedShown(Shown):
    """What one contract demands."""

    contract: str
    version: str
    clause: str
    groups: list[str]
    people: int
    one_of_each: bool

    @classmethod
    def of(cls, need: ApprovalNeed) -> Self:
        """The demand."""
        return cls(
            contract=need.contract.id,
            version=need.contract.version,
            clause=need.sentence,
            groups=sorted(need.rule.groups),
            people=need.rule.needed,
            one_of_each=need.rule.of_each,
        )


class LookedShown(Shown):
    """What an approver decides about: derived on the server at this moment. An approval names its SHA-256."""

    request: str
    state: str
    expires_at: Moment
    shown: dict[str, Any]
    shown_sha256: str
    needs: list[NeedShown]
    approvals: list[GivenShown]
    enough: bool

    @classmethod
    def of(cls, waiting: WaitingRequest, looked: Looked) -> Self:
        """The request as it looks now."""
        void = dict(looked.standing.void)
        return cls(
            request=waiting.id,
            state=waiting.state.value,
            expires_at=waiting.expires_at,
            shown=looked.document.document,
            shown_sha256=looked.document.sha256,
            needs=[NeedShown.of(need) for need in looked.needs],
            approvals=[GivenShown.of(one, void.get(one.approver)) for one in waiting.approvals],
            enough=looked.is_enough,
        )
