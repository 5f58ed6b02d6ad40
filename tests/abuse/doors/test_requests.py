"""What somebody sends to an API that takes JSON of closed forms, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from platform_api.db.audit import AuditTrail
from platform_api.logs import log_nowhere, log_to
from platform_api.paging import PageAsk
from platform_api.settings import LogLevel
from tests.abuse.mint.door import ASK, Bad, check_refused
from tests.abuse.rows import rows
from tests.support.platform import FACTS, Cast, Story, made
from tests.support.sources import modules
from tests.support.standing import Standing


def bodies(cast: Cast) -> dict[str, dict[str, Any]]:
    """The schema of every body that a route takes, by its name; AuthZEN's own are open by its standard."""
    document = cast.http.get("/v1/openapi.json").json()
    found = {}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for media in content.values():
                name = str(media["schema"].get("$ref", "")).rpartition("/")[2]
                if name and path.startswith("/v1"):
                    found[name] = document["components"]["schemas"][name]
    return found


@pytest.mark.case("API-004", "API-020", "API-022", "PROV-013", "PROV-014")
def test_every_body_is_a_closed_form_that_names_no_command_and_no_place_of_trust(
    cast: Cast, standing: Standing
) -> None:
    """Which accounts, roles and external ids are trusted is the operator's settings alone; nothing runs a command."""
    schemas = bodies(cast)
    assert len(schemas) > 10
    assert [name for name, schema in schemas.items() if schema.get("additionalProperties") is not False] == []
    named = {field for schema in schemas.values() for field in schema["properties"]}
    assert not named & {"branch", "command", "url", "sts_endpoint", "endpoint_url", "role_arn", "external_id"}


SENT: dict[str, tuple[str, dict[str, Any]]] = {
    "API-022 an option for a branch": (ASK, {"branch": "--upload-pack=touch pwned"}),
    "API-022 an option in an activity": ("/v1/activities", {"branch": "--upload-pack=touch pwned"}),
    "API-020 an endpoint": (ASK, {"sts_endpoint": "https://evil.example"}),
    "PROV-013 a role of another's": ("/v1/activities", {"role_arn": "arn:aws:iam::999988887777:role/jit-broker"}),
    "PROV-014 an external id": ("/v1/activities", {"external_id": "1234"}),
}


@pytest.mark.parametrize("case", rows(SENT))
def test_a_field_that_nobody_knows_is_refused(cast: Cast, standing: Standing, case: tuple[str, dict[str, Any]]) -> None:
    path, given = case
    (field,) = given
    refused = cast.dana.post(path, given)
    assert (refused.status_code, refused.json()["code"]) == (422, "fields-invalid")
    assert field in {error["field"] for error in refused.json()["errors"]}


PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="%s"%s\r\n\r\nx\r\n--b--\r\n'
UPLOADS: dict[str, bytes] = {
    "API-023 a bomb of headers": b"--b\r\n" + b"X-H: a\r\n" * 100_000 + b"\r\nx\r\n--b--\r\n",
    "API-025 a second name": PART % (b"a.yaml", b"; filename*=UTF-8''..%2f..%2fetc%2fcron.d%2fx"),
    "API-026 a path for a name": PART % (b"/etc/cron.d/x", b""),
}


@pytest.mark.parametrize("upload", rows(UPLOADS))
def test_there_are_no_uploads(cast: Cast, standing: Standing, upload: bytes) -> None:
    for path in (ASK, "/v1/contracts", "/v1/activities", "/v1/rulebooks"):
        refused = cast.dana.send(path, upload, "multipart/form-data; boundary=b")
        assert refused.status_code in (403, 413, 415), refused.text
        assert refused.json()["code"] in ("forbidden", "not-json", "body-too-large")


@pytest.mark.case("PROV-020")
def test_data_in_an_account_that_nobody_registered_is_no_source(
    without_aws: Cast, story: Story, standing: Standing
) -> None:
    sources = [{**FACTS, "account": "123123123123"}]
    check_refused(
        without_aws, story, standing, Bad(given={"sources": sources}, field="sources[0]", code="invalid-value")
    )


@pytest.mark.case("PROV-001")
@pytest.mark.parametrize("operation", ["insert", "delete"])
def test_research_writes_nothing_but_its_workspace(
    cast: Cast, story: Story, standing: Standing, operation: str
) -> None:
    roles = standing.roles()
    answer = cast.dana.post(ASK, story.asking(sources=[{**FACTS, "operations": [operation]}]))
    assert answer.status_code in (403, 422)
    assert answer.json()["code"] in ("access-refused", "invalid-value")
    assert set(standing.roles()) <= set(roles)


@pytest.mark.case("AUD-022")
def test_whatever_is_refused_is_on_record_one_by_one(cast: Cast, story: Story, standing: Standing) -> None:
    """Neither sampled nor summed up: as many records as refusals, malformed ones among them."""
    pat = cast.pat.get("/v1/me").json()["id"]

    def recorded() -> list[str]:
        ask = PageAsk(limit=200, filters={"actor": pat, "action": "request.rejected"})
        return [str(entry.seq) for entry in AuditTrail(standing.database).page(ask).items]

    before = set(recorded())
    for number in range(20):
        assert cast.pat.post(ASK, {"nonsense": number}).status_code == 422
        assert cast.pat.post("/v1/rulebooks", {"title": "Mine", "text": "x"}).status_code == 403
        assert cast.pat.send(ASK, b"{").status_code == 422
    assert len(set(recorded()) - before) == 60


@pytest.mark.case("CLI-010")
def test_the_command_line_opens_no_address_that_it_is_told() -> None:
    """It starts no browser: there is no address of a server's that it would follow."""
    for module in modules("cli"):
        assert "webbrowser" not in module.text, module
        assert "xdg-open" not in module.text, module


@pytest.fixture
def told() -> Iterator[StringIO]:
    """What the platform logs at its most talkative."""
    heard = StringIO()
    log_to(heard, LogLevel.DEBUG)
    yield heard
    log_nowhere()


@pytest.mark.case("CLI-014")
@pytest.mark.usefixtures("given_back")
def test_nothing_of_a_delivery_is_in_a_log(cast: Cast, story: Story, standing: Standing, told: StringIO) -> None:
    """What the AWS library would say of what it sends and gets is not written at any level."""
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]
    keys = made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials"))
    assert cast.dana.post(ASK, {}).status_code == 422
    standing.handed_out(keys)
    assert "refused" in told.getvalue()
    assert not any(keys[name] in told.getvalue() for name in ("access_key_id", "secret_access_key", "session_token"))
    assert logging.getLogger("botocore").getEffectiveLevel() > logging.DEBUG
