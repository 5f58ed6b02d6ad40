"""The browser, and a platform of its own: the rules that are made live here would answer other tests otherwise."""

from tests.support.browser import browser, visitor
from tests.support.platform import cast, story

__all__ = ["browser", "cast", "story", "visitor"]
