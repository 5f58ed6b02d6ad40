"""Fixture: the outside IAM evaluator."""

from collections.abc import Iterator

import pytest

from tests.oracle.install import OracleMissing
from tests.oracle.oracle import Oracle
from tests.support.run import unavailable


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The outside IAM evaluator. Skips where it cannot be had; fails there if REQUIRE_ORACLE=1."""
    try:
        asked = Oracle()
    except OracleMissing as reason:
        unavailable("the IAM evaluator", str(reason), required_by="REQUIRE_ORACLE")
    with asked:
        yield asked
