"""What a tier itself limits, whatever a contract says."""

from datetime import timedelta

from jit_engine.domain.tier import Tier

TIER_MAXIMUM: dict[Tier, timedelta] = {
    Tier.RESEARCH: timedelta(hours=8),
    Tier.VALIDATION: timedelta(hours=8),
    Tier.OPERATION: timedelta(hours=2),
}
"""The longest life of a grant by tier: a working day for people, the length of a run for pipelines. Ours."""
