"""A platform of its own: a second contract here would change what other tests list."""

from tests.support.platform import cast, story

__all__ = ["cast", "story"]
