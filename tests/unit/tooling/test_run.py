"""A tool that cannot be had is a skip with its reason, and a failure where it is required."""

import pytest

from tests.support.run import unavailable


def test_a_missing_tool_skips_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_TOOL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="the tool cannot be had: not installed"):
        unavailable("the tool", "not installed", required_by="REQUIRE_TOOL")


def test_a_missing_tool_that_is_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_TOOL", "1")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE_TOOL=1, but the tool cannot be had"):
        unavailable("the tool", "not installed", required_by="REQUIRE_TOOL")
