"""Credentials on their way to a person's tools: as variables, as a process answer, and only where they may go."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.addresses import is_this_machine
from cli.answer import Doc
from cli.failure import CommandFailed, DeliveryRefused, InputInvalid
from cli.paths import at
from cli.times import instant

if TYPE_CHECKING:
    from cli.client import Client

_NEEDED = ("access_key_id", "secret_access_key", "session_token", "expires_at", "region")


def deliver(client: Client, grant: str, profile: str | None) -> Doc:
    """Fresh credentials of `grant`, decided anew; raises `CommandFailed` when the answer lacks something.

    `profile` names one of its profiles; None will do where it has but one.
    """
    found = client.act(at("grants", grant, "credentials"), {} if profile is None else {"profile": profile})
    missing = [name for name in _NEEDED if not found.text(name)]
    if missing or instant(found.text("expires_at")) is None:
        raise CommandFailed(f"the platform's answer lacks {', '.join(missing) or 'a usable expires_at'}")
    if endpoint := found.text("endpoint_url"):
        _check_endpoint(endpoint)
    return found


def principal_of(grant: Doc, profile: str | None) -> Doc:
    """The grant's principal of that profile, or its only one; raises `InputInvalid`, which lists them."""
    principals = grant.records("principals")
    found = [one for one in principals if profile in (None, one.text("profile"))]
    if len(found) != 1:
        listed = "; ".join(f"{one.text('profile')} for {', '.join(one.texts('sources'))}" for one in principals)
        raise InputInvalid(
            f"grant {grant.text('id')} has {'several profiles' if profile is None else 'no profile ' + profile}",
            next_step=f"name one with --profile: {listed}",
        )
    return found[0]


def variables(credentials: Doc) -> dict[str, str]:
    """What AWS's tools read from the environment."""
    values = {
        "AWS_ACCESS_KEY_ID": credentials.text("access_key_id"),
        "AWS_SECRET_ACCESS_KEY": credentials.text("secret_access_key"),
        "AWS_SESSION_TOKEN": credentials.text("session_token"),
        "AWS_CREDENTIAL_EXPIRATION": credentials.text("expires_at"),
        "AWS_REGION": credentials.text("region"),
        "AWS_DEFAULT_REGION": credentials.text("region"),
    }
    if endpoint := credentials.text("endpoint_url"):
        values["AWS_ENDPOINT_URL"] = endpoint
    return values


def exports(credentials: Doc) -> str:
    """The same for `eval`: every value is quoted, whatever the platform answered."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables(credentials).items()]
    return "\n".join(["unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN", *lines])


def process_answer(credentials: Doc) -> dict[str, str | int]:
    """What `credential_process` has to print; with its Expiration, so that it is asked again."""
    return {
        "Version": 1,
        "AccessKeyId": credentials.text("access_key_id"),
        "SecretAccessKey": credentials.text("secret_access_key"),
        "SessionToken": credentials.text("session_token"),
        "Expiration": credentials.text("expires_at"),
    }


def surroundings(environment: Mapping[str, str], credentials: Doc) -> dict[str, str]:
    """`environment` for a program of this grant: the caller's own AWS settings and platform token are left out."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("AWS_") and name not in ("SLUICE_TOKEN", "SLUICE_TOKEN_FILE")
    }
    return {**kept, **variables(credentials)}


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this looks like a build whose output is kept: CI is set, and not to a no."""
    return environment.get("CI", "").strip().lower() not in ("", "0", "false", "no")


def check_may_print(environment: Mapping[str, str], *, named_format: bool, allow_ci: bool) -> None:
    """Raises `DeliveryRefused` where printed credentials would be kept by accident; before any are made."""
    if is_ci(environment) and not allow_ci:
        raise DeliveryRefused(
            "CI is set: what is printed here ends in a log",
            next_step="use `sluice run --grant ID -- COMMAND`, or say --allow-ci when the output is not logged",
        )
    if not named_format and not _on_terminal():
        raise DeliveryRefused(
            "the standard output is not a terminal, so credentials are printed only in a format that you name",
            next_step="say --format env or --format json, or use `sluice run --grant ID -- COMMAND`",
        )


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _check_endpoint(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname or "")):
        raise CommandFailed(f"the platform names an AWS at {url}, which is neither https nor on this machine")
