"""Signing a person in to the console: the authorization code flow with PKCE (RFC 7636, OpenID Connect Core 3.1)."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import httpx

from platform_api.identity.errors import SignInFailed
from platform_api.identity.issuers import Issuer
from platform_api.identity.keys import KeySource
from platform_api.identity.tokens import ID_TOKEN, TokenVerifier, VerifiedToken
from platform_api.identity.web_session import LONGEST, SignIn, fresh_secret, hashed

_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
_KNOWN_FOR = timedelta(minutes=10)
_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Us, as the identity provider knows us. Without a secret we are a public client: PKCE alone binds the answer."""

    issuer: Issuer
    client_id: str
    client_secret: str | None
    scope: str
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Where to send the browser, the secret for its cookie, and what to keep until it comes back."""

    url: str
    browser: str
    kept: SignIn


@dataclass(slots=True, kw_only=True)
class CodeFlow:
    """One client at one provider. The provider's endpoints are read from its discovery document, and kept a while."""

    client: Client
    keys: KeySource
    clock: Callable[[], datetime]
    transport: httpx.BaseTransport | None = None
    _endpoints: tuple[datetime, str, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, return_to: str, now: datetime, *, again: bool = False) -> Started:
        """A new sign-in; `again` has the provider ask the person anew, though it knows them still.

        Raises `SignInFailed` when the provider does not say where.
        """
        authorization, _ = self._discovered(now)
        state, browser, verifier, nonce = fresh_secret(), fresh_secret(), fresh_secret(), fresh_secret()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": self.client.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "max_age": str(int(LONGEST.total_seconds())),  # with it the provider has to tell auth_time
        }
        if again:
            asked["prompt"] = "login"
        url = f"{authorization}{'&' if '?' in authorization else '?'}{urlencode(asked)}"
        kept = SignIn(
            state_hash=hashed(state),
            browser_hash=hashed(browser),
            verifier=verifier,
            nonce=nonce,
            return_to=return_to,
            began_at=now,
        )
        return Started(url=url, browser=browser, kept=kept)

    def finish(self, code: str, sign_in: SignIn, now: datetime) -> VerifiedToken:
        """Who signed in. The code is exchanged by us, not by the browser, and no token is kept.

        Raises `SignInFailed` when the provider refuses the code, and `TokenInvalid` when its ID token does not count.
        """
        _, token_endpoint = self._discovered(now)
        answer = self._exchanged(token_endpoint, code, sign_in.verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInFailed(why="the identity provider sent no ID token: ask for the scope openid")
        issuer = self.client.issuer
        for_us = Issuer(
            issuer=issuer.issuer,
            audience=self.client.client_id,
            jwks_url=issuer.jwks_url,
            algorithms=issuer.algorithms,
        )
        verified = TokenVerifier([for_us], self.keys, self.clock, types=ID_TOKEN).verify(token)
        if verified.nonce != sign_in.nonce:
            raise SignInFailed(why="the ID token belongs to another sign-in")
        return verified

    def _exchanged(self, token_endpoint: str, code: str, verifier: str) -> dict[str, object]:
        """The provider's answer to the code (RFC 6749, 4.1.3), authenticated by the secret when we have one."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "client_id": self.client.client_id,
            "code_verifier": verifier,
        }
        secret = self.client.client_secret
        auth = None if secret is None else (quote(self.client.client_id, ""), quote(secret, ""))
        try:
            with self._http() as http:
                answer = http.post(token_endpoint, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
            found = json.loads(answer.content) if answer.status_code == 200 and len(answer.content) < _LIMIT else None
        except (httpx.HTTPError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise SignInFailed(why="the identity provider did not take the code: start again")
        return found

    def _http(self) -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False, transport=self.transport)

    def _discovered(self, now: datetime) -> tuple[str, str]:
        with self._lock:
            known = self._endpoints
            if known is None or now - known[0] > _KNOWN_FOR:
                known = (now, *self._discover())
                self._endpoints = known
            return known[1], known[2]

    def _discover(self) -> tuple[str, str]:
        issuer = self.client.issuer.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            with self._http() as http:
                answer = http.get(url)
            found = json.loads(answer.content) if answer.status_code == 200 and len(answer.content) < _LIMIT else None
        except (httpx.HTTPError, ValueError):
            found = None
        if not isinstance(found, dict) or found.get("issuer") != issuer:
            raise SignInFailed(why="the identity provider does not tell where to sign in; try again in a moment")
        ends = found.get("authorization_endpoint"), found.get("token_endpoint")
        if not (isinstance(ends[0], str) and isinstance(ends[1], str)):
            raise SignInFailed(why="the identity provider offers no authorization code flow")
        return ends[0], ends[1]
