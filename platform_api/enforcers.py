"""Which enforcers stand beside the roles of this platform: those that its operator has set up, and no others."""

from __future__ import annotations

from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.enforcers.ports import Enforcer
from jit_engine.flows.enforce import Enforcement
from jit_engine.ports import Ledger
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.engine import Database
from platform_api.settings import AwsSettings


def enforcement_of(aws: AwsSettings, access: AwsAccess, database: Database, ledger: Ledger) -> Enforcement:
    """The enforcers of the settings; what needs another is refused."""
    some: tuple[Enforcer, ...] = ()
    if aws.enforcer_role_arn is not None:
        here = {(aws.account_id, aws.region): AwsCalls(access=access, role_arn=aws.enforcer_role_arn)}
        some = (WorkgroupEnforcer(served=here), LakeFormationEnforcer(served=here))
    return Enforcement(artefacts=SqlArtefacts(database), ledger=ledger, enforcers={one.mechanism: one for one in some})
