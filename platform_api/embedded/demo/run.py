"""Plays the whole story on a platform of its own and writes the report."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from platform_api.embedded.demo import governing, looking, pipeline, research
from platform_api.embedded.demo.cast import Cast, sign_everybody_in
from platform_api.embedded.demo.stage import DemoBroken, Stage, Tell
from platform_api.embedded.platform import EmbeddedPlatform


def run(state: Path, report: Path, tell: Tell) -> int:
    """0 when every check holds, else 1. `state` is emptied first; nothing is left running."""
    began = time.monotonic()
    shutil.rmtree(state, ignore_errors=True)
    tell("Sluicegate's main job, played by the people of a made-up bank on 1,000 real loan applications.")
    with EmbeddedPlatform(state / "platform", tell=tell) as platform:
        stage = Stage(home=state / "home", profile=platform.profile_path, settings=platform.settings_path, tell=tell)
        up = time.monotonic() - began
        tell(f"Up after {up:.1f} s: API at {platform.api_url}, AWS at {platform.aws_endpoint_url}")
        try:
            _play(Cast(stage=stage, platform=platform, work=state / "work"))
        except DemoBroken as broken:
            stage.check("the story goes on to its end", "it does", str(broken), ok=False)
        stage.report(report)
    return _close(stage, report, time.monotonic() - began)


def _play(cast: Cast) -> None:
    cast.work.mkdir(parents=True)
    sign_everybody_in(cast)
    research.contract(cast)
    research.activity(cast)
    research.request(cast)
    research.analysis(cast)
    research.beside(cast)
    research.personal_attributes(cast)
    research.other_purpose(cast)
    pipeline.tiers(cast)
    governing.revocation(cast)
    governing.short_grant(cast)
    governing.audit_trail(cast)
    looking.console(cast)


def _close(stage: Stage, report: Path, seconds: float) -> int:
    failed = [check for check in stage.checks if not check.ok]
    width = max(len(check.name) for check in stage.checks)
    stage.tell("")
    stage.tell("What was checked")
    for check in stage.checks:
        stage.tell(f"  {'ok  ' if check.ok else 'FAIL'} {check.name:<{width}}  {check.observed[:70]}")
    stage.tell("")
    stage.tell(
        f"{len(stage.checks) - len(failed)} of {len(stage.checks)} checks hold, in {seconds:.0f} s. Report: {report}"
    )
    return 1 if failed else 0
