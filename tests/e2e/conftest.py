"""The running platform, for every end-to-end test."""

from tests.support.platform import cast, story

__all__ = ["cast", "story"]
