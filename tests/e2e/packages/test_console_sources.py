"""The console's sources: their types fit the API's, and the tests beside them pass."""

import pytest

from platform_api.console.build import CONSOLE, check

pytestmark = pytest.mark.e2e


def test_types_fit_and_the_tests_beside_the_sources_pass() -> None:
    if not (CONSOLE / "node_modules" / ".stamp").is_file():
        pytest.skip("the console is not built (make console)")
    check()
