"""`aws-config`: a profile with which ordinary AWS tools fetch and refresh a grant's credentials by themselves."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import delivery
from cli.answer import Doc
from cli.config_file import with_profile
from cli.connect import connect, token_file
from cli.failure import InputInvalid
from cli.find import is_id
from cli.lazy import single
from cli.paths import at
from cli.private_files import read_shared, replace_shared
from cli.render import line, note
from cli.where import chosen

app = single()

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,128}\Z", re.ASCII)


@app.command()
def aws_config(
    grant: Annotated[str, typer.Argument(metavar="GRANT", help="The grant's id.")],
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="Else `sluice-` and the grant's id.")] = None,
    of: Annotated[str | None, typer.Option(metavar="NAME", help="Only this profile of the grant; else each.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="Else AWS_CONFIG_FILE or ~/.aws/config.")] = None,
    allow_ci: Annotated[bool, typer.Option("--allow-ci", help="Let the profile work where CI is set.")] = False,
) -> None:
    """Write a profile that fetches and refreshes a grant's credentials (`credential_process`).

    A grant with several profiles gets one each: NAME-main, NAME-main-2 and so on, for an AWS client uses one at a time.

    Fetches credentials once, to see that it works and to learn the region; they are not written. Other profiles stay as
    they are. The file holds no secret and becomes readable by you alone.

    \b
    sluice aws-config gr_01J... --profile loans
    AWS_PROFILE=loans python analysis.py
    """
    if not is_id(grant):
        raise InputInvalid(f"{grant} is not a grant's id", next_step="sluice grant list")
    name = _checked(profile or f"sluice-{grant}")
    place = (file or Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")).absolute()
    before = read_shared(place)
    with connect() as client:
        found = client.get(at("grants", grant))
        chosen_ones = found.records("principals") if of is None else [delivery.principal_of(found, of)]
        written: list[str] = []
        after = before
        for principal in chosen_ones:
            inner = principal.text("profile")
            written.append(name if len(chosen_ones) == 1 else _checked(f"{name}-{inner}"))
            command = _command(grant, inner, client.api_url, allow_ci=allow_ci)
            settings = _settings(delivery.deliver(client, grant, inner), command)
            after = with_profile(after, written[-1], settings, place)
    replace_shared(place, after)
    for one, principal in zip(written, chosen_ones, strict=True):
        line(f"Wrote the profile {one} to {place}, for {', '.join(principal.texts('sources'))}.")
    note(f"next: AWS_PROFILE={written[0]} COMMAND")


def _checked(name: str) -> str:
    """The name, when an AWS configuration file can hold it; else raises `InputInvalid`."""
    if not _NAME.match(name):
        raise InputInvalid(f"--profile: {name} is not a usable name", next_step="use letters, digits and _ . @ -")
    return name


def _settings(credentials: Doc, command: str) -> list[tuple[str, str]]:
    settings = [("credential_process", command), ("region", credentials.text("region"))]
    if endpoint := credentials.text("endpoint_url"):
        settings.append(("endpoint_url", endpoint))
    return settings


def _command(grant: str, profile: str, api_url: str, *, allow_ci: bool) -> str:
    """The command by absolute paths, with the options that were chosen now: tools run it from anywhere."""
    where = chosen()
    words = [*_sluice()]
    if where.home:
        words += ["--home", str(Path(where.home).absolute())]
    if file := token_file():
        words += ["--token-file", str(file)]
    words += ["--api", api_url, "grant", "credential-process", grant, "--profile", profile]
    return shlex.join([*words, "--allow-ci"] if allow_ci else words)


def _sluice() -> list[str]:
    """How to start this very program."""
    started = Path(sys.argv[0]).absolute()
    if started.name == "sluice" and os.access(started, os.X_OK):
        return [str(started)]
    beside = Path(sys.executable).absolute().with_name("sluice")
    return [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "cli.main"]
