"""One table from code to status, complete, and documents that tell enough and not too much."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.exceptions import HTTPException

import jit_engine
import platform_api
import policy
from jit_engine.enforcers.database_users import DatabaseUnavailable
from jit_engine.errors import AwsUnavailable, EngineError, InvalidValue, NotFound, RoleExists
from jit_engine.flows.outcome import DurationTooLong
from jit_engine.ports import LostRace
from platform_api.authorize import AuthorizeError
from platform_api.db.errors import ClockAstray, SchemaOutdated, StoreError, StoreUnavailable
from platform_api.embedded.errors import EmbeddedError
from platform_api.identity.errors import IdentityError, KeysUnavailable, TokenInvalid
from platform_api.problems import KINDS, problem_of, rendered, rendered_bytes
from platform_api.provisioning.errors import ProvisioningError
from platform_api.registry.errors import RegistryError
from platform_api.routes.errors import DoorError, KeyInFlight, TooManyRefusals
from platform_api.routes.refusals import OURS
from platform_api.settings import SettingsInvalid
from policy import PolicyError

BASES: tuple[type[Exception], ...] = (
    AuthorizeError, DoorError, EmbeddedError, EngineError, IdentityError, PolicyError, ProvisioningError,
    RegistryError, SettingsInvalid, StoreError,
)  # fmt: skip
A_PROGRAM = "platform_api.embedded.aws_child"
NEVER_OVER_HTTP = {EmbeddedError, SettingsInvalid}
"""Said at the start of a process, on its terminal."""


def descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    """A class and all that derive from it."""
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def error_classes() -> set[type[Exception]]:
    """Every error class of the packages that the API stands on."""
    for package in (policy, jit_engine, platform_api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name != A_PROGRAM:
                importlib.import_module(module.name)
    return {found for base in BASES for found in descendants(base)}


def test_every_error_has_a_problem() -> None:
    codes = {getattr(found, "code", None) for found in error_classes()}
    assert len(codes) > 40
    assert codes - KINDS.keys() == set()


def test_every_error_has_a_code_of_its_own() -> None:
    classes = sorted(error_classes(), key=lambda found: found.__qualname__)
    by_code: dict[str, list[str]] = {}
    for found in classes:
        by_code.setdefault(str(getattr(found, "code", "")), []).append(found.__qualname__)
    assert {code: names for code, names in by_code.items() if len(names) > 1} == {}


def test_every_error_that_a_route_can_meet_is_handled() -> None:
    assert [base for base in BASES if base not in OURS and base not in NEVER_OVER_HTTP] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AwsUnavailable(operation="iam:CreateRole", retry_after=timedelta(seconds=15)), 503),
        (StoreUnavailable(why="OperationalError"), 503),
        (KeysUnavailable(issuer="https://idp.example", retry_after=timedelta(milliseconds=200)), 503),
        (DatabaseUnavailable(database="rds://db.example/lending", why="no answer"), 503),
        (ClockAstray(offset=timedelta(minutes=2)), 503),
        (SchemaOutdated(found=None, wanted="views"), 503),
        (RoleExists(role_name="sg-1"), 503),
        (KeyInFlight(), 409),
        (TooManyRefusals(most=3), 429),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_may_pass_says_when_to_try_again(error: Exception, status: int) -> None:
    problem = problem_of(error)
    assert problem.status == status
    assert int(problem.headers["Retry-After"]) >= 1


def test_a_lost_race_is_a_conflict() -> None:
    problem = problem_of(LostRace("the row has another version now"))
    assert (problem.status, problem.code) == (409, "lost-race")
    assert problem_of(LostRace()).detail == "read it again and decide anew"


def test_an_unexpected_error_tells_nothing_of_itself() -> None:
    secret = "AKIAEXAMPLE and a password"
    for error in (ValueError(secret), KeyError(secret), EngineError(secret), PolicyError(secret)):
        status, _, body = rendered_bytes(problem_of(error), "request-1")
        assert status == 500
        assert secret.encode() not in body
        assert json.loads(body)["request_id"] == "request-1"


def test_why_a_token_does_not_count_stays_in_the_log() -> None:
    problem = problem_of(TokenInvalid(reason="unknown-key"))
    assert problem.status == 401
    assert problem.headers["WWW-Authenticate"].startswith("Bearer")
    assert "unknown-key" not in json.dumps(rendered(problem, "request-1"))


def test_a_wrong_value_is_told_with_its_correction() -> None:
    error = InvalidValue(field="prefix", given="a", fix="end it with a slash", corrected="a/")
    document = rendered(problem_of(error), "request-1")
    told = {name: document[name] for name in ("field", "given", "fix", "corrected")}
    assert told == {"field": "prefix", "given": "a", "fix": "end it with a slash", "corrected": "a/"}
    assert document["type"] == "https://sluicegate.example/problems/invalid-value"


def test_nothing_of_the_id_is_told_beyond_what_was_asked() -> None:
    one, other = (problem_of(NotFound(kind="grant", id=name)) for name in ("gr_1", "gr_2"))
    assert json.dumps(rendered(one, "r")).replace("gr_1", "gr_2") == json.dumps(rendered(other, "r"))


def test_a_duration_that_alone_is_too_long_is_a_wrong_value() -> None:
    assert KINDS[DurationTooLong.code].status == 422


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 431, 500, 503])
def test_what_the_framework_raises_is_told_in_our_form(status: int) -> None:
    problem = problem_of(HTTPException(status, detail="framework words", headers={"Allow": "POST"}))
    assert "framework words" not in json.dumps(rendered(problem, "r"))
    assert problem.status in (status, 400, 500)
    assert problem.headers == {"Allow": "POST"}


def test_every_kind_explains_itself() -> None:
    assert [code for code, kind in KINDS.items() if not (kind.title and kind.meaning.endswith("."))] == []
    assert all(400 <= kind.status < 600 for kind in KINDS.values())
