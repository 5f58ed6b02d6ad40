"""The worst-case end: the latest of everything that IAM does not end by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.enforcers.worst_case import QUERY_LIMIT, TOKEN_LIMIT, bounds_of, worst_case_end
from tests.fakes.world import LOANS, NOW, ask, request
from tests.unit.engine.desk import Desk

HOUR = timedelta(hours=1)


def revoked(*sources: str) -> Grant:
    """A grant of an hour whose last session ends in half of it, taken back."""
    grant = Desk().ask(request(ask()))
    principal = replace(grant.sole, sources=sources)
    ended = grant.moved(GrantState.REVOKING)
    return replace(ended, principals=(principal,), ends_at=NOW + HOUR, last_session_end=NOW + HOUR / 2)


def artefact(grant: Grant, mechanism: Mechanism, **changes: object) -> Artefact:
    usual = Artefact(
        grant=grant.id, part=1, mechanism=mechanism, account="", region="", source="", name="x", plan={}, created_at=NOW
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_files_end_with_the_last_session_and_a_live_grant_with_itself() -> None:
    grant = revoked("s3://example-lake/lending/")
    assert worst_case_end(bounds_of(grant, ())) == NOW + HOUR / 2
    live = replace(grant, state=GrantState.ACTIVE)
    assert worst_case_end(bounds_of(live, ())) == NOW + HOUR


def test_nothing_is_left_of_a_grant_that_never_had_a_session() -> None:
    assert bounds_of(replace(revoked("s3://b/p/"), last_session_end=None), ()) == ()


def test_a_query_in_a_shared_workgroup_outlives_the_session_and_one_of_its_own_ends_when_it_is_lifted() -> None:
    grant = revoked(LOANS.uri)
    assert worst_case_end(bounds_of(grant, ())) == NOW + HOUR / 2 + QUERY_LIMIT
    gone = artefact(grant, Mechanism.WORKGROUP, state=ArtefactState.GONE, ended_at=NOW)
    assert worst_case_end(bounds_of(grant, (gone,))) == NOW + HOUR / 2


def test_tokens_of_registries_outlive_the_session_by_twelve_hours() -> None:
    for uri in ("ecr://000000000000/us-east-1/tools", "codeartifact://000000000000/us-east-1/d/r"):
        assert worst_case_end(bounds_of(revoked(uri), ())) == NOW + HOUR / 2 + TOKEN_LIMIT


def test_a_database_user_has_no_end_until_it_is_gone() -> None:
    grant = revoked("rds://000000000000/us-east-1/db-X")
    user = artefact(grant, Mechanism.DATABASE_USER)
    assert worst_case_end(bounds_of(grant, (user,))) is None
    assert worst_case_end(bounds_of(grant, (replace(user, ended_at=NOW + HOUR),))) == NOW + HOUR
