"""What a fake source of facts says about the activity's other environments."""

from __future__ import annotations

from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.ports import Facts


class NoOtherPlaces:
    """There are none."""

    def elsewhere(self, activity: ActivityId, environment: EnvironmentId) -> tuple[Facts, ...]:
        """As `jit_engine.rules.counter_offer.OtherPlaces` says."""
        return ()
