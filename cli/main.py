"""The entry point: the list of commands, the options that hold for all, and how a failure is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, NoReturn

import typer
from typer.main import get_command

from cli.failure import CommandFailed, ExitCode, InputInvalid
from cli.lazy import Later, LazyGroup
from cli.where import Where, choose

_START, _WORK, _ACCESS, _RULES, _RUN = "Start", "Work", "Access", "Rules and records", "Operate"

COMMANDS: Mapping[str, Later] = {
    "demo": Later(at="cli.commands.local:demo", help="Play the main job on this machine.", section=_START),
    "up": Later(at="cli.commands.local:up", help="Run the platform on this machine.", section=_START),
    "login": Later(at="cli.commands.login:login", help="Sign in, and keep the token.", section=_START),
    "whoami": Later(at="cli.commands.login:whoami", help="Who you are to the platform.", section=_START),
    "logout": Later(at="cli.commands.login:logout", help="Forget the token.", section=_START),
    "activity": Later(at="cli.commands.activity:app", help="Research activities.", section=_WORK),
    "env": Later(at="cli.commands.env:app", help="Environments of an activity.", section=_WORK),
    "workspace": Later(at="cli.commands.workspace:app", help="What workspaces may hold.", section=_WORK),
    "review": Later(at="cli.commands.review:app", help="Architecture reviews.", section=_WORK),
    "data": Later(at="cli.commands.catalogue:app", help="Data sources that can be asked for.", section=_WORK),
    "request": Later(at="cli.commands.request:request", help="Ask for access.", section=_ACCESS),
    "requests": Later(at="cli.commands.request:requests", help="Requests and their decisions.", section=_ACCESS),
    "approvals": Later(at="cli.commands.approvals:app", help="Requests that wait for people.", section=_ACCESS),
    "grant": Later(at="cli.commands.grant:app", help="Grants: show, credentials, revoke.", section=_ACCESS),
    "run": Later(at="cli.commands.run:app", help="Run a program with a grant.", section=_ACCESS),
    "aws-config": Later(at="cli.commands.aws_config:app", help="A profile for ordinary AWS tools.", section=_ACCESS),
    "contract": Later(at="cli.commands.contract:app", help="Data contracts.", section=_RULES),
    "policy": Later(at="cli.commands.policy:app", help="Rules: read, draft, judge, activate.", section=_RULES),
    "audit": Later(at="cli.commands.audit:app", help="Who did what, and the proof of it.", section=_RULES),
    "operate": Later(at="cli.operate:app", help="Migrate, work, settings, doctor.", section=_RUN),
}

_EPILOG = """
\b
Exit codes:
  0  done
  1  failed, or a check did not hold
  2  wrong usage or input (nothing was done)
  3  refused by a contract, a policy, a right or a state
  4  not signed in
  5  the platform or AWS is unavailable: try again
  6  not found, or not yours to see
  `sluice run` ends with the program's own code once it was started.

\b
Examples:
  sluice login --as dana
  sluice data list --q loans
  sluice request --activity credit-risk --env research \\
      --purpose default-risk-research --duration PT1H s3://lake/loans/facts/
  sluice run --grant gr_01J... -- python analysis.py

\b
Environment:
  SLUICE_API         the platform's address (https, or http on this machine)
  SLUICE_TOKEN       a token, for pipelines; or SLUICE_TOKEN_FILE, a file of it
  SLUICE_HOME        where the token is kept ($XDG_CONFIG_HOME/sluice)
  SLUICE_PROFILE     what `sluice up` wrote down (var/up/profile.json)
  SLUICE_ISSUER      the local identity provider's address

Results go to the standard output, everything else to the standard error. `--json` prints the API's own JSON, times in
UTC; tables show the local zone.
"""


class Sluice(LazyGroup):
    """All commands."""

    later: ClassVar[Mapping[str, Later]] = COMMANDS


app = typer.Typer(
    cls=Sluice,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    api: Annotated[str | None, typer.Option(envvar="SLUICE_API", metavar="URL", help="The platform.")] = None,
    home: Annotated[
        str | None, typer.Option(envvar="SLUICE_HOME", metavar="DIR", help="Where the token is kept.")
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(envvar="SLUICE_TOKEN_FILE", metavar="FILE", help="Read the token here (- is the standard input)."),
    ] = None,
) -> None:
    """Governed data science with just-in-time access to production data."""
    choose(Where(api=api, home=home, token_file=token_file))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that a terminal cannot spell is still shown
    try:
        get_command(app).main(args=arguments, prog_name="sluice")
    except CommandFailed as failure:
        _tell(failure)
    except UnicodeEncodeError as error:
        _tell(_not_spelled(error))
    except OSError as error:
        _tell(_not_done(error))
    sys.exit(ExitCode.DONE)


def _tell(failure: CommandFailed) -> NoReturn:
    for line in failure.lines:
        print(line, file=sys.stderr)
    sys.exit(failure.exit_code)


def _not_spelled(error: UnicodeEncodeError) -> CommandFailed:
    """What is typed is sent in UTF-8; any other encoding is the terminal's, where the answer is shown."""
    if error.encoding == "utf-8":
        return InputInvalid("something that was typed is not text in UTF-8", next_step="type it anew")
    return CommandFailed(
        f"this terminal cannot show it all: it is set to {error.encoding}",
        next_step="set it to UTF-8, and look before you try again: what was asked may be done",
    )


def _not_done(error: OSError) -> CommandFailed:
    """What this machine refused, such as a full disk or a folder that cannot be written."""
    what = (error.strerror or type(error).__name__).lower()
    where = f"{error.filename}: " if error.filename else ""
    return CommandFailed(f"this machine does not let it: {where}{what}", next_step="mend that, then try again")


if __name__ == "__main__":
    main()
