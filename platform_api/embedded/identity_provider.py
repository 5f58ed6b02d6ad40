"""A small identity provider for the sample people: real signed access tokens, no passwords, loopback only.

It is an application of its own, beside the platform, which trusts it as it would trust any issuer: by its JWKS.
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from platform_api.embedded.errors import EmbeddedRefused
from platform_api.embedded.loopback import is_loopback_host, is_loopback_url
from platform_api.embedded.organisation import Login

ALGORITHM = "ES256"
TOKEN_LIFE = timedelta(hours=1)
AUDIENCE = "sluicegate"
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


def _system_clock() -> datetime:
    return datetime.now(UTC)


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
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
        }

    @app.get("/jwks.json")
    def jwks() -> dict[str, object]:
        return {"keys": [public]}

    @app.get("/people")
    def everyone() -> list[dict[str, str]]:
        return [{"login": one.login, "name": one.name, "role": one.role} for one in people]

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _BODY_LIMIT:
                return JSONResponse({"error": "invalid_request"}, status_code=413)
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
