"""When the last of a grant can have ended at the latest, for everything that IAM does not end by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from jit_engine.domain.grant import Grant, GrantState

QUERY_LIMIT = timedelta(minutes=30)
"""Athena's own time limit of a query (DML query timeout, service quotas; an account may have raised it)."""
TOKEN_LIMIT = timedelta(hours=12)
"""The longest life of a token of ECR or CodeArtifact, which does not end with the session that asked for it."""
_TOKENS = ("ecr://", "codeartifact://")
_TOLD = frozenset({GrantState.ABANDONED, GrantState.REVOKING, GrantState.DENIED, GrantState.CLOSED, GrantState.STUCK})
"""States in which nothing new is handed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One thing that may be used until `until` at the latest; None: until the platform has ended it, which it tries."""

    what: str
    until: datetime | None


def bounds_of(grant: Grant, artefacts: Sequence[Artefact]) -> tuple[Bound, ...]:
    """Everything that was or can be used under the grant, each with its latest end."""
    return tuple(_bounds(grant, artefacts))


def worst_case_end(bounds: Sequence[Bound]) -> datetime | None:
    """The latest of them; None where there is none, or where one has no end of its own."""
    ends = [bound.until for bound in bounds]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _bounds(grant: Grant, artefacts: Sequence[Artefact]) -> Iterator[Bound]:
    if grant.state in _TOLD and grant.last_session_end is None:
        return
    # The policy itself ends with the grant, however long a session of it lives.
    sessions = grant.ends_at if grant.last_session_end is None else min(grant.last_session_end, grant.ends_at)
    sessions = sessions if grant.state in _TOLD else max(sessions, grant.ends_at)
    yield Bound(what="sessions of its roles", until=sessions)
    sources = [uri for principal in grant.principals for uri in principal.sources]
    if any(uri.startswith("glue://") for uri in sources):
        yield Bound(what="running queries", until=_queries(sessions, artefacts))
    if any(uri.startswith(_TOKENS) for uri in sources):
        yield Bound(what="tokens of registries and package libraries", until=sessions + TOKEN_LIMIT)
    for one in artefacts:
        if one.mechanism is Mechanism.DATABASE_USER:
            yield Bound(what=f"connections as {one.name}", until=one.ended_at)
        if one.mechanism is Mechanism.EGRESS:
            yield Bound(what=f"the way out to {one.source}", until=one.ended_at)


def _queries(sessions: datetime, artefacts: Sequence[Artefact]) -> datetime:
    """The grant's own workgroup is emptied when it is lifted; in a shared one nobody can tell whose a query is."""
    own = [one for one in artefacts if one.mechanism is Mechanism.WORKGROUP]
    if own and all(one.state is ArtefactState.GONE and one.ended_at is not None for one in own):
        return max(one.ended_at for one in own if one.ended_at is not None)
    return sessions + QUERY_LIMIT
