"""The policy of one grant: what was cleared and nothing beside it, closed by Denies.

A bucket or key policy that names the role's session is not limited by an implicit deny in role or boundary
(IAM user guide, permissions boundaries), so everything outside is denied explicitly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from jit_engine.domain.activity import Place
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, ClearedSource
from jit_engine.iam.statement import (
    Allow,
    Conditions,
    Deny,
    Statement,
    bucket_arn,
    glue_arns,
    iam_time,
    object_arn,
    objects_arn,
)
from jit_engine.sources.kinds import (
    ATHENA_QUERY,
    GLUE_DESCRIBE,
    KMS_WORKSPACE,
    S3_INSERT,
    S3_LIST,
    S3_LOCATE,
    S3_READ,
    S3_WORKSPACE,
)

MARKER_KEY = ".sluicegate/probe"
"""Our own object in every workspace: the engine's harmless target, never data."""
NO_WRITE = (
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:ReplicateObject",
    "s3:RestoreObject",
)
NO_DELETE = ("s3:DeleteObject*",)
NO_READ = ("s3:GetObject*",)
"""What each kind of use is denied as where it has no place: families of actions, in Denies only."""
RESULTS_PREFIX = "athena/"
"""Where the environment's workgroup writes query results, beside the workspace's `work/`."""


def grant_statements(clearance: Clearance, place: Place) -> tuple[Statement, ...]:
    """Every statement of the grant's role, Allows first, then the closing Denies."""
    allows = tuple(_allows(clearance, place))
    return (*allows, *_closing(allows, clearance, place))


def _allows(clearance: Clearance, place: Place) -> Iterator[Allow]:
    until = iam_time(clearance.ends_at)
    reads = [c for c in clearance.cleared if Operation.SELECT in c.ask.operations]
    lists = [
        c for c in clearance.cleared if c.ask.operations & {Operation.SELECT, Operation.DESCRIBE} and _is_prefix(c)
    ]
    lists += [c for c in reads if not _is_prefix(c)]
    inserts = [c for c in clearance.cleared if Operation.INSERT in c.ask.operations]
    for account, some in _by_account(reads):
        yield Allow(
            sid=f"ReadObjects{account}",
            why="read the objects of " + _named(some),
            actions=S3_READ,
            resources=_distinct(objects_arn(c.files) for c in some),
            conditions=_within(account, until),
        )
    for number, (bucket, some) in enumerate(_by_bucket(lists), start=1):
        yield Allow(
            sid=f"ListBucket{number}",
            why=f"list bucket {bucket} within {', '.join(_distinct(c.files.prefix for c in some))} only",
            actions=S3_LIST,
            resources=(bucket_arn(bucket),),
            conditions={
                **_within(some[0].files.account, until),
                "StringLike": {"s3:prefix": _distinct(f"{c.files.prefix}*" for c in some)},
            },
        )
    for account, some in _by_account(inserts):
        yield Allow(
            sid=f"Insert{account}",
            why="write new objects to the production target " + _named(some),
            actions=S3_INSERT,
            resources=_distinct(objects_arn(c.files) for c in some),
            conditions=_within(account, until),
        )
    yield from _catalogue(clearance, place, until)
    yield from _workspace(clearance, place, until)


def _catalogue(clearance: Clearance, place: Place, until: str) -> Iterator[Allow]:
    tables = [(c.ask.source, c.ask.operations) for c in clearance.cleared if isinstance(c.ask.source, GlueTable)]
    for account in sorted({table.account for table, _ in tables}):
        mine = [table for table, _ in tables if table.account == account]
        yield Allow(
            sid=f"Catalogue{account}",
            why="read the definition and partitions of " + ", ".join(f"{t.database}.{t.table}" for t in mine),
            actions=GLUE_DESCRIBE,
            resources=_distinct(arn for table in mine for arn in glue_arns(table)),
            conditions=_within(account, until),
        )
    if any(Operation.SELECT in operations for _, operations in tables):
        yield Allow(
            sid="Query",
            why=f"run queries in the environment's workgroup {place.workgroup}",
            actions=ATHENA_QUERY,
            resources=(f"arn:aws:athena:{place.region}:{place.account}:workgroup/{place.workgroup}",),
            conditions=_within(place.account, until),
        )
        yield Allow(
            sid="Locate",
            why="find the region of the buckets that a query reads and writes",
            actions=S3_LOCATE,
            resources=_distinct(
                (
                    bucket_arn(place.workspace_bucket),
                    *(bucket_arn(c.files.bucket) for c in clearance.cleared if _is_queried(c)),
                )
            ),
            conditions={"DateLessThan": {"aws:CurrentTime": until}},
        )


def _workspace(clearance: Clearance, place: Place, until: str) -> Iterator[Allow]:
    bucket = place.workspace_bucket
    own = _own_prefixes(clearance, place)
    within = _within(place.account, until)
    yield Allow(
        sid="Workspace",
        why=f"read and write the workspace of activity {clearance.activity.name}",
        actions=S3_WORKSPACE,
        resources=tuple(objects_arn(prefix) for prefix in own),
        conditions=within,
    )
    yield Allow(
        sid="ListWorkspace",
        why="list the workspace",
        actions=S3_LIST,
        resources=(bucket_arn(bucket),),
        conditions={**within, "StringLike": {"s3:prefix": tuple(f"{prefix.prefix}*" for prefix in own)}},
    )
    yield Allow(
        sid="WorkspaceKey",
        why="use the workspace's key, through S3 and for this bucket only",
        actions=KMS_WORKSPACE,
        resources=(place.workspace_key_arn,),
        conditions={
            **within,
            "StringEquals": {
                "aws:ResourceAccount": place.account,
                "kms:EncryptionContext:aws:s3:arn": bucket_arn(bucket),
                "kms:ViaService": f"s3.{place.region}.amazonaws.com",
            },
        },
    )
    yield Allow(
        sid="Marker",
        why="the engine's own probe object: how it sees that the role works, and later that it no longer does",
        actions=S3_READ,
        resources=(object_arn(bucket, MARKER_KEY),),
        conditions=within,
    )


def _closing(allows: tuple[Allow, ...], clearance: Clearance, place: Place) -> Iterator[Deny]:
    yield Deny(
        sid="NothingElse",
        why="no action but those above, whatever another policy gives",
        actions=(),
        except_actions=_distinct(action for allow in allows for action in allow.actions),
        resources=("*",),
        conditions={},
    )
    yield Deny(
        sid="NowhereElse",
        why="nothing outside the grant's own resources, whatever a bucket, key or catalogue policy gives",
        actions=("*",),
        resources=(),
        except_resources=_distinct(arn for allow in allows for arn in allow.resources),
        conditions={},
    )
    for number, (bucket, prefixes) in enumerate(_listed(allows), start=1):
        yield Deny(
            sid=f"NoOtherList{number}",
            why=f"bucket {bucket} is never listed at its root or beside the prefixes above",
            actions=S3_LIST,
            resources=(bucket_arn(bucket),),
            conditions={"StringNotLike": {"s3:prefix": prefixes}},
        )
    yield from _of_each_use(clearance, place)
    yield Deny(
        sid="SignedInHeaderOnly",
        why="no pre-signed URL and no POST form",
        actions=("s3:*",),
        resources=("*",),
        conditions={"StringNotEquals": {"s3:authType": "REST-HEADER"}},
    )
    yield Deny(
        sid="NoAccessPoints",
        why="no access point: its own policy could say otherwise",
        actions=("s3:*",),
        resources=("*",),
        conditions={"Null": {"s3:DataAccessPointArn": "false"}},
    )
    yield Deny(
        sid="AfterTheEnd",
        why="nothing at or after the grant's end, however long the session lives",
        actions=("*",),
        resources=("*",),
        conditions={"DateGreaterThanEquals": {"aws:CurrentTime": iam_time(clearance.ends_at)}},
    )


def _of_each_use(clearance: Clearance, place: Place) -> Iterator[Deny]:
    """Each use in its own places: the two Denies above take the union of all, so that a bucket policy which names
    the session could otherwise let it read or empty a target that it may only write to.
    """
    own = [objects_arn(prefix) for prefix in _own_prefixes(clearance, place)]
    targets: list[str] = []
    if clearance.environment.tier is Tier.OPERATION:
        targets = [objects_arn(c.files) for c in clearance.cleared if Operation.INSERT in c.ask.operations]
    yield Deny(
        sid="TierWrites",
        why=f"the {clearance.environment.tier.value} tier writes here and nowhere else",
        actions=NO_WRITE if targets else (*NO_WRITE, *NO_DELETE),
        resources=(),
        except_resources=_distinct((*own, *targets)),
        conditions={},
    )
    if not targets:
        return
    yield Deny(
        sid="Deletes",
        why="nothing is deleted outside the workspace",
        actions=NO_DELETE,
        resources=(),
        except_resources=_distinct(own),
        conditions={},
    )
    read = [objects_arn(c.files) for c in clearance.cleared if Operation.SELECT in c.ask.operations]
    yield Deny(
        sid="Reads",
        why="a target that may be written to is not thereby read",
        actions=NO_READ,
        resources=(),
        except_resources=_distinct((*own, *read, object_arn(place.workspace_bucket, MARKER_KEY))),
        conditions={},
    )


def _own_prefixes(clearance: Clearance, place: Place) -> tuple[S3Prefix, ...]:
    queries = any(_is_queried(c) for c in clearance.cleared)
    results = S3Prefix(account=place.account, bucket=place.workspace_bucket, prefix=RESULTS_PREFIX)
    return (place.workspace, results) if queries else (place.workspace,)


def _within(account: str, until: str) -> Conditions:
    return {"StringEquals": {"aws:ResourceAccount": account}, "DateLessThan": {"aws:CurrentTime": until}}


def _listed(allows: Iterable[Allow]) -> list[tuple[str, tuple[str, ...]]]:
    prefixes: dict[str, set[str]] = defaultdict(set)
    for allow in allows:
        if allow.actions == S3_LIST:
            wanted = allow.conditions["StringLike"]["s3:prefix"]
            prefixes[allow.resources[0].removeprefix("arn:aws:s3:::")].update(wanted)
    return [(bucket, tuple(sorted(some))) for bucket, some in sorted(prefixes.items())]


def _is_prefix(cleared: ClearedSource) -> bool:
    return isinstance(cleared.ask.source, S3Prefix)


def _is_queried(cleared: ClearedSource) -> bool:
    return isinstance(cleared.ask.source, GlueTable) and Operation.SELECT in cleared.ask.operations


def _named(some: Iterable[ClearedSource]) -> str:
    return ", ".join(cleared.ask.source.uri for cleared in some)


def _by_account(some: Iterable[ClearedSource]) -> list[tuple[str, list[ClearedSource]]]:
    groups: dict[str, list[ClearedSource]] = defaultdict(list)
    for cleared in some:
        groups[cleared.files.account].append(cleared)
    return sorted(groups.items())


def _by_bucket(some: Iterable[ClearedSource]) -> list[tuple[str, list[ClearedSource]]]:
    groups: dict[str, list[ClearedSource]] = defaultdict(list)
    for cleared in some:
        groups[cleared.files.bucket].append(cleared)
    return sorted(groups.items())


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
