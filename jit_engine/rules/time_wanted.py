"""For how long access is asked for, where a request does not say, or says more than it may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from jit_engine.contracts.terms import Contract
from jit_engine.domain.activity import Environment
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.ports import Facts
from jit_engine.rules.approvals import BREAK_GLASS_LONGEST
from jit_engine.rules.contract_gate import contracts_of
from jit_engine.rules.tiers import TIER_MAXIMUM
from jit_engine.rules.treatments import durations_of


def wanted_duration(
    request: AccessRequest, contracts: Sequence[Contract], environment: Environment, longest: Sequence[timedelta]
) -> timedelta:
    """For how long it is asked: as said, else the contracts' default, within `longest`, what each source may last; as
    long as approvers and an emergency allow.
    """
    usual = min([TIER_MAXIMUM[environment.tier], *longest, *(contract.default_duration for contract in contracts)])
    limits = [approval.longest for approval in request.approvals if approval.longest is not None]
    return min([request.duration or usual, *limits, *([BREAK_GLASS_LONGEST] if request.break_glass else [])])


def wanted_of(verdict: Clearance | Refusal, facts: Facts) -> timedelta:
    """For how long the sources that pass are asked for; the environment has to be known."""
    if facts.environment is None:
        raise ValueError("gather the facts first")
    passed = [one for one in verdict.verdicts if one.passes]
    contracts = contracts_of(passed, facts)
    longest = durations_of([one.ask for one in passed], verdict.request, facts, {one.key for one in contracts})
    return wanted_duration(verdict.request, contracts, facts.environment, longest)
