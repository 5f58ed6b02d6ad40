"""A person's session in the console: an opaque id in the browser, its hash here, and how long it may live."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

IDLE = timedelta(minutes=30)
"""Without a request for so long, the session has ended (OWASP: 15 to 30 minutes for data of value)."""
LONGEST = timedelta(hours=8)
"""A working day; then one signs in again, whatever one did."""
ROTATE_AFTER = timedelta(minutes=15)
OVERLAP = timedelta(seconds=60)
"""How long the id before a rotation still counts: requests that were under way carry it."""
LATELY = timedelta(hours=1)
"""Who lets something pass for somebody else has shown who they are within so long (OWASP ASVS 5.0, 7.5.3)."""
SIGN_IN_WITHIN = timedelta(minutes=10)
"""From the redirect to the identity provider until its answer."""
COOKIE = "__Host-sluicegate"
SIGN_IN_COOKIE = "__Host-sluicegate-sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """One session. `began_at` is when the person signed in, `rotated_at` when this id was given out, and
    `authenticated_at` when the person last showed the identity provider who they are, if it tells.
    """

    id_hash: str
    issuer: str
    subject: str
    began_at: datetime
    rotated_at: datetime
    seen_at: datetime
    ends_at: datetime
    authenticated_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether it may be used at `now`."""
        return now < self.ends_at and now - self.seen_at < IDLE and now - self.began_at < LONGEST

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person has shown who they are lately."""
        return self.authenticated_at is not None and now - self.authenticated_at < LATELY

    def is_to_be_rotated(self, now: datetime) -> bool:
        """Whether its id has been in use for long enough."""
        return now - self.rotated_at >= ROTATE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in under way, known by the hash of its `state`: what the answer has to fit to."""

    state_hash: str
    browser_hash: str
    verifier: str
    nonce: str
    return_to: str
    began_at: datetime


def fresh_secret() -> str:
    """256 bits that nobody can guess, as text that a cookie and a URL take."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is stored of a secret: a database that leaks lets nobody in. Plain SHA-256 does for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(session_id: str) -> str:
    """What every change has to carry in `X-CSRF-Token`: only who holds the session's id can know it."""
    return hmac.new(session_id.encode(), b"sluicegate csrf", hashlib.sha256).hexdigest()


def is_csrf_token(given: str, session_id: str) -> bool:
    """Whether `given` is it, compared in constant time."""
    return hmac.compare_digest(given.encode(), csrf_token(session_id).encode())


def safe_return(path: str) -> str:
    """`path` when it is one of the console's own, else its start: nobody is sent on to another site."""
    own = path.startswith("/") and not path.startswith(("//", "/\\", "/auth/", "/v1/"))
    return path if own and path.isprintable() and path.isascii() and len(path) <= 512 and "\\" not in path else "/"
