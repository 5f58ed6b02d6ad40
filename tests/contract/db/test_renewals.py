"""One grant is renewed by one other at a time, whoever asks at the same moment."""

from dataclasses import replace

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.ports import LostRace
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from tests.contract.db import samples
from tests.contract.db.samples import event


def test_a_second_renewal_of_the_same_grant_loses_until_the_first_has_ended(database: Database) -> None:
    ledger = SqlLedger(database)
    first = ledger.open(samples.grant(1), samples.clearance(1), samples.evidence(1), event())

    def renewal(n: int) -> None:
        grant = replace(samples.grant(n), renews=first.id, renewals=1)
        ledger.open(grant, samples.clearance(n), samples.evidence(n), event())

    renewal(2)
    with pytest.raises(LostRace):
        renewal(3)
    second = ledger.get(samples.grant(2).id)
    assert second is not None
    assert (second.renews, second.renewals) == (first.id, 1)
    ledger.save(replace(second, state=GrantState.CLOSED), event())
    renewal(3)
