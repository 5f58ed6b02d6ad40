"""A platform of its own: what these tests do to the story's contract would end every other test's grants."""

from tests.support.platform import cast, story

__all__ = ["cast", "story"]
