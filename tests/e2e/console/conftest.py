"""The browser, for the console's tests."""

from tests.support.browser import browser, visitor

__all__ = ["browser", "visitor"]
