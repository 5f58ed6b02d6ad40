"""Who signs in as a pipeline, and what is not there to be attacked: held by what the platform does instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from jit_engine.domain.event import Event
from jit_engine.domain.tier import Tier
from tests.abuse.mint.test_names_and_tags import signed
from tests.abuse.rows import rows
from tests.fakes.world import ADA, refused
from tests.support.platform import Cast
from tests.support.standing import Standing

REPOSITORY = "repo:acme/model:ref:refs/heads/main"
IMMUTABLE = "repo:acme@123456/model@456789:ref:refs/heads/main"
WORKFLOW = "repo:acme/model:job_workflow_ref:acme/wf/.github/workflows/x.yml@refs/heads/main"


@contextmanager
def pipeline_known_as(cast: Cast, subject: str) -> Iterator[None]:
    """The sample's pipeline is known to the identity provider by this subject."""
    registry = cast.platform.platform.registry
    before = registry.directory()
    event = Event(action="test.directory", actor="system:test", at=cast.platform.now(), about={})
    known = [replace(one, login=subject) if one.subject.id.startswith("wl_") else one for one in before]
    registry.put_directory(known, event)
    try:
        yield
    finally:
        registry.put_directory(before, event)


def asking(cast: Cast, subject: str) -> httpx.Response:
    return cast.http.get("/v1/me", headers={"Authorization": f"Bearer {signed(cast, subject)}"})


STRANGERS: dict[str, tuple[str, str]] = {
    "AUTHN-031 no subject at all": (REPOSITORY, ""),
    "AUTHN-031 a subject of the same issuer": (REPOSITORY, "repo:mallory/model:ref:refs/heads/main"),
    "AUTHN-032 a pattern for an organisation": ("repo:acme/*", REPOSITORY),
    "AUTHN-032 a pattern of SQL's": ("repo:acme/%", REPOSITORY),
    "AUTHN-032 the beginning of a subject": ("repo:acme/", REPOSITORY),
    "AUTHN-032 another branch": (REPOSITORY, "repo:acme/model:ref:refs/heads/main-2"),
    "AUTHN-032 a pull request": (REPOSITORY, "repo:acme/model:pull_request"),
    "AUTHN-034 an owner who took the name over": (IMMUTABLE, REPOSITORY),
    "AUTHN-034 another owner's number": (IMMUTABLE, IMMUTABLE.replace("123456", "999")),
    "AUTHN-035 the form with numbers": (REPOSITORY, IMMUTABLE),
    "AUTHN-035 the form with numbers after a hyphen": (REPOSITORY, "repo:acme-123456/model-456789:ref:refs/heads/main"),
    "AUTHN-037 a workflow of somebody else": (WORKFLOW, WORKFLOW.replace("acme/wf", "evil/wf")),
}


@pytest.mark.parametrize("case", rows(STRANGERS))
def test_a_pipeline_is_one_subject_to_the_letter(cast: Cast, standing: Standing, case: tuple[str, str]) -> None:
    """There are no patterns: whoever registers a pipeline names the subject, with the numbers and the workflow that
    its issuer is told to put there. Claims beside the subject are not looked at.
    """
    known, presented = case
    with pipeline_known_as(cast, known):
        answer = asking(cast, presented)
        assert answer.status_code == 401
        assert answer.json()["code"] in ("unknown-subject", "token-invalid")
        assert asking(cast, known).json()["kind"] == "workload"


@pytest.mark.case("AUTHN-040")
def test_a_person_in_operation_is_refused_by_what_nobody_edits() -> None:
    verdict = refused(tier=Tier.OPERATION, by=ADA)
    named = {rule.id for each in verdict.verdicts for rule in each.invariants.rules}
    assert "inv-operation-is-for-pipelines" in named


@pytest.mark.case("AUTHN-043", "AUTHN-044")
def test_the_platform_gives_no_tokens_and_has_no_device_flow(cast: Cast, standing: Standing) -> None:
    """Signing in is the identity provider's: there is no user code to guess, and no device code to steal."""
    paths = cast.http.get("/v1/openapi.json").json()["paths"]
    assert not [path for path in paths if "device" in path or "token" in path or "login" in path]
    for path in ("/device", "/v1/device", "/token", "/oauth/token", "/v1/token"):
        assert cast.http.post(path, json={"user_code": "GUESS-ME"}).status_code in (401, 404, 405)
