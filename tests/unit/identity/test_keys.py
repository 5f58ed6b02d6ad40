"""An issuer's keys are fetched when needed, kept for an hour at most, and not fetched because of made-up ids."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from platform_api.identity.errors import KeysUnavailable
from platform_api.identity.issuers import Issuer
from platform_api.identity.keys import JwksCache, parse_jwks

KEY = ECKey.generate_key("P-256")
ISSUER = Issuer(
    issuer="https://idp.corp.io",
    audience="jit-api",
    jwks_url="https://idp.corp.io/jwks.json",
    algorithms=frozenset({"ES256"}),
)


def jwk(kid: str, **more: object) -> dict[str, object]:
    return {**KEY.as_dict(private=False), "kid": kid, "use": "sig", **more}


@dataclass
class Issuing:
    """An issuer's key endpoint, and a clock to move."""

    now: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    keys: list[dict[str, object]] = field(default_factory=lambda: [jwk("k1")])
    fetches: int = 0
    down: bool = False
    answer: Callable[[], httpx.Response] | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.fetches += 1
        if self.down:
            raise httpx.ConnectTimeout("down", request=request)
        return self.answer() if self.answer else httpx.Response(200, json={"keys": self.keys})

    def cache(self) -> JwksCache:
        return JwksCache(lambda: self.now, transport=httpx.MockTransport(self.handle))

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def test_keys_are_fetched_when_first_needed_and_then_kept() -> None:
    idp = Issuing()
    cache = idp.cache()
    assert idp.fetches == 0
    for _ in range(3):
        found = cache.key(ISSUER, "k1")
        assert found is not None
        assert found.key_id == "k1"
    assert idp.fetches == 1


@pytest.mark.case("AUTHN-028")
def test_a_thousand_unknown_key_ids_cause_one_refresh_in_thirty_seconds() -> None:
    idp = Issuing()
    cache = idp.cache()
    cache.key(ISSUER, "k1")
    idp.later(seconds=30)
    for number in range(1000):
        assert cache.key(ISSUER, f"made-up-{number}") is None
    assert idp.fetches == 2
    idp.later(seconds=29)
    assert cache.key(ISSUER, "made-up") is None
    assert idp.fetches == 2


@pytest.mark.case("AUTHN-028")
def test_a_thousand_unknown_key_ids_cause_one_try_while_the_issuer_is_down() -> None:
    idp = Issuing()
    cache = idp.cache()
    cache.key(ISSUER, "k1")
    idp.later(seconds=30)
    idp.down = True
    for number in range(1000):
        assert cache.key(ISSUER, f"made-up-{number}") is None
    assert idp.fetches == 2


def test_a_new_key_is_found_within_thirty_seconds() -> None:
    idp = Issuing()
    cache = idp.cache()
    cache.key(ISSUER, "k1")
    idp.keys.append(jwk("k2"))
    assert cache.key(ISSUER, "k2") is None
    idp.later(seconds=30)
    assert cache.key(ISSUER, "k2") is not None


def test_a_withdrawn_key_is_noticed_within_ten_minutes() -> None:
    idp = Issuing()
    cache = idp.cache()
    cache.key(ISSUER, "k1")
    idp.keys = [jwk("k2")]
    idp.later(minutes=10)
    assert cache.key(ISSUER, "k1") is None


@pytest.mark.case("AUTHN-029")
def test_kept_keys_serve_for_an_hour_while_the_issuer_is_down_and_not_longer() -> None:
    idp = Issuing()
    cache = idp.cache()
    cache.key(ISSUER, "k1")
    idp.down = True
    idp.later(hours=1)
    assert cache.key(ISSUER, "k1") is not None
    idp.later(seconds=1)
    with pytest.raises(KeysUnavailable):
        cache.key(ISSUER, "k1")
    idp.down = False
    idp.later(seconds=2)
    assert cache.key(ISSUER, "k1") is not None


def test_an_issuer_that_never_answered_is_tried_again_after_two_seconds() -> None:
    idp = Issuing(down=True)
    cache = idp.cache()
    for _ in range(10):
        with pytest.raises(KeysUnavailable):
            cache.key(ISSUER, "k1")
    assert idp.fetches == 1
    idp.down = False
    idp.later(seconds=2)
    assert cache.key(ISSUER, "k1") is not None


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(302, headers={"location": "https://evil.example/jwks.json"}),
        lambda: httpx.Response(500, json={"keys": [jwk("k1")]}),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, json={"keys": {}}),
        lambda: httpx.Response(200, json={"keys": [jwk("k1"), jwk("k1")]}),
        lambda: httpx.Response(200, content=b" " * 300_000),
    ],
)
def test_an_answer_that_is_no_key_set_gives_no_keys(answer: Callable[[], httpx.Response]) -> None:
    idp = Issuing(answer=answer)
    with pytest.raises(KeysUnavailable):
        idp.cache().key(ISSUER, "k1")
    assert idp.fetches == 1


def test_a_key_set_gives_its_public_signature_keys_only() -> None:
    good = [
        jwk("ec"),
        {**RSAKey.generate_key(2048).as_dict(private=False), "kid": "rsa", "alg": "RS256"},
        {**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": "okp"},
    ]
    bad = [
        {**OctKey.generate_key(256).as_dict(private=True), "kid": "secret"},
        jwk("encryption", use="enc"),
        jwk("numbered", alg=1),
        {**KEY.as_dict(private=True), "kid": "private"},
        {k: v for k, v in jwk("nameless").items() if k != "kid"},
        jwk("broken", x="?"),
        jwk("elsewhere", crv="P-999"),
        {"kty": "new", "kid": "new"},
        "no object",
    ]
    assert set(parse_jwks(json.dumps({"keys": [*good, *bad]}).encode())) == {"ec", "rsa", "okp"}


def test_a_short_rsa_key_is_left_out() -> None:
    with pytest.warns(Warning, match="2048"):
        short = RSAKey.generate_key(1024).as_dict(private=False)
    with pytest.warns(Warning, match="2048"):
        assert parse_jwks(json.dumps({"keys": [{**short, "kid": "short"}]}).encode()) == {}
