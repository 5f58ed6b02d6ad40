"""Which enforcers stand beside the roles of this platform: those that its operator has set up, and no others."""

from __future__ import annotations

from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.enforcers.database_users import DatabaseUserEnforcer
from jit_engine.enforcers.ports import Enforcer
from jit_engine.flows.enforce import Enforcement
from jit_engine.ports import Ledger
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.engine import Database
from platform_api.settings import Settings
from platform_api.source_databases.connecting import served


def enforcement_of(settings: Settings, access: AwsAccess, database: Database, ledger: Ledger) -> Enforcement:
    """The enforcers of the settings; what needs another is refused."""
    some: tuple[Enforcer, ...] = ()
    aws = settings.aws
    if aws.enforcer_role_arn is not None:
        calls = AwsCalls(access=access, role_arn=aws.enforcer_role_arn)
        here = {(aws.account_id, aws.region): calls}
        some = (
            WorkgroupEnforcer(served=here),
            LakeFormationEnforcer(served=here),
            DatabaseUserEnforcer(served={one.source: served(one, calls) for one in settings.databases}),
        )
    return Enforcement(artefacts=SqlArtefacts(database), ledger=ledger, enforcers={one.mechanism: one for one in some})
