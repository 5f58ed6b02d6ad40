"""A platform of its own: what is granted here stands in two accounts, and some of it fails on purpose."""

from typing import Any

import pytest

from platform_api.embedded.organisation import filled, sample_text
from tests.support.platform import Cast, Story, cast, in_force, story

__all__ = ["cast", "story"]


@pytest.fixture(scope="package")
def histories(cast: Cast, story: Story) -> dict[str, Any]:
    """The contract of what lies in the second account, in force and accepted by the story's activity."""
    return in_force(cast, filled(sample_text("histories.odcs.yaml"), cast.platform.now()), story.activity)
