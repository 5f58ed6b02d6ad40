"""A platform of its own: what these tests do to the story's contract would end every other test's grants."""

import pytest
import yaml

from platform_api.embedded.organisation import filled, sample_text
from tests.support.browser import browser, visitor
from tests.support.platform import Cast, Story, cast, in_force, story

__all__ = ["browser", "cast", "story", "visitor"]


@pytest.fixture(scope="package")
def approving(cast: Cast, story: Story) -> Story:
    """The story under a version of the contract that has data owners approve what happens in validation."""
    document = yaml.safe_load(filled(sample_text("loans.odcs.yaml"), cast.platform.now()))
    document["version"] = "1.1.0"
    (usage,) = [p for p in document["customProperties"] if p["property"] == "usageContract"]
    clause = {"when": {"stage": "validation"}, "mode": "any", "from": ["group:lending-data-owners"], "within": "PT8H"}
    usage["value"]["approvals"].insert(0, clause)
    in_force(cast, yaml.safe_dump(document, sort_keys=False), story.activity)
    return story
