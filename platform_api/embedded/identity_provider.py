"""A small identity provider for the sample people: real signed access tokens, no passwords, loopback only.

It is an application of its own, beside the platform, which trusts it as it would trust any issuer: by its JWKS.
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from platform_api.embedded.errors import EmbeddedRefused
from platform_api.embedded.loopback import is_loopback_host, is_loopback_url
from platform_api.embedded.organisation import Login
from platform_api.embedded.sign_in_page import (
    PAGE_HEADERS,
    Authorize,
    CodeExchange,
    Codes,
    Issued,
    is_our_client,
    people_page,
)

ALGORITHM = "ES256"
TOKEN_LIFE = timedelta(hours=1)
AUDIENCE = "sluicegate"
CONSOLE_CLIENT = "sluicegate-console"
_BODY_LIMIT = 1024
_KEY_FILE = "identity-key.pem"


class TokenRequest(BaseModel):
    """As whom to act."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    login: str = Field(min_length=1, max_length=64)


def signing_key(state_dir: Path) -> ECKey:
    """The provider's key, made on first use; kept, so that tokens outlive a restart. Only its owner may read it."""
    file = state_dir / _KEY_FILE
    if not file.exists():
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = state_dir / f"{_KEY_FILE}.{secrets.token_hex(4)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(ECKey.generate_key("P-256").as_pem(private=True))
        draft.replace(file)
    key = ECKey.import_key(file.read_text())
    return ECKey.import_key({**key.as_dict(private=True), "kid": key.thumbprint()})


def access_token(key: ECKey, *, issuer: str, audience: str, subject: str, now: datetime) -> str:
    """A signed access token (RFC 9068) about `subject`, good for an hour from `now`."""
    return jwt.encode(
        {"alg": ALGORITHM, "kid": key.kid, "typ": "at+jwt"},
        {
            "iss": issuer,
            "aud": audience,
            "sub": subject,
            "client_id": "sluice",
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "jti": secrets.token_urlsafe(16),
        },
        key,
        algorithms=[ALGORITHM],
    )


def id_token(key: ECKey, *, issuer: str, issued: Issued, now: datetime) -> str:
    """A signed ID token (OpenID Connect Core 2) for the console's sign-in."""
    return jwt.encode(
        {"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"},
        {
            "iss": issuer,
            "aud": issued.asked.client_id,
            "sub": issued.subject,
            "nonce": issued.asked.nonce,
            "auth_time": int(now.timestamp()),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
        },
        key,
        algorithms=[ALGORITHM],
    )


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _authorize(request: Request) -> Authorize | None:
    """What the query asks for, when it is the console on this machine that asks."""
    try:
        asked = Authorize.model_validate(dict(request.query_params))
    except ValidationError:
        return None
    return asked if is_our_client(asked, CONSOLE_CLIENT) else None


def create_app(
    people: Sequence[Login],
    issuer_url: str,
    signing_key: ECKey,
    *,
    audience: str = AUDIENCE,
    clock: Callable[[], datetime] = _system_clock,
) -> FastAPI:
    """The provider as an application; raises `EmbeddedRefused` when its address is not on this machine.

    It answers only callers on this machine that name it by a loopback host, so that no web page of another
    origin can be made to ask it (DNS rebinding).
    """
    if not is_loopback_url(issuer_url):
        raise EmbeddedRefused(reasons=(f"the local identity provider's address {issuer_url} is not loopback",))
    by_login = {person.login: person for person in people}
    public = {**signing_key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
    app = FastAPI(title="Sluicegate local identity provider", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def only_this_machine(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        here = request.client is not None and is_loopback_host(request.client.host)
        if not here or not is_loopback_host(request.url.hostname or "") or "origin" in request.headers:
            return JSONResponse({"error": "access_denied"}, status_code=403)
        return await call_next(request)

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, object]:
        return {
            "issuer": issuer_url,
            "jwks_uri": f"{issuer_url}/jwks.json",
            "token_endpoint": f"{issuer_url}/token",
            "authorization_endpoint": f"{issuer_url}/authorize",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
        }

    @app.get("/jwks.json")
    def jwks() -> dict[str, object]:
        return {"keys": [public]}

    @app.get("/people")
    def everyone() -> list[dict[str, str]]:
        return [{"login": one.login, "name": one.name, "role": one.role} for one in people]

    codes = Codes()

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = _authorize(request)
        if asked is None:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        return HTMLResponse(people_page(people, request.url.query), headers=PAGE_HEADERS)

    @app.get("/authorize/as/{login}")
    def authorize_as(login: str, request: Request) -> Response:
        asked, person = _authorize(request), by_login.get(login)
        if asked is None or person is None:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        return RedirectResponse(codes.give(asked, person.subject, clock()), status_code=303, headers=PAGE_HEADERS)

    def exchanged(form: dict[str, str]) -> JSONResponse:
        try:
            issued = codes.take(CodeExchange.model_validate(form), clock())
        except ValidationError:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        if issued is None:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = clock()
        return JSONResponse(
            {
                "access_token": access_token(
                    signing_key, issuer=issuer_url, audience=audience, subject=issued.subject, now=now
                ),
                "id_token": id_token(signing_key, issuer=issuer_url, issued=issued, now=now),
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFE.total_seconds()),
            },
            headers={"Cache-Control": "no-store"},
        )

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _BODY_LIMIT:
                return JSONResponse({"error": "invalid_request"}, status_code=413)
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return exchanged(dict(parse_qsl(body.decode("ascii", "replace"), max_num_fields=20)))
        try:
            asked = TokenRequest.model_validate_json(body)
        except ValidationError:
            problem = {"error": "invalid_request", "error_description": 'send {"login": "dana"}'}
            return JSONResponse(problem, status_code=400)
        person = by_login.get(asked.login)
        if person is None:
            problem = {"error": "invalid_grant", "error_description": "GET /people shows whom there is"}
            return JSONResponse(problem, status_code=400)
        signed = access_token(signing_key, issuer=issuer_url, audience=audience, subject=person.subject, now=clock())
        return JSONResponse(
            {
                "access_token": signed,
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFE.total_seconds()),
            },
            headers={"Cache-Control": "no-store"},
        )

    return app
