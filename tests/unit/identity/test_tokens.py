"""Only an access token that our issuer signed for us, now, about somebody, counts."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from platform_api.identity.errors import KeysUnavailable, TokenInvalid
from platform_api.identity.issuers import Issuer
from platform_api.identity.keys import IssuerKey
from platform_api.identity.tokens import TokenVerifier, VerifiedToken

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")
EC384 = ECKey.generate_key("P-384")
ATTACKER = RSAKey.generate_key(2048)
ISSUER = Issuer(
    issuer="https://idp.corp.io",
    audience="jit-api",
    jwks_url="https://idp.corp.io/jwks.json",
    algorithms=frozenset({"RS256", "ES256"}),
)
HEADER: Mapping[str, Any] = {"alg": "RS256", "kid": "k1", "typ": "at+jwt"}


@dataclass
class FixedKeys:
    """A key source with fixed keys."""

    keys: Mapping[str, IssuerKey] = field(default_factory=dict)

    def key(self, issuer: Issuer, key_id: str) -> IssuerKey | None:
        return self.keys.get(key_id)


class NoKeys:
    """A key source that cannot say."""

    def key(self, issuer: Issuer, key_id: str) -> IssuerKey | None:
        raise KeysUnavailable(issuer=issuer.issuer, retry_after=timedelta(seconds=2))


def public(key_id: str, key: RSAKey | ECKey, algorithm: str | None = None) -> IssuerKey:
    return IssuerKey(key_id=key_id, key=type(key).import_key(key.as_dict(private=False)), algorithm=algorithm)


KEYS = FixedKeys(
    {
        "k1": public("k1", RSA),
        "e1": public("e1", EC),
        "e384": public("e384", EC384),
        "ps": public("ps", RSA, "PS256"),
    }
)
VERIFIER = TokenVerifier([ISSUER], KEYS, lambda: NOW)


def at(delta: int = 0) -> int:
    return int(NOW.timestamp()) + delta


def claims(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "iss": ISSUER.issuer,
        "aud": "jit-api",
        "sub": "u-17",
        "iat": at(),
        "exp": at(600),
        "jti": "t-1",
    }
    return {name: value for name, value in (base | changes).items() if value is not ...}


def signed(payload: Mapping[str, object] | str | None = None, key: Key = RSA, **header: object) -> str:
    text = payload if isinstance(payload, str) else json.dumps(claims() if payload is None else payload)
    protected = {name: value for name, value in {**HEADER, **header}.items() if value is not ...}
    return jws.serialize_compact(
        protected,
        text,
        key,
        algorithms=[str(protected["alg"])],
        registry=jws.JWSRegistry(algorithms=[str(protected["alg"])], strict_check_header=False),
    )


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def by_hand(header: Mapping[str, object], secret: bytes | None) -> str:
    """A token that no library would make: unsigned, or signed by HMAC with a secret of the attacker's choice."""
    body = f"{part(header)}.{part(claims())}"
    if secret is None:
        return f"{body}."
    mac = hmac.new(secret, body.encode(), "sha256").digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def reason(token: str, verifier: TokenVerifier = VERIFIER) -> str:
    with pytest.raises(TokenInvalid) as refused:
        verifier.verify(token)
    assert not token or token not in str(refused.value)
    return refused.value.reason


def test_a_good_token_gives_its_issuer_and_subject() -> None:
    assert VERIFIER.verify(signed()) == VerifiedToken(
        issuer="https://idp.corp.io",
        subject="u-17",
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        nonce=None,
        authenticated_at=None,
        token_id="t-1",
    )


GOOD: dict[str, str] = {
    "of another algorithm": signed(key=EC, alg="ES256", kid="e1"),
    "with an audience list of us alone": signed(claims(aud=["jit-api"])),
    "with the long name of its type": signed(typ="application/at+jwt"),
    "without an id": signed(claims(jti=...)),
    "expired within the leeway": signed(claims(exp=at(-29), iat=at(-600))),
    "issued within the leeway": signed(claims(iat=at(29))),
    "valid from within the leeway": signed(claims(nbf=at(29))),
    "of an hour": signed(claims(exp=at(3600))),
}


@pytest.mark.parametrize("kind", GOOD)
def test_other_good_tokens_count(kind: str) -> None:
    assert VERIFIER.verify(GOOD[kind]).subject == "u-17"


TWO_ALGORITHMS = '{"alg": "none", "alg": "RS256", "typ": "at+jwt"}'
PUBLIC_PEM = RSA.as_pem(private=False)

FORGED: dict[str, tuple[str, str]] = {
    "alg none": (by_hand({**HEADER, "alg": "none"}, None), "form"),
    "alg none with a signature part": (by_hand({**HEADER, "alg": "none"}, b"x"), "algorithm"),
    "alg nOnE": (by_hand({**HEADER, "alg": "nOnE"}, b"x"), "algorithm"),
    "no alg": (by_hand({"kid": "k1", "typ": "at+jwt"}, b"x"), "algorithm"),
    "alg that is a list": (by_hand({**HEADER, "alg": ["RS256"]}, b"x"), "algorithm"),
    "HS256 with an empty key": (by_hand({**HEADER, "alg": "HS256"}, b""), "algorithm"),
    "HS256 with the public key as its secret": (by_hand({**HEADER, "alg": "HS256"}, PUBLIC_PEM), "algorithm"),
    "an algorithm that is not this issuer's": (signed(alg="PS256"), "algorithm"),
    "a key that came with the token": (
        signed(key=ATTACKER, jwk=ATTACKER.as_dict(private=False)),
        "header-brings-key-or-extension",
    ),
    "a key set that the token points to": (
        signed(key=ATTACKER, jku="https://evil.example/jwks.json"),
        "header-brings-key-or-extension",
    ),
    "a certificate that the token points to": (
        signed(key=ATTACKER, x5u="https://evil.example/c.pem"),
        "header-brings-key-or-extension",
    ),
    "an extension that must be understood": (
        by_hand({**HEADER, "crit": ["bork"], "bork": "x"}, b"x"),
        "header-brings-key-or-extension",
    ),
    "an extension list that is null": (
        by_hand({**HEADER, "crit": None}, b"x"),
        "header-brings-key-or-extension",
    ),
    "a key id that is a path": (
        by_hand({**HEADER, "kid": "../../../../dev/null"}, b""),
        "unknown-key",
    ),
    "a key id that is a URL": (by_hand({**HEADER, "kid": "file:///dev/null"}, b""), "unknown-key"),
    "a key id that is a number": (by_hand({**HEADER, "kid": 1}, b""), "key-id"),
    "no key id": (signed(kid=...), "key-id"),
    "another's signature": (signed(key=ATTACKER), "signature"),
    "a key of another kind": (signed(kid="e1"), "key-of-another-kind"),
    "a key of another curve": (by_hand({**HEADER, "alg": "ES256", "kid": "e384"}, b"x"), "key-of-another-kind"),
    "a key of another algorithm": (signed(kid="ps"), "key-of-another-algorithm"),
    "an encrypted token with a huge count": (
        f"{part({'alg': 'PBES2-HS256+A128KW', 'enc': 'A128GCM', 'p2c': 2147483647})}.YQ.YQ.YQ.YQ",
        "form",
    ),
    "an encrypted token of three parts": (
        by_hand({**HEADER, "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2147483647}, b"x"),
        "header-brings-key-or-extension",
    ),
    "claims swapped under the signature": (
        ".".join((signed().split(".")[0], part(claims(sub="u-1")), signed().split(".")[2])),
        "signature",
    ),
    "a token of 8 KiB": (signed(claims(note="x" * 9000)), "size"),
    "no token": ("", "form"),
    "a part in another alphabet": (signed().replace(".", ".+", 1), "form"),
    "a token with a line end": (signed() + "\n", "form"),
    "a header that names alg twice": (
        f"{part(TWO_ALGORITHMS)}.{part(claims())}.YQ",
        "header-is-no-object",
    ),
    "a header that is a list": (f"{part('[]')}.{part(claims())}.YQ", "header-is-no-object"),
    "a header nested without end": (f"{part('[' * 4000)}.{part(claims())}.YQ", "header-is-no-object"),
    "claims that are a list": (signed("[]"), "claims-is-no-object"),
    "claims that name sub twice": (signed('{"sub": "a", "sub": "b"}'), "claims-is-no-object"),
}

WRONG_CLAIMS: dict[str, tuple[str, str]] = {
    "expired": (signed(claims(exp=at(-120), iat=at(-600))), "expired"),
    "expired by the leeway": (signed(claims(exp=at(-30), iat=at(-600))), "expired"),
    "exp as text": (signed(claims(exp="1999999999")), "exp-is-no-time"),
    "exp as a fraction": (signed(claims(exp=at(600) + 0.5)), "exp-is-no-time"),
    "exp as true": (signed(claims(exp=True)), "exp-is-no-time"),
    "exp that is NaN": (signed(json.dumps(claims(exp=float("nan")))), "claims-is-no-object"),
    "exp beyond the calendar": (signed(claims(exp=10**18)), "exp-is-no-time"),
    "no exp": (signed(claims(exp=...)), "exp-is-no-time"),
    "exp in ten years": (signed(claims(exp=at(10 * 365 * 86400))), "lifetime"),
    "a life of an hour and a second": (signed(claims(exp=at(3601))), "lifetime"),
    "no iat": (signed(claims(iat=...)), "iat-is-no-time"),
    "iat to come": (signed(claims(iat=at(3600))), "not-yet"),
    "nbf to come": (signed(claims(nbf=at(300))), "not-yet"),
    "nbf as text": (signed(claims(nbf="0")), "nbf-is-no-time"),
    "exp before iat": (signed(claims(iat=at(20), exp=at(10))), "lifetime"),
    "another audience": (signed(claims(aud="jit-ui")), "audience"),
    "an audience that begins like ours": (signed(claims(aud="jit-api.evil")), "audience"),
    "an audience list with others": (signed(claims(aud=["jit-api", "jit-ui"])), "audience"),
    "no audience": (signed(claims(aud=...)), "audience"),
    "a part of our issuer's name": (signed(claims(iss="https://idp")), "issuer"),
    "our issuer's name with a slash": (signed(claims(iss="https://idp.corp.io/")), "issuer"),
    "an issuer that is a list": (signed(claims(iss=[ISSUER.issuer])), "issuer"),
    "an ID token": (signed(claims(nonce="n"), typ="JWT"), "type"),
    "a logout token": (signed(typ="logout+jwt"), "type"),
    "no type": (signed(typ=...), "type"),
    "no subject": (signed(claims(sub=...)), "subject"),
    "an empty subject": (signed(claims(sub="")), "subject"),
    "a subject of 256 characters": (signed(claims(sub="s" * 256)), "subject"),
    "a subject with a line end": (signed(claims(sub="u-17\n")), "subject"),
    "a subject in another script": (signed(claims(sub="\u0443-17")), "subject"),
    "a subject that is a number": (signed(claims(sub=17)), "subject"),
}


@pytest.mark.parametrize("forgery", FORGED)
@pytest.mark.case("AUTHN-001", "AUTHN-002", "AUTHN-004", "AUTHN-005", "AUTHN-007", "AUTHN-008", "AUTHN-010")
def test_a_forged_token_is_refused_for_its_forgery(forgery: str) -> None:
    token, expected = FORGED[forgery]
    assert reason(token) == expected


@pytest.mark.parametrize("claim", WRONG_CLAIMS)
@pytest.mark.case(
    "AUTHN-011", "AUTHN-013", "AUTHN-014", "AUTHN-016", "AUTHN-017", "AUTHN-019",
    "AUTHN-020", "AUTHN-022", "AUTHN-023",
)  # fmt: skip
def test_a_signed_token_with_a_wrong_claim_is_refused_for_it(claim: str) -> None:
    token, expected = WRONG_CLAIMS[claim]
    assert reason(token) == expected


@pytest.mark.case("AUTHN-025", "AUTHN-026")
def test_an_e_mail_address_identifies_nobody() -> None:
    for verified in (True, False):
        token = signed(claims(sub="u-99", email="alice@corp.io", email_verified=verified))
        assert VERIFIER.verify(token).subject == "u-99"


@pytest.mark.case("AUTHN-025")
def test_the_same_subject_of_another_issuer_is_somebody_else() -> None:
    other = Issuer(
        issuer="https://other.example",
        audience="jit-api",
        jwks_url="https://other.example/jwks.json",
        algorithms=frozenset({"RS256"}),
    )
    both = TokenVerifier([ISSUER, other], KEYS, lambda: NOW)
    ours, theirs = both.verify(signed()), both.verify(signed(claims(iss=other.issuer)))
    assert (ours.issuer, ours.subject) != (theirs.issuer, theirs.subject)


@pytest.mark.case("AUTHN-029")
def test_without_keys_nobody_is_verified_and_nobody_is_refused() -> None:
    with pytest.raises(KeysUnavailable):
        TokenVerifier([ISSUER], NoKeys(), lambda: NOW).verify(signed())


@pytest.mark.parametrize("algorithms", [set(), {"HS256"}, {"none"}, {"RS256", "HS256"}])
def test_an_issuer_signs_with_asymmetric_algorithms_only(algorithms: set[str]) -> None:
    with pytest.raises(ValueError, match="asymmetric"):
        Issuer(issuer="i", audience="a", jwks_url="j", algorithms=frozenset(algorithms))
