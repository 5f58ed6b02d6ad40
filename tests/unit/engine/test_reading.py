"""Our own reading of a policy lets the policy through that we write, and no other that says more."""

import json
from collections.abc import Callable

import pytest

from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.reading import check_within
from jit_engine.iam.readings.widens import PolicyWidens
from jit_engine.iam.role import grant_policy
from tests.fakes.networks import networked
from tests.fakes.world import (
    FACTS_PREFIX,
    GRANT,
    LENDING,
    LOANS,
    REPORT_PREFIX,
    ask,
    cleared,
    facts,
    place_of,
)
from tests.unit.engine.mutations import widenings

GRANTS: dict[str, Callable[[], Clearance]] = {
    "a prefix in research": lambda: cleared(ask(FACTS_PREFIX, Operation.SELECT, Operation.DESCRIBE)),
    "a prefix without what is forbidden inside": lambda: cleared(ask(LENDING, Operation.SELECT)),
    "a table in validation": lambda: cleared(ask(LOANS), tier=Tier.VALIDATION),
    "a described table": lambda: cleared(ask(LOANS, Operation.DESCRIBE)),
    "a described prefix": lambda: cleared(ask(FACTS_PREFIX, Operation.DESCRIBE)),
    "a table from the own network": lambda: cleared(ask(LOANS), known=facts(environment=networked())),
    "a prefix from the own network": lambda: cleared(ask(FACTS_PREFIX), known=facts(environment=networked())),
    "a report in operation": lambda: cleared(ask(LOANS), ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION),
}


def _policy(clearance: Clearance) -> str:
    return grant_policy(clearance, place_of(clearance), GRANT)[0]


@pytest.mark.parametrize("grant", GRANTS)
def test_what_we_write_is_within_the_decision(grant: str) -> None:
    clearance = GRANTS[grant]()
    check_within(_policy(clearance), clearance, place_of(clearance), GRANT)


@pytest.mark.parametrize("grant", GRANTS)
def test_every_widening_of_every_element_is_caught(grant: str) -> None:
    clearance = GRANTS[grant]()
    place = place_of(clearance)
    tried, missed = 0, []
    for name, mutant in widenings(json.loads(_policy(clearance))):
        tried += 1
        try:
            check_within(json.dumps(mutant), clearance, place, GRANT)
        except PolicyWidens:
            continue
        missed.append(name)
    assert missed == []
    assert tried > 3_000
    print(f"{grant}: {tried} widenings, all caught")
