"""`run`: a program with a grant's credentials in its environment, and nowhere else."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Annotated

import typer

from cli import delivery
from cli.connect import connect
from cli.failure import CommandFailed
from cli.lazy import single

app = single()

_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


@app.command(
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
    epilog="""
\b
Examples:
  sluice run --grant gr_01J... -- python analysis.py
  sluice run --grant gr_01J... -- sh -c 'aws s3 ls s3://lake/loans/facts/'
""",
)
def run(
    grant: Annotated[str, typer.Option(metavar="ID", help="The grant's id.")],
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The program to run.")],
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the grant's profiles; needed where it has several.")
    ] = None,
) -> None:
    """Run a program with a grant's credentials.

    The program takes the place of `sluice`: it gets every signal itself and its exit code is the command's own (127:
    no such program, 126: not executable). It finds AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
    AWS_REGION, AWS_DEFAULT_REGION and, on the embedded platform, AWS_ENDPOINT_URL; other AWS_ variables and the
    platform's token are taken out of its environment.

    Variables cannot be refreshed: when the session may end before the program does, use a profile of
    `sluice aws-config` instead, which the AWS tools refresh by themselves.
    """
    program = _program(command[0])
    with connect() as client:
        found = delivery.deliver(client, grant, profile)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, command, delivery.surroundings(os.environ, found))  # noqa: S606 - no shell is meant
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be run: {(error.strerror or '').lower()}") from error


def _program(name: str) -> str:
    """Where the program lies; ends the command before any credentials are made when there is none."""
    found = shutil.which(name)
    if found is not None:
        return found
    if os.path.isfile(name):
        print(f"{name} is not executable\n  next: chmod +x {name}", file=sys.stderr)
        sys.exit(_NOT_EXECUTABLE)
    print(f"no program {name} was found", file=sys.stderr)
    sys.exit(_NOT_FOUND)
