"""Taking many grants back at once, on the wire."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import check_id
from jit_engine.errors import InvalidValue
from jit_engine.flows.revoke_many import Scope, Wide
from platform_api.schemas.wire import ActivityRef, Asked, ContractRef, Moment, Shown, Text, Token

_MOST_SHOWN = 1000


def _subject(given: str) -> str:
    prefix = "wl" if given.startswith("wl_") else "pe"
    try:
        return check_id(given, prefix, "person")
    except InvalidValue as invalid:
        raise ValueError(invalid.fix) from invalid


class RevocationAsked(Asked):
    """Which live grants to take back, exactly one of the fields; `dry_run` only lists them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"dataset": "s3://acme-prod-lake/loans/", "reason": "A wrong extract was loaded.", "dry_run": True}
            ]
        }
    )

    person: Annotated[str, Field(max_length=64), AfterValidator(_subject)] | None = None
    activity: ActivityRef | None = None
    contract: ContractRef | None = None
    dataset: Token | None = None
    account: Annotated[str, Field(pattern=r"^[0-9]{12}\z")] | None = None
    everything: bool = False
    reason: Annotated[Text, Field(min_length=1)]
    dry_run: bool = False

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if len(self._named()) != 1:
            raise ValueError("name exactly one of person, activity, contract, dataset, account, everything")
        return self

    def _named(self) -> dict[Wide, str]:
        given: dict[Wide, str | None] = {
            Wide.PERSON: self.person,
            Wide.ACTIVITY: self.activity,
            Wide.CONTRACT: self.contract,
            Wide.DATASET: self.dataset,
            Wide.ACCOUNT: self.account,
            Wide.EVERYTHING: "" if self.everything else None,
        }
        return {kind: value for kind, value in given.items() if value is not None}

    def scope(self) -> Scope:
        """The scope in the engine's terms."""
        ((kind, value),) = self._named().items()
        return Scope(kind=kind, value=value)


class EndedShown(Shown):
    """One grant that is, or would be, taken back."""

    id: str
    subject: str
    activity: str
    tier: str
    purpose: str
    ends_at: Moment
    sources: list[str]

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """The grant in short."""
        return cls(
            id=grant.id,
            subject=grant.subject,
            activity=grant.activity,
            tier=grant.tier.value,
            purpose=grant.purpose,
            ends_at=grant.ends_at,
            sources=[uri for principal in grant.principals for uri in principal.sources],
        )


class RevocationShown(Shown):
    """What was taken back, or would be; `grants` shows a thousand at most, `count` counts all."""

    dry_run: bool
    scope: dict[str, Any]
    count: int
    grants: list[EndedShown]

    @classmethod
    def of(cls, scope: Scope, grants: tuple[Grant, ...], *, dry_run: bool) -> Self:
        """The outcome."""
        return cls(
            dry_run=dry_run,
            scope={"kind": scope.kind.value, "value": scope.value},
            count=len(grants),
            grants=[EndedShown.of(grant) for grant in grants[:_MOST_SHOWN]],
        )
