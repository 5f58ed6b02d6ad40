"""The browser, and a platform of its own: the rules that are made live here would answer other tests otherwise."""

from collections.abc import Iterator

import pytest

from tests.support.browser import browser, visitor
from tests.support.platform import Cast, cast, story
from tests.support.rulebook_steps import live, made_live

__all__ = ["browser", "cast", "story", "visitor"]


@pytest.fixture
def rules_before(cast: Cast) -> Iterator[None]:
    """What was live before is live again afterwards: the platform is other tests', too."""
    before = live(cast)
    yield
    if live(cast)["digest"] != before["digest"]:
        made_live(cast.gus, cast.olga, before["text"], cases=before["cases"])
