"""An environment with a network of its own."""

from __future__ import annotations

from dataclasses import replace

from jit_engine.domain.activity import Environment
from jit_engine.domain.tier import Tier
from tests.fakes.world import ENVIRONMENTS, environment, place


def networked(tier: Tier = Tier.RESEARCH) -> Environment:
    """The environment of that tier, with two VPC endpoints."""
    endpoints = frozenset({"vpce-0a", "vpce-0b"})
    return environment(tier, place=replace(place(ENVIRONMENTS[tier]), vpc_endpoints=endpoints))
