"""The local identity provider is verified as any issuer would be, and keeps to this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from platform_api.embedded.errors import EmbeddedRefused
from platform_api.embedded.identity_provider import access_token, create_app, signing_key
from platform_api.embedded.organisation import load_organisation
from platform_api.identity.errors import TokenInvalid
from platform_api.identity.issuers import Issuer
from platform_api.identity.keys import JwksCache
from platform_api.identity.tokens import TokenVerifier

PEOPLE = load_organisation().logins()


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A running provider: its address and its state directory."""
    folder = tmp_path_factory.mktemp("identity")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(PEOPLE, url, signing_key(folder))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield url, folder
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(provider: tuple[str, Path]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=provider[0], trust_env=False) as client:
        yield client


def issuer(url: str) -> Issuer:
    return Issuer(issuer=url, audience="sluicegate", jwks_url=f"{url}/jwks.json", algorithms=frozenset({"ES256"}))


def test_everybody_in_the_sample_gets_a_token_that_the_platform_verifies(
    provider: tuple[str, Path], client: httpx.Client
) -> None:
    keys = JwksCache(clock)
    verifier = TokenVerifier([issuer(provider[0])], keys, clock)
    logins = [one["login"] for one in client.get("/people").json()]
    assert logins == ["dana", "sam", "pat", "olga", "priya", "gus", "ari", "ines", "loan-report"]
    token_ids = set()
    for one in PEOPLE:
        answer = client.post("/token", json={"login": one.login})
        assert answer.headers["cache-control"] == "no-store"
        given = answer.json()
        assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
        verified = verifier.verify(given["access_token"])
        assert (verified.issuer, verified.subject) == (provider[0], one.subject)
        token_ids.add(verified.token_id)
    assert len(token_ids) == len(PEOPLE)
    keys.close()


def test_the_configuration_leads_to_the_keys(client: httpx.Client, provider: tuple[str, Path]) -> None:
    found = client.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == provider[0]
    (key,) = client.get(found["jwks_uri"]).json()["keys"]
    assert key["kty"] == "EC"
    assert "d" not in key


def test_tokens_outlive_a_restart(provider: tuple[str, Path]) -> None:
    url, folder = provider
    again = signing_key(folder)
    token = access_token(again, issuer=url, audience="sluicegate", subject="dana", now=clock())
    keys = JwksCache(clock)
    assert TokenVerifier([issuer(url)], keys, clock).verify(token).subject == "dana"
    with pytest.raises(TokenInvalid):
        TokenVerifier([issuer(url)], keys, lambda: clock() + timedelta(hours=2)).verify(token)
    keys.close()


def test_its_key_can_be_read_by_its_owner_only(provider: tuple[str, Path]) -> None:
    (file,) = provider[1].iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"login": "mallory"}', 400),
        (b'{"login": "dana", "role": "admin"}', 400),
        (b'{"login": ["dana"]}', 400),
        (b"login=dana", 400),
        (b"", 400),
        (b'{"login": "' + b"d" * 2000 + b'"}', 413),
    ],
)
def test_a_bad_request_gets_no_token(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post("/token", content=body)
    assert answer.status_code == status
    assert "access_token" not in answer.text


@pytest.mark.parametrize("headers", [{"host": "rebound.evil.example"}, {"origin": "https://evil.example"}])
def test_a_web_page_gets_no_token(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/token", json={"login": "dana"}, headers=headers).status_code == 403


@pytest.mark.parametrize("url", ["https://idp.bank.example", "http://192.0.2.1:9000", "http://127.0.0.1@evil.example"])
@pytest.mark.case("AUTHN-046")
def test_it_is_refused_for_any_address_but_loopback(tmp_path: Path, url: str) -> None:
    with pytest.raises(EmbeddedRefused):
        create_app(PEOPLE, url, signing_key(tmp_path))
