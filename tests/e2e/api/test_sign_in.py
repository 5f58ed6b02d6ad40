"""Who calls: only a good access token of a known issuer, about somebody in the directory, sent in the one way."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from platform_api.embedded import identity_provider
from tests.support.platform import Cast

Forge = Callable[[Cast], str]


def signed(header: dict[str, Any] | None = None, key: ECKey | OctKey | None = None, **claims: Any) -> Forge:
    """A token as the identity provider would sign it, with these parts of its header and claims changed."""

    def forge(cast: Cast) -> str:
        own = identity_provider.signing_key(cast.platform.state_dir)
        now = int(time.time())
        good = {"iss": cast.platform.issuer_url, "aud": "sluicegate", "sub": "dana", "iat": now, "exp": now + 600}
        head = {"alg": "ES256", "kid": own.kid, "typ": "at+jwt", **(header or {})}
        body = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(head, body, key or own, algorithms=[head["alg"]])

    return forge


def unsigned(**header: Any) -> Forge:
    """A good token whose header was changed afterwards and that has no signature."""

    def forge(cast: Cast) -> str:
        before, claims, _ = signed()(cast).split(".")
        head = {**json.loads(base64.urlsafe_b64decode(before + "==")), **header}
        packed = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
        return f"{packed}.{claims}."

    return forge


def hour(hours: float) -> int:
    """That many hours from now."""
    return int(time.time() + 3600 * hours)


STRANGER = ECKey.generate_key("P-256", {"kid": "stranger"})
BAD: dict[str, Forge] = {
    "no algorithm": unsigned(alg="none"),
    "no algorithm, spelt oddly": unsigned(alg="nOnE"),
    "a key of its own in the header": signed({"jwk": STRANGER.as_dict(private=False)}, STRANGER),
    "a stranger's key under our key's id": signed(key=STRANGER),
    "a key id that is a path": signed({"kid": "../../../../dev/null"}),
    "an extension that must be understood": unsigned(crit=["bork"], bork="x"),
    "an ID token": signed({"typ": "JWT"}),
    "a logout token": signed({"typ": "logout+jwt"}),
    "an expired one": signed(iat=hour(-1), exp=int(time.time()) - 120),
    "one that lives too long": signed(exp=hour(24 * 365)),
    "one of tomorrow": signed(iat=hour(24), exp=hour(24.5)),
    "an end as text": signed(exp=str(hour(0.1))),
    "another audience": signed(aud="jit-ui"),
    "a longer audience": signed(aud="sluicegate.evil"),
    "several audiences": signed(aud=["sluicegate", "other"]),
    "a part of the issuer": signed(iss="http://127"),
    "no issuer": signed(iss=None),
    "no subject": signed(sub=None),
    "a subject of two lines": signed(sub="dana\nroot"),
    "an unknown subject": signed(sub="mallory"),
    "somebody's e-mail address": signed(sub="u-99", email="dana@acme.example", email_verified=True),
    "nothing of a token": lambda _: "abc",
    "too long a token": lambda _: "a" * 9000,
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.case(
    "AUTHN-001", "AUTHN-002", "AUTHN-005", "AUTHN-007", "AUTHN-008", "AUTHN-011",
    "AUTHN-013", "AUTHN-014", "AUTHN-016", "AUTHN-017", "AUTHN-019", "AUTHN-020",
    "AUTHN-022", "AUTHN-023", "AUTHN-025",
)  # fmt: skip
def test_a_token_that_proves_nothing_opens_nothing(cast: Cast, name: str) -> None:
    answer = cast.http.get("/v1/me", headers={"Authorization": f"Bearer {BAD[name](cast)}"})
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] in ("token-invalid", "unknown-subject")
    assert "signature" not in answer.text
    assert "audience" not in answer.text


def test_a_good_token_says_who_calls(cast: Cast) -> None:
    answer = cast.http.get("/v1/me", headers={"Authorization": f"Bearer {signed()(cast)}"})
    assert (answer.json()["name"], answer.json()["kind"]) == ("Dana Reyes", "person")
    assert cast.pipeline.get("/v1/me").json()["kind"] == "workload"


@pytest.mark.case("AUTHN-047")
def test_only_one_bearer_header_counts(cast: Cast) -> None:
    good = f"Bearer {signed()(cast)}"
    for headers in (
        [],
        [("Authorization", good), ("Authorization", good)],
        [("Authorization", good.removeprefix("Bearer "))],
        [("Authorization", good.replace("Bearer ", "Basic "))],
        [("Authorization", good.replace("Bearer ", "Bearer  "))],
        [("X-Dev-User", "dana")],
        [("Cookie", f"token={good}")],
    ):
        assert cast.http.get("/v1/me", headers=headers).json()["code"] == "not-signed-in", headers


def test_no_route_of_the_api_answers_anybody_unknown(cast: Cast) -> None:
    paths = cast.http.get("/v1/openapi.json").json()["paths"]
    asked = [(path, method) for path, methods in paths.items() for method in methods if path.startswith("/v1")]
    assert len(asked) > 20
    for path, method in asked:
        answer = cast.http.request(method.upper(), path.replace("{", "").replace("}", ""))
        assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.case("API-001")
def test_a_host_header_moves_no_path(cast: Cast) -> None:
    answer = cast.http.get("/v1/audit", headers={"Host": "a/healthz?x="})
    assert answer.status_code in (400, 401)
