"""Verifies access tokens (RFC 9068) and ID tokens (OpenID Connect Core) and gives who they are about."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jws
from joserfc.errors import JoseError

from platform_api.identity.errors import TokenInvalid
from platform_api.identity.issuers import Issuer
from platform_api.identity.keys import IssuerKey, KeySource

SIZE_LIMIT = 8 * 1024
LEEWAY = timedelta(seconds=30)
"""How far the issuer's clock may be from ours."""
LONGEST_LIFE = timedelta(hours=1)

_PART = re.compile(r"[A-Za-z0-9_-]+\Z", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?\Z", re.ASCII)
ACCESS_TOKEN = frozenset({"at+jwt", "application/at+jwt"})
ID_TOKEN = frozenset({"jwt", None})
"""The types (`typ`) of either; an ID token may leave it out, and is told apart by its audience: our client id."""
_NEVER_IN_A_HEADER = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"})
"""Keys that a token brings along (RFC 7515, 4.1), encryption, and extensions that must be understood."""
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that datetime knows

_KEY_FORMS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """What a token proves. Identity is (`issuer`, `subject`) and nothing else: e-mail addresses move on.

    `authenticated_at` is when the person last showed who they are (`auth_time`), as far as the issuer tells.
    """

    issuer: str
    subject: str
    issued_at: datetime
    expires_at: datetime
    token_id: str | None
    nonce: str | None
    authenticated_at: datetime | None


class TokenVerifier:
    """Verifies tokens of these issuers, of one kind: access tokens unless `types` says otherwise."""

    def __init__(
        self,
        issuers: Iterable[Issuer],
        keys: KeySource,
        clock: Callable[[], datetime],
        *,
        types: frozenset[str | None] = ACCESS_TOKEN,
    ) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._keys = keys
        self._clock = clock
        self._types = types

    def verify(self, token: str) -> VerifiedToken:
        """Who `token` is about; raises `TokenInvalid` or `KeysUnavailable`.

        1. It is short, ASCII, and three parts of base64url: no encrypted token gets any further.
        2. Its header is one JSON object that brings no key and no extension along.
        3. Its type is the one that is taken here: an ID token is no access token, a logout token is neither.
        4. Its issuer is, to the letter, one of ours; until 6 this only chooses what to verify with.
        5. Its algorithm is one of that issuer's, and asymmetric; its key is the issuer's, made for it.
        6. Its signature holds.
        7. Its audience is us alone.
        8. Its times are whole seconds, not past, not to come, and at most an hour apart.
        9. Its subject is a short printable name.
        """
        now = self._clock()
        header_part, claims_part = _parts(token)  # 1
        header = _object(header_part, "header")  # 2
        if _NEVER_IN_A_HEADER & header.keys():
            raise TokenInvalid(reason="header-brings-key-or-extension")
        kind = header.get("typ")  # 3
        if (kind.lower() if isinstance(kind, str) else kind) not in self._types:
            raise TokenInvalid(reason="type")
        claims = _object(claims_part, "claims")  # 4
        name = claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise TokenInvalid(reason="issuer")
        algorithm = header.get("alg")  # 5
        if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
            raise TokenInvalid(reason="algorithm")
        key = self._key(issuer, header.get("kid"), algorithm)
        _check_signature(token, key, algorithm)  # 6
        if claims.get("aud") not in (issuer.audience, [issuer.audience]):  # 7
            raise TokenInvalid(reason="audience")
        issued_at, expires_at = _times(claims, now)  # 8
        return VerifiedToken(
            issuer=issuer.issuer,
            subject=_printable(claims.get("sub"), "subject"),  # 9
            issued_at=issued_at,
            expires_at=expires_at,
            token_id=None if claims.get("jti") is None else _printable(claims["jti"], "token-id"),
            nonce=None if claims.get("nonce") is None else _printable(claims["nonce"], "nonce"),
            authenticated_at=_time(claims, "auth_time") if "auth_time" in claims else None,
        )

    def _key(self, issuer: Issuer, key_id: object, algorithm: str) -> IssuerKey:
        found = self._keys.key(issuer, _printable(key_id, "key-id"))
        if found is None:
            raise TokenInvalid(reason="unknown-key")
        kind, curve = _KEY_FORMS[algorithm]
        form = found.key.as_dict(private=False)
        if form.get("kty") != kind or (curve is not None and form.get("crv") != curve):
            raise TokenInvalid(reason="key-of-another-kind")
        if found.algorithm not in (None, algorithm):
            raise TokenInvalid(reason="key-of-another-algorithm")
        return found


def _parts(token: str) -> tuple[bytes, bytes]:
    """The decoded header and claims."""
    if len(token) > SIZE_LIMIT:
        raise TokenInvalid(reason="size")
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.match(part) for part in parts):
        raise TokenInvalid(reason="form")
    try:
        header, claims = (
            base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True) for part in parts[:2]
        )
    except (binascii.Error, ValueError):
        raise TokenInvalid(reason="form") from None
    return header, claims


def _object(part: bytes, what: str) -> dict[str, object]:
    """The JSON object in `part`; a name twice, or a nesting that exhausts the parser, is no object."""
    try:
        found = json.loads(part.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise TokenInvalid(reason=f"{what}-is-no-object") from None
    if not isinstance(found, dict):
        raise TokenInvalid(reason=f"{what}-is-no-object")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _check_signature(token: str, key: IssuerKey, algorithm: str) -> None:
    try:
        jws.deserialize_compact(token, key.key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        raise TokenInvalid(reason="signature") from None


def _times(claims: dict[str, object], now: datetime) -> tuple[datetime, datetime]:
    expires_at, issued_at = _time(claims, "exp"), _time(claims, "iat")
    not_before = _time(claims, "nbf") if "nbf" in claims else issued_at
    if now >= expires_at + LEEWAY:
        raise TokenInvalid(reason="expired")
    if max(issued_at, not_before) > now + LEEWAY:
        raise TokenInvalid(reason="not-yet")
    if "auth_time" in claims and _time(claims, "auth_time") > now + LEEWAY:
        raise TokenInvalid(reason="not-yet")
    if not timedelta(0) < expires_at - issued_at <= LONGEST_LIFE:
        raise TokenInvalid(reason="lifetime")
    return issued_at, expires_at


def _time(claims: dict[str, object], name: str) -> datetime:
    """The NumericDate of that name; whole seconds only, neither text nor true."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LATEST:
        raise TokenInvalid(reason=f"{name}-is-no-time")
    return datetime.fromtimestamp(value, UTC)


def _printable(value: object, what: str) -> str:
    if not isinstance(value, str) or not _PRINTABLE.match(value):
        raise TokenInvalid(reason=what)
    return value
