"""`up` and `demo`: the platform on this machine, in this process."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.failure import CommandFailed, ExitCode, InputInvalid
from cli.lazy import single
from cli.profile import DEFAULT
from cli.render import story
from cli.stopping import stop_event

up = single()
demo = single()


@up.command(name="up")
def up_(
    state: Annotated[Path, typer.Option(metavar="DIR", help="Where it keeps everything.")] = DEFAULT.parent,
) -> None:
    """Run the platform on this machine until you press Ctrl-C.

    The API, an AWS that enforces IAM, an identity provider and the sample organisation, on loopback only. Its state
    stays in DIR for the next time.
    """
    stop = stop_event()
    from platform_api.embedded.errors import EmbeddedError
    from platform_api.embedded.organisation import load_organisation
    from platform_api.embedded.platform import EmbeddedPlatform

    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = (error.strerror or "").lower()
        raise InputInvalid(
            f"{state} cannot be used: {why}", next_step="name a folder of your own with --state"
        ) from error
    try:
        with EmbeddedPlatform(state.absolute(), tell=story) as platform:
            story(f"\nThe console is at {platform.api_url}, AWS at {platform.aws_endpoint_url}. Act as one of these:")
            samples = _write_samples(state, platform.now())
            if shutil.which("sluice") is None:
                story(f"  export PATH={Path(sys.executable).parent}:$PATH")
            for login in load_organisation().logins():
                story(f"  sluice login --as {login.login:<10} {login.name}, {login.role}")
            if platform.profile_path.absolute() != DEFAULT.absolute():
                story(f"elsewhere: export SLUICE_PROFILE={platform.profile_path}")
            story(f"A contract to propose, an activity to register and an analysis to run: {samples}")
            story("Several people at once: give each a SLUICE_HOME of their own. Stop with Ctrl-C.")
            stop.wait()
            story("\nStopping.")
    except EmbeddedError as error:
        raise CommandFailed(str(error)) from error


def _write_samples(state: Path, now: datetime) -> Path:
    """The sample's files with dates that begin now, where people can use and change them; those there are kept."""
    from platform_api.embedded.organisation import sample_text

    folder = state / "sample"
    folder.mkdir(exist_ok=True)
    for name in ("loans.odcs.yaml", "services.odcs.yaml", "histories.odcs.yaml", "activity.yaml", "analysis.py"):
        if not (folder / name).exists():
            (folder / name).write_text(sample_text(name, now), encoding="utf-8")
    return folder


@demo.command(name="demo")
def demo_(
    report: Annotated[Path, typer.Option(metavar="FILE", help="Where the checks go, as JSON.")] = Path(
        "var/demo/report.json"
    ),
) -> None:
    """Play the main job from a contract to a closed grant, on a platform of its own.

    Ends with 0 only when every check holds, and leaves nothing running. Its state is in var/demo/state, emptied first.
    """
    from platform_api.embedded.demo.run import run
    from platform_api.embedded.errors import EmbeddedError

    try:
        failed = run(Path("var/demo/state").absolute(), report.absolute(), story)
    except EmbeddedError as error:
        raise CommandFailed(str(error)) from error
    raise typer.Exit(ExitCode.FAILED if failed else ExitCode.DONE)
