"""A platform of its own: what is granted here stands in two accounts, and some of it fails on purpose."""

from tests.support.platform import cast, story

__all__ = ["cast", "story"]
