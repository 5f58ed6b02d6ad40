"""Which enforcers stand beside the roles of this platform: those that its operator has set up, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.network_firewall import FirewallList
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.domain.ids import EnvironmentId
from jit_engine.enforcers.database_users import DatabaseUserEnforcer, ServedDatabase
from jit_engine.enforcers.egress import EgressEnforcer
from jit_engine.enforcers.ports import Enforcer
from jit_engine.flows.enforce import Enforcement
from jit_engine.ports import Ledger
from platform_api.accounts import AwsAccounts
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.engine import Database
from platform_api.settings import Settings

if TYPE_CHECKING:
    from platform_api.source_databases.connecting import Logins


def enforcement_of(settings: Settings, accounts: AwsAccounts, database: Database, ledger: Ledger) -> Enforcement:
    """The enforcers of every account that names a role for them; what needs another is refused."""
    places = {
        (account, one.named.region): one.calls_as(one.named.enforcer_role_arn)
        for account, one in accounts.items()
        if one.named.enforcer_role_arn is not None
    }
    some: tuple[Enforcer, ...] = ()
    artefacts = SqlArtefacts(database)
    if places:
        lists = {arn: (arn.split(":")[4], arn.split(":")[3]) for arn in egress_lists(settings).values()}
        some = (
            WorkgroupEnforcer(served=places),
            LakeFormationEnforcer(served=places),
            DatabaseUserEnforcer(served=_databases(settings, places)),
            EgressEnforcer(
                served={arn: FirewallList(arn=arn, calls=places[at]) for arn, at in lists.items() if at in places},
                ledger=artefacts,
            ),
        )
    return Enforcement(artefacts=artefacts, ledger=ledger, enforcers={one.mechanism: one for one in some})


def _databases(settings: Settings, places: Mapping[tuple[str, str], Logins]) -> dict[str, ServedDatabase]:
    if not settings.databases:
        return {}
    from platform_api.source_databases.connecting import served  # with its driver, which nobody else needs

    of = {one.source: (one, (one.database.account, one.database.region)) for one in settings.databases}
    return {uri: served(one, places[at]) for uri, (one, at) in of.items() if at in places}


def egress_lists(settings: Settings) -> dict[EnvironmentId, str]:
    """By environment, the list of hosts that its network lets through, by ARN; those that have one."""
    return {EnvironmentId(one.environment): one.rule_group_arn for one in settings.egress}
