"""Which enforcers stand beside the roles of this platform: those that its operator has set up, and no others."""

from __future__ import annotations

from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.enforcers.database_users import DatabaseUserEnforcer
from jit_engine.enforcers.ports import Enforcer
from jit_engine.flows.enforce import Enforcement
from jit_engine.ports import Ledger
from platform_api.accounts import AwsAccounts
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.engine import Database
from platform_api.settings import Settings
from platform_api.source_databases.connecting import served


def enforcement_of(settings: Settings, accounts: AwsAccounts, database: Database, ledger: Ledger) -> Enforcement:
    """The enforcers of every account that names a role for them; what needs another is refused."""
    places = {
        (account, one.named.region): one.calls_as(one.named.enforcer_role_arn)
        for account, one in accounts.items()
        if one.named.enforcer_role_arn is not None
    }
    some: tuple[Enforcer, ...] = ()
    if places:
        of = {one.source: (one, (one.database.account, one.database.region)) for one in settings.databases}
        some = (
            WorkgroupEnforcer(served=places),
            LakeFormationEnforcer(served=places),
            DatabaseUserEnforcer(
                served={uri: served(one, places[at]) for uri, (one, at) in of.items() if at in places}
            ),
        )
    return Enforcement(artefacts=SqlArtefacts(database), ledger=ledger, enforcers={one.mechanism: one for one in some})
