"""A fresh office for every test."""

import pytest

from tests.unit.policy.desk.office import Office


@pytest.fixture
def office() -> Office:
    return Office()
