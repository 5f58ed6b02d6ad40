"""The public keys of an issuer, fetched from its JWKS when first needed and kept for an hour at most."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from platform_api.identity.errors import KeysUnavailable
from platform_api.identity.issuers import Issuer

PublicKey = RSAKey | ECKey | OKPKey

REFRESH_AFTER = timedelta(minutes=10)
"""When a withdrawn key is noticed, at the latest, while the issuer answers."""
STALE_AFTER = timedelta(hours=1)
"""How long the kept keys count while the issuer does not answer."""
QUIET_PAUSE = timedelta(seconds=30)
"""At most one fetch in this time for ids that nobody knows (anybody can make those up) or after a failure."""
FAILURE_PAUSE = timedelta(seconds=2)
"""The same while there is no usable key."""

_TIMEOUT = httpx.Timeout(3.0, connect=2.0)
_BODY_LIMIT = 256 * 1024
_KEYS_LIMIT = 64
_RSA_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """A public key by its id; `algorithm` is the only one it may be used with, when its issuer says so."""

    key_id: str
    key: PublicKey
    algorithm: str | None


class KeySource(Protocol):
    """Where a verifier gets keys from."""

    def key(self, issuer: Issuer, key_id: str) -> IssuerKey | None:
        """The issuer's key of that id, None when it has none; raises `KeysUnavailable` when nobody can say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    keys: Mapping[str, IssuerKey]
    fetched_at: datetime | None
    tried_at: datetime


class JwksCache:
    """A `KeySource` over HTTP: no proxy of the environment, no redirects, bounded in time and size.

    Safe for threads; one of them fetches at a time, and those with a usable key do not wait for it.
    """

    def __init__(self, clock: Callable[[], datetime], transport: httpx.BaseTransport | None = None) -> None:
        self._clock = clock
        self._client = httpx.Client(trust_env=False, timeout=_TIMEOUT, follow_redirects=False, transport=transport)
        self._kept: dict[str, _Kept] = {}
        self._fetching = threading.Lock()

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def key(self, issuer: Issuer, key_id: str) -> IssuerKey | None:
        """See `KeySource`."""
        now = self._clock()
        kept = self._kept.get(issuer.jwks_url)
        if _should_fetch(kept, key_id, now):
            usable = kept is not None and key_id in kept.keys and _is_usable(kept, now)
            if self._fetching.acquire(blocking=not usable):
                try:
                    now = self._clock()
                    if _should_fetch(self._kept.get(issuer.jwks_url), key_id, now):
                        self._fetch(issuer, now)
                finally:
                    self._fetching.release()
        kept = self._kept.get(issuer.jwks_url)
        if kept is None or not _is_usable(kept, now):
            raise KeysUnavailable(issuer=issuer.issuer, retry_after=FAILURE_PAUSE)
        return kept.keys.get(key_id)

    def _fetch(self, issuer: Issuer, now: datetime) -> None:
        """Replaces the kept keys; on any failure the old ones stay, with their age."""
        before = self._kept.get(issuer.jwks_url)
        try:
            keys = parse_jwks(self._body(issuer.jwks_url))
        except (httpx.HTTPError, ValueError):
            self._kept[issuer.jwks_url] = _Kept(
                keys=before.keys if before else {},
                fetched_at=before.fetched_at if before else None,
                tried_at=now,
            )
            return
        self._kept[issuer.jwks_url] = _Kept(keys=keys, fetched_at=now, tried_at=now)

    def _body(self, url: str) -> bytes:
        with self._client.stream("GET", url, headers={"Accept": "application/json"}) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError("the issuer did not answer with its keys")
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > _BODY_LIMIT:
                    raise ValueError("the issuer's key set is too large")
            return body


def _is_usable(kept: _Kept, now: datetime) -> bool:
    return kept.fetched_at is not None and now - kept.fetched_at <= STALE_AFTER


def _should_fetch(kept: _Kept | None, key_id: str, now: datetime) -> bool:
    if kept is None:
        return True
    if kept.fetched_at is None or kept.tried_at > kept.fetched_at:  # the last try failed
        return now - kept.tried_at >= (QUIET_PAUSE if _is_usable(kept, now) else FAILURE_PAUSE)
    if key_id not in kept.keys:
        return now - kept.tried_at >= QUIET_PAUSE
    return now - kept.fetched_at >= REFRESH_AFTER


def parse_jwks(body: bytes) -> Mapping[str, IssuerKey]:
    """The signature keys of a JWKS (RFC 7517) by id; those that cannot be used are left out.

    Raises ValueError when it is no JWKS or two of its keys have one id.
    """
    document = json.loads(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > _KEYS_LIMIT:
        raise ValueError("this is no JSON Web Key Set")
    keys: dict[str, IssuerKey] = {}
    for item in listed:
        found = _issuer_key(item) if isinstance(item, dict) else None
        if found is not None:
            if found.key_id in keys:
                raise ValueError("two keys have one id")
            keys[found.key_id] = found
    return keys


def _issuer_key(item: dict[str, object]) -> IssuerKey | None:
    kid, algorithm = item.get("kid"), item.get("alg")
    if not isinstance(kid, str) or not kid or item.get("use", "sig") != "sig" or "d" in item:
        return None
    if algorithm is not None and not isinstance(algorithm, str):
        return None
    public = {name: value for name, value in item.items() if isinstance(value, str)}
    try:
        match item.get("kty"):
            case "RSA":
                rsa = RSAKey.import_key(dict(public))
                key: PublicKey = rsa
                if rsa.public_key.key_size < _RSA_BITS:
                    return None
            case "EC":
                key = ECKey.import_key(dict(public))
            case "OKP":
                key = OKPKey.import_key(dict(public))
            case _:
                return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return IssuerKey(key_id=kid, key=key, algorithm=algorithm)
