"""`operate`: what an operator runs beside the API, in this process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.failure import CommandFailed, ExitCode, InputInvalid, Unavailable
from cli.lazy import group
from cli.render import facts, line, note
from cli.stopping import stop_event
from cli.times import duration

if TYPE_CHECKING:
    from platform_api.settings import Settings
    from platform_api.wiring import Platform

app = group("Operate the platform: in this process, by the SLUICEGATE_ settings of its environment.")

_MOST_TURNS = 50


@app.command()
def migrate() -> None:
    """Bring the database to the form of this release."""
    settings = _settings()
    from platform_api.db.migrate import current, newest, upgrade

    url = settings.database_url.get_secret_value()
    with _answering():
        before = current(url)
        upgrade(url)
    line(
        f"The database is at {newest()}" + (", as it was." if before == newest() else f", from {before or 'nothing'}.")
    )


@app.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="Until nothing more is due, then end.")] = False,
    clock_offset: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Work as if it were that much later (embedded only).")
    ] = None,
) -> None:
    """Do what is due, now and then.

    End grants, provision environments, sweep roles that nobody owns. Any number may run.
    """
    settings = _settings()
    offset = timedelta() if clock_offset is None else duration(clock_offset, "--clock-offset")
    if offset and not settings.embedded:
        raise InputInvalid(
            "--clock-offset is for the embedded platform only", next_step="real grants end by the real time"
        )
    stop = stop_event()
    from platform_api.worker import Worker

    platform = _platform(settings)
    try:
        worker = Worker(platform, ahead=offset)
        if not once:
            worker.run(stop)
            return
        tended = 0
        for _ in range(_MOST_TURNS):
            done = worker.once(worker.now())
            tended += done
            if not done or stop.is_set():
                break
        line(f"Tended {tended} grants and environments.")
    finally:
        platform.close()


@app.command()
def serve() -> None:
    """Serve the API at the settings' host and port. Run `sluice operate work` beside it."""
    settings = _settings()
    import uvicorn

    from platform_api.app import create_app
    from platform_api.logs import log_to
    from platform_api.serving import Server

    platform = _platform(settings)
    log_to(sys.stderr, settings.log_level)
    try:
        note(f"serving at http://{settings.api_host}:{settings.api_port}; end with Ctrl-C")
        app = create_app(platform)
        config = uvicorn.Config(
            app,
            host=settings.api_host,
            port=settings.api_port,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
        )
        server = Server(config, app.state.watch)
        with suppress(KeyboardInterrupt, SystemExit):
            server.run()
        if not server.started:
            raise CommandFailed(
                f"nothing can be served at {settings.api_host} port {settings.api_port}",
                next_step="end what listens there (it is named above), or set api_port",
            )
    finally:
        platform.close()


@app.command()
def settings(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the platform could start.")] = False,
) -> None:
    """The settings as they are read, secrets hidden."""
    from platform_api.shown_settings import shown

    found = _settings()
    if check:
        line("The settings can be used.")
    else:
        facts(shown(found))


@app.command(name="account-template")
def account_template(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The twelve digits of the account.")],
    region: Annotated[str, typer.Option(help="The region in which environments are made there.")],
    platform: Annotated[str, typer.Option(metavar="ARN", help="The role or user that the platform runs as.")],
    enforcer: Annotated[
        bool,
        typer.Option("--enforcer", help="With the role for Lake Formation, workgroups, databases and lists of hosts."),
    ] = False,
) -> None:
    """Print the CloudFormation template that a further account needs before the settings name it, as JSON."""
    from jit_engine.errors import InvalidValue
    from platform_api.provisioning.account import account_template as template_of

    try:
        template = template_of(account, region, platform, enforcer=enforcer)
    except InvalidValue as invalid:
        raise InputInvalid(str(invalid), next_step=invalid.fix) from invalid
    line(json.dumps(template, indent=2))


@app.command()
def doctor() -> None:
    """Look at all that the platform stands on."""
    from cli.doctor import examine

    wrong = 0
    for finding in examine(os.environ):
        wrong += not finding.ok
        line(f"{'ok  ' if finding.ok else 'FAIL'} {finding.what}: {finding.found}")
        if finding.next_step:
            line(f"     next: {finding.next_step}")
    if wrong:
        note(f"{wrong} to mend")
        sys.exit(ExitCode.FAILED)


def _platform(settings: Settings) -> Platform:
    """The platform of these settings, on a database that has the form of this release."""
    from platform_api.db.errors import SchemaOutdated
    from platform_api.db.migrate import check_current
    from platform_api.wiring import build

    with _answering():
        try:
            check_current(settings.database_url.get_secret_value())
        except SchemaOutdated as error:
            raise CommandFailed(str(error), next_step="run `sluice operate migrate`") from error
        return build(settings)


@contextmanager
def _answering() -> Iterator[None]:
    """Says in a sentence that the database does not answer; a driver's own text may hold the password."""
    from platform_api.db.errors import StoreUnavailable

    try:
        yield
    except StoreUnavailable as error:
        raise Unavailable(
            f"the database cannot be used ({error.why})",
            next_step="look at database_url (SLUICEGATE_DATABASE_URL): does it name the database, and does that run?",
        ) from error


def _settings() -> Settings:
    from platform_api.settings import SettingsInvalid, load

    try:
        return load(os.environ)
    except SettingsInvalid as error:
        for problem in error.problems:
            note(f"  - {problem}")
        failure = CommandFailed(
            "the settings cannot be used: see above", next_step="set the SLUICEGATE_ variables, or name a TOML file"
        )
        failure.exit_code = ExitCode.USAGE
        raise failure from error
