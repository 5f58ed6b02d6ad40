"""`login`, `whoami`, `logout`."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.addresses import check_address
from cli.answer import Doc, doc_of, parse
from cli.connect import connect
from cli.credentials import Session, TokenStore, check_token, home
from cli.failure import CommandFailed, InputInvalid, NotSignedIn, Unavailable
from cli.lazy import single
from cli.profile import Profile, read_profile
from cli.render import AsJson, answer, facts, line, note
from cli.times import local, now
from cli.where import chosen

if TYPE_CHECKING:
    import httpx

login = single()
whoami = single()
logout = single()


@login.command(name="login")
def login_(
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="A sample person's login, such as dana.")],
) -> None:
    """Sign in at the local identity provider of `sluice up`, and keep the token in a private file.

    A pipeline does not sign in: it gives its own token in SLUICE_TOKEN or SLUICE_TOKEN_FILE, never as an argument.
    """
    profile = _profile()
    granted = _token(profile.issuer_url, name)
    session = Session(
        api_url=profile.api_url,
        name=name,
        token=check_token(granted.text("access_token"), "the answer of the identity provider"),
        expires_at=now() + timedelta(seconds=granted.whole("expires_in")),
    )
    TokenStore(home()).save(session)
    line(f"Signed in to {session.api_url} as {name}, until {local(session.expires_at.isoformat())}.")


@whoami.command(name="whoami")
def whoami_(as_json: AsJson = False) -> None:
    """Who you are to the platform, and the activities you belong to."""
    with connect() as client:
        found = client.get("/v1/me")
    answer(found, as_json=as_json, show=_show_me)


@logout.command(name="logout")
def logout_() -> None:
    """Forget the token that `sluice login` kept."""
    line("Signed out." if TokenStore(home()).forget() else "You were not signed in.")


def _show_me(me: Doc) -> None:
    activities = (f"{item.text('name')} ({item.text('state')})" for item in me.records("activities"))
    facts(
        [
            ("name", me.text("name")),
            ("id", me.text("id")),
            ("kind", me.text("kind")),
            ("teams", ", ".join(me.texts("teams"))),
            ("activities", ", ".join(activities)),
        ]
    )


def _profile() -> Profile:
    """The addresses: SLUICE_API and SLUICE_ISSUER over the profile of `sluice up`."""
    api, issuer = chosen().api, os.environ.get("SLUICE_ISSUER", "")
    known = None if api and issuer else read_profile()
    if known is None and not (api and issuer):
        raise InputInvalid(
            "no platform is named",
            next_step="start one here (sluice up), or set SLUICE_API and SLUICE_ISSUER to its addresses",
        )
    return Profile(
        api_url=check_address(api or (known.api_url if known else ""), "SLUICE_API"),
        issuer_url=check_address(issuer or (known.issuer_url if known else ""), "SLUICE_ISSUER"),
    )


def _token(issuer: str, name: str) -> Doc:
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=10, follow_redirects=False) as http:
            response = http.post(f"{issuer}/token", json={"login": name})
            if response.status_code == httpx.codes.BAD_REQUEST:
                _say_who(http, issuer)
    except httpx.TransportError as error:
        raise Unavailable(f"nothing answers at {issuer}: {error}", next_step="start it with `sluice up`") from error
    try:
        granted = doc_of(parse(response.content))
    except ValueError:
        granted = Doc({})
    if response.status_code == httpx.codes.BAD_REQUEST:
        raise NotSignedIn(f"the identity provider knows no {name}", next_step="sluice login --as one of those above")
    if not response.is_success or not granted.has("access_token"):
        raise CommandFailed(f"{issuer} answered {response.status_code} and gave no token")
    return granted


def _say_who(http: httpx.Client, issuer: str) -> None:
    response = http.get(f"{issuer}/people")
    people = parse(response.content) if response.is_success else []
    for person in people if isinstance(people, list) else []:
        known = doc_of(person)
        note(f"  {known.text('login'):<10} {known.text('name')}, {known.text('role')}")
