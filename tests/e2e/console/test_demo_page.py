"""The demo's last act, on a platform that tells what happens as it happens."""

from pathlib import Path

import pytest

from platform_api.embedded.demo import looking
from platform_api.embedded.demo.cast import Cast as DemoCast
from platform_api.embedded.demo.stage import Stage
from tests.support.platform import Cast, Story
from tests.support.run import unavailable

pytestmark = pytest.mark.e2e


def test_the_demo_opens_a_page_and_keeps_its_picture(cast: Cast, story: Story, tmp_path: Path) -> None:
    if (why := looking.left_out()) is not None:
        unavailable("a page to open", why, required_by="REQUIRE_BROWSER")
    told: list[str] = []
    stage = Stage(home=tmp_path, profile=tmp_path, settings=tmp_path, tell=told.append)
    looking.console(DemoCast(stage=stage, platform=cast.platform, work=tmp_path, activity=story.activity))
    assert [check.ok for check in stage.checks] == [True], told
    assert (tmp_path / "console.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_chromium_it_says_so_and_goes_on(
    cast: Cast, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "chromium", lambda: None)
    told: list[str] = []
    stage = Stage(home=tmp_path, profile=tmp_path, settings=tmp_path, tell=told.append)
    looking.console(DemoCast(stage=stage, platform=cast.platform, work=tmp_path, activity=story.activity))
    assert stage.checks == []
    assert "this machine has no Chromium" in told[-1]
