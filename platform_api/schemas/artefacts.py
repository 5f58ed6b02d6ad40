"""What a grant leaves beside its roles, and until when anything of it can be used, on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from platform_api.schemas.wire import Moment, Shown


class ConnectionShown(Shown):
    """Where and as whom a database of the grant is reached. The token is had from AWS with the grant's credentials."""

    source: str
    host: str
    port: int
    database: str
    user: str
    region: str

    @classmethod
    def of_all(cls, artefacts: Sequence[Artefact]) -> list[Self]:
        """One for each database user that stands."""
        return [
            cls(
                source=one.source,
                host=one.text("host"),
                port=int(one.text("port")),
                database=one.text("database"),
                user=one.text("user"),
                region=one.region,
            )
            for one in artefacts
            if one.mechanism is Mechanism.DATABASE_USER and one.state is ArtefactState.STANDING
        ]


class ArtefactShown(Shown):
    """Something of the grant in another service than IAM."""

    mechanism: str
    name: str
    account: str
    region: str
    source: str
    state: str
    created_at: Moment
    ended_at: Moment | None
    last_error: str | None

    @classmethod
    def of(cls, artefact: Artefact) -> Self:
        """The artefact, without what its service was told."""
        return cls(
            mechanism=artefact.mechanism.value,
            name=artefact.name,
            account=artefact.account,
            region=artefact.region,
            source=artefact.source,
            state=artefact.state.value,
            created_at=artefact.created_at,
            ended_at=artefact.ended_at,
            last_error=artefact.last_error,
        )


class BoundShown(Shown):
    """What may be used until then at the latest; null: until the platform has ended it."""

    what: str
    until: Moment | None
