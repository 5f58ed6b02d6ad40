"""The console's sources: their types are the API's own and fit, and the tests beside them pass."""

import json
from pathlib import Path

import pytest

from platform_api.console.build import CONSOLE, check, write_types
from tests.console.openapi import document
from tests.support.run import unavailable

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _packages() -> None:
    if not (CONSOLE / "node_modules" / ".stamp").is_file():
        unavailable("the console's packages", "it is not built (make console)", required_by="REQUIRE_BROWSER")


def test_types_fit_and_the_tests_beside_the_sources_pass() -> None:
    check()


def test_the_types_are_those_of_the_api_as_it_is(tmp_path: Path) -> None:
    openapi, types = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    openapi.write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_types(openapi, types)
    kept = CONSOLE / "src/api/schema.d.ts"
    assert types.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "make types writes them anew"
