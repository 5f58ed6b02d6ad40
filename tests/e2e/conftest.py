"""The running platform, for the end-to-end tests that need none of their own, and the decision point in front of it."""

from tests.e2e.authzen.served import todo
from tests.support.platform import cast, story

__all__ = ["cast", "story", "todo"]
