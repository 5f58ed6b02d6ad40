"""What the settings demand to hold around every source."""

from __future__ import annotations

from jit_engine.aws.source_policies import AwsOwnPolicies
from jit_engine.domain.classification import Classification
from jit_engine.domain.resource_policy import Safeguards
from jit_engine.flows.read_policies import PolicyReadings, ReadPolicies
from platform_api.accounts import AwsAccounts
from platform_api.settings import SafeguardSettings


def demanded(asked: SafeguardSettings) -> Safeguards:
    """The same for the core, without readings: those are in the database."""
    level = asked.require_network_from
    return Safeguards(
        readings=(),
        oldest=asked.policies_read_within,
        network_from=None if level == "never" else Classification(level),
    )


def reading_policies(readings: PolicyReadings, accounts: AwsAccounts) -> ReadPolicies:
    """The loop that reads the sources' own policies in every account; the embedded AWS has no access points."""
    return ReadPolicies(
        readings=readings,
        readers={
            account: AwsOwnPolicies(calls=one.broker, account=account, access_points=one.access.endpoint_url is None)
            for account, one in accounts.items()
        },
    )
