"""The tier's rules as a permissions boundary: the most that any role minted for an environment can ever do.

It says the same as the Cedar invariants, in the other language, so that neither has to be trusted alone.
An Allow here grants nothing; it leaves room for what a grant's own policy allows. The Denies are explicit
because in one account a bucket or key policy that names the role's session is not limited by an implicit
deny in the boundary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, assert_never

from jit_engine.domain.tier import Tier
from jit_engine.errors import LimitExceeded
from jit_engine.iam.kept_apart import DATA_ACCESS
from jit_engine.sources.kinds import KINDS
from platform_api.provisioning.order import ENGINE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_api.provisioning.order import EnvironmentOrder

Statement = dict[str, object]
Condition = Mapping[str, object] | None

MANAGED_POLICY_LIMIT: Final = 6_144
"""Characters without white space in a managed policy (AWS IAM quotas)."""

LAKE_READS: Final = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket")
LAKE_WRITES: Final = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
WORKSPACE_ACTIONS: Final = (*LAKE_READS, *LAKE_WRITES, "s3:DeleteObject")
GLUE_READS: Final = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
ATHENA_ACTIONS: Final = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
KMS_ACTIONS: Final = ("kms:Decrypt", "kms:GenerateDataKey")
# Who am I is answered by AWS whatever a policy says; an AWS that asks the policy should answer the same.
_HARMLESS: Final = ("sts:GetCallerIdentity",)
# Already outside of what is allowed; said by name so that a longer list of allowed actions cannot reach them.
_KEY_SERVICES: Final = {
    "dynamodb-table": "dynamodb",
    "kinesis-stream": "kinesis",
    "secret": "secretsmanager",
}
"""The kinds beside S3 whose readers use a key, and the service that uses it for them."""
NEVER: Final = (
    "account:*",
    "iam:*",
    "kms:*Grant*",
    "kms:PutKeyPolicy",
    "organizations:*",
    "s3:*AccessPoint*",
    "s3:*ObjectVersion*",
    "s3:Put*Acl",
    "s3:PutBucket*",
    "sts:AssumeRole*",
)


def boundary_document(order: EnvironmentOrder) -> dict[str, object]:
    """The IAM policy document of the environment's boundary; raises `LimitExceeded` when it does not fit."""
    workspace = _bucket_arn(order.names.workspace)
    lake = tuple(_bucket_arn(bucket) for bucket in order.lake_buckets)
    document: dict[str, object] = {
        "Version": "2012-10-17",
        "Statement": [
            *_lake(order, lake),
            *_workspace(order, workspace),
            *_buckets_closed(workspace, lake),
            *_catalogue(order),
            *_queries(order),
            *_services(order),
            *_keys(order, workspace, lake),
            *_everything_else_closed(order),
        ],
    }
    check_boundary_size(document)
    return document


def check_boundary_size(document: Mapping[str, object]) -> None:
    """Raises `LimitExceeded` when the document is larger than AWS takes; it is never cut."""
    size = len("".join(json.dumps(document).split()))
    if size > MANAGED_POLICY_LIMIT:
        raise LimitExceeded(
            what="permissions boundary",
            limit=f"{size} characters where {MANAGED_POLICY_LIMIT} fit: name fewer lake buckets",
        )


def _lake(order: EnvironmentOrder, lake: Sequence[str]) -> tuple[Statement, ...]:
    """Read in every tier; write in operation only, and delete in none."""
    if not lake:
        return ()
    room = [_allow("ReadLake", LAKE_READS, [*lake, *_objects(*lake)], _in_account(order))]
    match order.tier:
        case Tier.RESEARCH | Tier.VALIDATION:
            pass
        case Tier.OPERATION:
            room.append(_allow("WriteLake", LAKE_WRITES, _objects(*lake), _in_account(order)))
        case _:
            assert_never(order.tier)
    return tuple(room)


def _workspace(order: EnvironmentOrder, workspace: str) -> tuple[Statement, ...]:
    """All work on the own workspace; outside it no delete, and no write where the tier has none."""
    match order.tier:
        case Tier.RESEARCH | Tier.VALIDATION:
            writes = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
        case Tier.OPERATION:
            writes = ["s3:DeleteObject"]
        case _:
            assert_never(order.tier)
    own = _objects(workspace)
    return (
        _allow("OwnWorkspace", WORKSPACE_ACTIONS, [workspace, *own], _in_account(order)),
        {"Sid": "NoWritesBeside", "Effect": "Deny", "Action": writes, "NotResource": own},
        _deny("EngineObjects", ("s3:DeleteObject", "s3:PutObject"), [f"{workspace}/{ENGINE_PREFIX}*"]),
    )


def _buckets_closed(workspace: str, lake: Sequence[str]) -> tuple[Statement, ...]:
    """No other bucket, no access point, no request signed in a URL or a form."""
    within = [workspace, *lake, *_objects(workspace, *lake)]
    signed_links = {"StringEquals": {"s3:authType": ["POST", "REST-QUERY-STRING"]}}
    return (
        {"Sid": "NoOtherBuckets", "Effect": "Deny", "Action": "s3:*", "NotResource": within},
        _deny("NoAccessPoints", ("s3:*",), ["*"], {"Null": {"s3:DataAccessPointArn": "false"}}),
        _deny("NoSignedLinks", ("s3:*",), ["*"], signed_links),
    )


def _catalogue(order: EnvironmentOrder) -> tuple[Statement, ...]:
    """Reads of the account's own catalogue; `NothingElse` says which."""
    root = f"arn:aws:glue:{order.region}:{order.account_id}"
    own = [f"{root}:catalog", f"{root}:database/*", f"{root}:table/*"]
    return (
        _allow("ReadCatalogue", ["glue:*"], own),
        {"Sid": "NoOtherCatalogue", "Effect": "Deny", "Action": "glue:*", "NotResource": own},
    )


def _queries(order: EnvironmentOrder) -> tuple[Statement, ...]:
    """Queries in the own workgroup, whose results go nowhere but into the own workspace: `NoWritesBeside`.

    Its grants' own workgroups are named after it; `NothingElse` says which actions.
    """
    name = order.names.workgroup
    own = [f"arn:aws:athena:{order.region}:{order.account_id}:workgroup/{name}*"]
    return (
        _allow("OwnQueries", ["athena:*"], own),
        _allow(
            "ManagedData", [DATA_ACCESS], ["*"], {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
        ),
        {"Sid": "NoOtherQueries", "Effect": "Deny", "Action": "athena:*", "NotResource": own},
    )


def _services(order: EnvironmentOrder) -> tuple[Statement, ...]:
    """Room for the services of the kinds that the catalogue holds in the account; `NothingElse` says which actions."""
    actions = _of_services(order)
    if not actions:
        return ()
    services = sorted({f"{action.partition(':')[0]}:*" for action in actions})
    return (_allow("Services", services, ["*"]),)


def _of_services(order: EnvironmentOrder) -> tuple[str, ...]:
    """The actions of those kinds, by their closed tables: in research and validation none that writes."""
    match order.tier:
        case Tier.RESEARCH | Tier.VALIDATION:
            writes = False
        case Tier.OPERATION:
            writes = True
        case _:
            assert_never(order.tier)
    offers = [offer for kind in KINDS if kind.name in order.services for offer in kind.offers.items()]
    return tuple(sorted({action for o, offer in offers if writes or not o.writes for action in offer.actions}))


def _keys(order: EnvironmentOrder, workspace: str, lake: Sequence[str]) -> tuple[Statement, ...]:
    """Keys only as S3 uses them for the buckets above.

    The encryption context is the bucket's ARN where a bucket key is on and the object's where it is off; it
    names the bucket more surely than a key's id, which one bucket may share with another.
    """
    keys = [f"arn:aws:kms:{order.region}:{order.account_id}:key/*"]
    via_s3 = {"kms:ViaService": f"s3.{order.region}.amazonaws.com"}
    own = [workspace, *_objects(workspace)]
    readable = [*own, *lake, *_objects(*lake)]

    def used_for(arns: Sequence[str]) -> dict[str, object]:
        return {"StringEquals": via_s3, "StringLike": {"kms:EncryptionContext:aws:s3:arn": list(arns)}}

    match order.tier:
        case Tier.RESEARCH | Tier.VALIDATION:
            room = [
                _allow("ReadKeys", ["kms:Decrypt"], keys, used_for(readable)),
                _allow("WriteKeys", ["kms:GenerateDataKey"], keys, used_for(own)),
            ]
        case Tier.OPERATION:
            room = [_allow("Keys", KMS_ACTIONS, keys, used_for(readable))]
        case _:
            assert_never(order.tier)
    others = [f"{_KEY_SERVICES[kind]}.{order.region}.amazonaws.com" for kind in order.services if kind in _KEY_SERVICES]
    if others:
        actions = ["kms:Decrypt"] if order.tier is not Tier.OPERATION else KMS_ACTIONS
        room.append(_allow("ServiceKeys", actions, keys, {"StringEquals": {"kms:ViaService": others}}))
    # A negated operator matches an absent key: a direct call carries none and is denied.
    via = (
        {"StringNotEquals": {"kms:ViaService": [*via_s3.values(), *others]}} if others else {"StringNotEquals": via_s3}
    )
    return (*room, _deny("KeysViaServicesOnly" if others else "KeysViaS3Only", ["kms:*"], ["*"], via))


def _everything_else_closed(order: EnvironmentOrder) -> tuple[Statement, ...]:
    allowed = (
        *WORKSPACE_ACTIONS,
        *GLUE_READS,
        *ATHENA_ACTIONS,
        *KMS_ACTIONS,
        *_of_services(order),
        DATA_ACCESS,
        *_HARMLESS,
    )
    return (
        _deny("Never", NEVER, ["*"]),
        {"Sid": "NothingElse", "Effect": "Deny", "NotAction": sorted(allowed), "Resource": "*"},
    )


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], condition: Condition = None) -> Statement:
    return _statement(sid, "Allow", actions, resources, condition)


def _deny(sid: str, actions: Sequence[str], resources: Sequence[str], condition: Condition = None) -> Statement:
    return _statement(sid, "Deny", actions, resources, condition)


def _statement(
    sid: str, effect: str, actions: Sequence[str], resources: Sequence[str], condition: Condition
) -> Statement:
    named: Statement = {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": list(resources)}
    if condition is not None:
        named["Condition"] = dict(condition)
    return named


def _in_account(order: EnvironmentOrder) -> dict[str, object]:
    """A bucket's name says nothing about whose it is; the account does."""
    return {"StringEquals": {"aws:ResourceAccount": order.account_id}}


def _bucket_arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _objects(*bucket_arns: str) -> list[str]:
    return [f"{arn}/*" for arn in bucket_arns]
