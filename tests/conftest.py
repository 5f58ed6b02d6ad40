"""Registers what every test may use: see `tests/support` and `tests/oracle`."""

from hypothesis import settings

pytest_plugins = (
    "tests.support.run",
    "tests.support.sharing",
    "tests.support.isolation",
    "tests.support.postgres_fixtures",
    "tests.oracle.fixture",
)

# Two cores shared by parallel workers: a deadline would measure the neighbours.
settings.register_profile("sluicegate", deadline=None)
settings.load_profile("sluicegate")
