"""The local identity provider's page: whom to sign in as. No script, no password, loopback only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from platform_api.embedded.loopback import is_loopback_url
from platform_api.embedded.organisation import Login

CODE_LIFE = timedelta(minutes=1)
"""RFC 6749, 4.1.2: ten minutes at most; here it is used at once."""
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_STYLE = """
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f7f8fa,#0d1014);
color:light-dark(#10161d,#eef1f5)}
main{width:min(440px,calc(100vw - 32px));padding:32px 0}
h1{font-size:20px;margin:0 0 4px}p{margin:0 0 20px;color:light-dark(#4a5563,#aeb8c4)}
ul{list-style:none;margin:0;padding:0;border:1px solid light-dark(#e4e7ec,#242b34);border-radius:10px;overflow:hidden;
background:light-dark(#fff,#14181e)}
li+li{border-top:1px solid light-dark(#e4e7ec,#242b34)}
a{display:block;padding:12px 16px;color:inherit;text-decoration:none}
a:hover,a:focus-visible{background:light-dark(#ecefff,#1f2547);outline:none}
small{display:block;color:light-dark(#586474,#8b96a4)}
"""


class Authorize(BaseModel):
    """What the platform asks for in the browser's name (OpenID Connect Core 3.1.2.1, PKCE S256 only)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    response_type: Annotated[str, Field(pattern=r"^code\z")]
    client_id: Annotated[str, Field(max_length=64)]
    redirect_uri: Annotated[str, Field(max_length=512)]
    scope: Annotated[str, Field(pattern=r"^(.* )?openid( .*)?\z", max_length=200)]
    state: Annotated[str, Field(min_length=16, max_length=256)]
    nonce: Annotated[str, Field(min_length=16, max_length=256)]
    code_challenge: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}\z")]
    code_challenge_method: Annotated[str, Field(pattern=r"^S256\z")]


class CodeExchange(BaseModel):
    """The code with what proves that its client asks."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    grant_type: Annotated[str, Field(pattern=r"^authorization_code\z")]
    code: Annotated[str, Field(max_length=128)]
    redirect_uri: Annotated[str, Field(max_length=512)]
    client_id: Annotated[str, Field(max_length=64)]
    code_verifier: Annotated[str, Field(min_length=43, max_length=128)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One code: for whom, to whom, until when."""

    asked: Authorize
    subject: str
    ends_at: datetime


@dataclass(slots=True)
class Codes:
    """Codes under way, each good once. In memory: a restart means to start again."""

    _issued: dict[str, Issued] = field(default_factory=dict)

    def give(self, asked: Authorize, subject: str, now: datetime) -> str:
        """The address that the browser is sent back to, with a new code."""
        self._issued = {code: one for code, one in self._issued.items() if now < one.ends_at}
        code = secrets.token_urlsafe(32)
        self._issued[code] = Issued(asked=asked, subject=subject, ends_at=now + CODE_LIFE)
        return f"{asked.redirect_uri}?{urlencode({'code': code, 'state': asked.state})}"

    def take(self, exchange: CodeExchange, now: datetime) -> Issued | None:
        """What the code stands for, once, when client, address and verifier fit."""
        issued = self._issued.pop(exchange.code, None)
        if issued is None or now >= issued.ends_at:
            return None
        digest = hashlib.sha256(exchange.code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = (exchange.client_id, exchange.redirect_uri) == (issued.asked.client_id, issued.asked.redirect_uri)
        return issued if fits and hmac.compare_digest(challenge, issued.asked.code_challenge) else None


def is_our_client(asked: Authorize, client_id: str) -> bool:
    """Whether it is the console, on this machine: codes go nowhere else."""
    return (
        asked.client_id == client_id
        and is_loopback_url(asked.redirect_uri)
        and asked.redirect_uri.endswith("/auth/callback")
        and "?" not in asked.redirect_uri
        and "#" not in asked.redirect_uri
    )


def people_page(people: Sequence[Login], query: str) -> str:
    """The page. `query` is the request's own, carried on to the choice."""
    rows = "\n".join(
        f'<li><a href="/authorize/as/{escape(one.login, quote=True)}?{escape(query, quote=True)}">'
        f"{escape(one.name)}<small>{escape(one.role)}</small></a></li>"
        for one in people
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Sign in – sample organisation</title><style>{_STYLE}</style><main><h1>Sign in to Sluicegate</h1>"
        "<p>A sample organisation on this machine: choose who you are. There are no passwords.</p>"
        f"<ul>{rows}</ul></main>"
    )
