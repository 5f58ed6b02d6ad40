"""The policy of one grant: what was cleared and nothing beside it, closed by Denies.

A bucket or key policy that names the role's session is not limited by an implicit deny in role or boundary
(IAM user guide, permissions boundaries), so everything outside is denied explicitly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, ClearedSource
from jit_engine.iam.kept_apart import DATA_ACCESS, query_place, treatment_digest
from jit_engine.iam.merging import merged, numbered
from jit_engine.iam.network import own_network
from jit_engine.iam.statement import (
    Allow,
    Deny,
    Statement,
    bucket_arn,
    iam_time,
    object_arn,
    objects_arn,
    used_as_asked,
)
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.data_keys import key_allows
from jit_engine.sources.files import LIST, READ, no_other_list
from jit_engine.sources.kinds import KINDS, kind_of

WORKSPACE = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
WORKSPACE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
"""`s3:PutObject` and multipart uploads under SSE-KMS need both (S3 user guide, "Required permissions")."""
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
EVERYWHERE = "*"
"""The resource of the few actions that know none: tokens that open nothing by themselves."""
RESULTS_PREFIX = "athena/"
"""Beneath it, beside the workspace's `work/`, each grant has a prefix of its own for query results (`results_of`)."""


def grant_statements(clearance: Clearance, place: Place, grant: GrantId) -> tuple[Statement, ...]:
    """Every statement of the grant's role, Allows first, then the Denies of its sources and the closing ones."""
    place = query_place(clearance, place, grant)
    bounds = Bounds(place=place, grant=grant, ends_at=clearance.ends_at)
    cleared = sorted(clearance.cleared, key=lambda c: c.ask.source.uri)
    given = (_tied(allow, clearance) for allow in merged(_allows(cleared, bounds)))
    allows = (*given, *_workspace(clearance, bounds))
    of_kind = {kind: [c for c in cleared if kind_of(c.ask.source) is kind] for kind in KINDS}
    own = (deny for kind, some in of_kind.items() if some for deny in kind.denies(some, bounds))
    return (*allows, *numbered((*own, *_closing(allows, clearance, bounds))))


def results_of(place: Place, grant: GrantId) -> S3Prefix:
    """Where the grant's queries write what they find, and no other grant's."""
    return S3Prefix(account=place.account, bucket=place.workspace_bucket, prefix=f"{RESULTS_PREFIX}{grant}/")


def _allows(cleared: Iterable[ClearedSource], bounds: Bounds) -> Iterator[Allow]:
    for each in cleared:
        kind = kind_of(each.ask.source)
        yield from kind.allows(each, bounds)
        yield from key_allows(each, kind.key_use(each), bounds)


def _tied(allow: Allow, clearance: Clearance) -> Allow:
    """What hands out data by an enforcer's leave is named after what the enforcer leaves."""
    return replace(allow, sid=f"{allow.sid}{treatment_digest(clearance)}") if DATA_ACCESS in allow.actions else allow


def _workspace(clearance: Clearance, bounds: Bounds) -> Iterator[Allow]:
    place = bounds.place
    bucket = place.workspace_bucket
    own = _own_prefixes(clearance, bounds)
    within = bounds.within(place.account)
    yield Allow(
        sid="Workspace",
        why=f"read and write the workspace of activity {clearance.activity.name}",
        actions=WORKSPACE,
        resources=tuple(objects_arn(prefix) for prefix in own),
        conditions=within,
    )
    yield Allow(
        sid="ListWorkspace",
        why="list the workspace",
        actions=LIST,
        resources=(bucket_arn(bucket),),
        conditions=bounds.within(place.account, StringLike={"s3:prefix": tuple(f"{prefix.prefix}*" for prefix in own)}),
    )
    yield Allow(
        sid="WorkspaceKey",
        why="use the workspace's key, through S3 and for this bucket only",
        actions=WORKSPACE_KEY,
        resources=(place.workspace_key_arn,),
        conditions=bounds.within(
            place.account,
            StringEquals={
                "kms:EncryptionContext:aws:s3:arn": bucket_arn(bucket),
                "kms:ViaService": f"s3.{place.region}.amazonaws.com",
            },
        ),
    )
    yield Allow(
        sid="Marker",
        why="the engine's own probe object: how it sees that the role works, and later that it no longer does",
        actions=READ,
        resources=(object_arn(bucket, MARKER_KEY),),
        conditions=within,
    )


def _closing(allows: tuple[Allow, ...], clearance: Clearance, bounds: Bounds) -> Iterator[Deny]:
    yield Deny(
        sid="NothingElse",
        why="only the actions above, whatever another policy gives",
        actions=(),
        except_actions=_distinct(action for allow in allows for action in allow.actions),
        resources=("*",),
        conditions={},
    )
    anywhere = _distinct(action for allow in allows if EVERYWHERE in allow.resources for action in allow.actions)
    yield Deny(
        sid="NowhereElse",
        why="nothing outside the grant's own resources, whatever a bucket, key or catalogue policy gives",
        actions=() if anywhere else ("*",),
        except_actions=anywhere,
        resources=(),
        except_resources=_distinct(arn for allow in allows for arn in allow.resources if arn != EVERYWHERE),
        conditions={},
    )
    yield from _used_as_asked(allows)
    yield from (no_other_list(bucket, prefixes) for bucket, prefixes in _listed(allows))
    yield from _of_each_use(clearance, bounds)
    queries = any(kind_of(c.ask.source).writes_results(c) for c in clearance.cleared)
    yield from own_network(allows, clearance, bounds.place, MARKER_KEY, queries=queries)
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


def _used_as_asked(allows: Iterable[Allow]) -> Iterator[Deny]:
    """Beside S3, each action on its own resources: what may be read is not thereby written, whatever a policy gives."""
    reach: dict[str, set[str]] = defaultdict(set)
    for allow in allows:
        for action in allow.actions:
            reach[action].update(allow.resources)
    services: dict[str, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for action, resources in sorted(reach.items()):
        if EVERYWHERE not in resources:
            services[action.partition(":")[0]][tuple(sorted(resources))].append(action)
    for service, uses in sorted(services.items()):
        if service == "s3" or len(uses) == 1:
            continue
        every = {resource for spared in uses for resource in spared}
        yield from (used_as_asked(tuple(used), spared) for spared, used in uses.items() if set(spared) != every)


def _of_each_use(clearance: Clearance, bounds: Bounds) -> Iterator[Deny]:
    """Each use in its own places: the two Denies above take the union of all, so that a bucket policy which names
    the session could otherwise let it read or empty a target that it may only write to.
    """
    own = [objects_arn(prefix) for prefix in _own_prefixes(clearance, bounds)]
    targets: list[str] = []
    if clearance.environment.tier is Tier.OPERATION:
        targets = [objects_arn(f) for c in clearance.cleared for f in c.files if Operation.INSERT in c.ask.operations]
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
    read = [objects_arn(f) for c in clearance.cleared for f in c.files if Operation.SELECT in c.ask.operations]
    yield Deny(
        sid="Reads",
        why="a target that may be written to is not thereby read",
        actions=NO_READ,
        resources=(),
        except_resources=_distinct((*own, *read, object_arn(bounds.place.workspace_bucket, MARKER_KEY))),
        conditions={},
    )


def _own_prefixes(clearance: Clearance, bounds: Bounds) -> tuple[S3Prefix, ...]:
    place = bounds.place
    queries = any(kind_of(c.ask.source).writes_results(c) for c in clearance.cleared)
    return (place.workspace, results_of(place, bounds.grant)) if queries else (place.workspace,)


def _listed(allows: Iterable[Allow]) -> list[tuple[str, tuple[str, ...]]]:
    prefixes: dict[str, set[str]] = defaultdict(set)
    for allow in allows:
        if allow.actions == LIST:
            for bucket in allow.resources:
                prefixes[bucket].update(allow.conditions["StringLike"]["s3:prefix"])
    return [(bucket, tuple(sorted(some))) for bucket, some in sorted(prefixes.items())]


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
