"""The points at which a minted role is judged, and what was decided about each, straight from the request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from jit_engine.domain.activity import Place
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from tests.fakes import world

S3 = "arn:aws:s3:::"
END_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
STAND_IN = "aws:PrincipalTag/used-for"
"""The evaluator ignores `kms:EncryptionContext:…`, whose name it cannot know; a key that it knows stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One question, and whether it was decided to be allowed. `account` is whose the resource is."""

    action: str
    resource: str
    allowed: bool
    context: dict[str, str] = field(default_factory=dict)
    account: str = world.ACCOUNT
    drop: str | None = None
    """A context key that the call does not carry."""


class Decided:
    """What the clearance means for one object key, without any ARN, pattern or policy."""

    def __init__(self, clearance: Clearance, place: Place) -> None:
        cleared = [(files, c.ask) for c in clearance.cleared for files in c.files]
        queried = [files for files, ask in cleared if isinstance(ask.source, GlueTable) and _selects(ask.operations)]
        parts = ("work/", f"athena/{world.GRANT}/") if queried else ("work/",)
        self.own = [S3Prefix(account=place.account, bucket=place.workspace_bucket, prefix=part) for part in parts]
        self.selected = [files for files, ask in cleared if _selects(ask.operations)]
        self.described = [
            files for files, ask in cleared if Operation.DESCRIBE in ask.operations and isinstance(ask.source, S3Prefix)
        ]
        self.targets = [files for files, ask in cleared if Operation.INSERT in ask.operations]
        self.tables = [ask.source for _, ask in cleared if isinstance(ask.source, GlueTable)]
        self.queried = queried
        self.withheld = [place for c in clearance.cleared for place in c.without]
        self.around = [files for c in clearance.cleared for files in c.files if c.without]
        self.place = place
        self.tier = clearance.environment.tier

    def may(self, action: str, bucket: str, key: str) -> bool:
        """Whether `action` on the object (or, for ListBucket, on the prefix at every depth) was decided."""
        if _in(bucket, key, self.withheld) or (action == LIST and _in(bucket, key, self.around)):
            return False
        match action:
            case "s3:GetObject":
                marker = bucket == self.place.workspace_bucket and key == ".sluicegate/probe"
                return marker or _in(bucket, key, self.selected + self.own)
            case "s3:PutObject" | "s3:AbortMultipartUpload":
                return _in(bucket, key, self.own + (self.targets if self.tier is Tier.OPERATION else []))
            case "s3:DeleteObject":
                return _in(bucket, key, self.own)
            case "s3:ListBucket":
                return _in(bucket, key, self.selected + self.described + self.own)
        return False


LIST = "s3:ListBucket"
OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject", LIST)
NEVER_ON_OBJECTS = ("s3:GetObjectVersion", "s3:PutObjectAcl", "s3:GetObjectAcl", "s3:PutObjectTagging")
NEVER_ON_BUCKETS = ("s3:PutBucketPolicy", "s3:ListBucketVersions", "s3:PutBucketAcl", "s3:DeleteBucket")


def points(clearance: Clearance, place: Place) -> Iterator[Point]:
    """Inside, beside and outside of the decision; every grant has points that must be allowed and denied."""
    decided = Decided(clearance, place)
    yield from _objects(decided, clearance)
    yield from _circumstances(decided, clearance)
    yield from _other_services(decided)


def _objects(decided: Decided, clearance: Clearance) -> Iterator[Point]:
    calls: dict[tuple[str, str, str], None] = {}
    for files in [files for c in clearance.cleared for files in (*c.files, *c.without)] + decided.own:
        inside, name = files.prefix, files.prefix[:-1]
        parent = inside.rpartition(name.rpartition("/")[2])[0]
        calls |= {(action, files.bucket, f"{inside}part-0"): None for action in OBJECT_ACTIONS}
        calls |= {(action, files.bucket, f"{name}y/part-0"): None for action in ("s3:GetObject", "s3:PutObject", LIST)}
        calls |= {(action, files.bucket, name): None for action in ("s3:GetObject", LIST)}
        calls |= {("s3:GetObject", files.bucket, f"{parent}q"): None, (LIST, files.bucket, parent): None}
        calls |= {(LIST, files.bucket, ""): None}
    for action, bucket, key in calls:
        allowed = decided.may(action, bucket, key)
        if action == LIST:
            yield Point(action=LIST, resource=f"{S3}{bucket}", allowed=allowed, context={"s3:prefix": key})
            if _in(bucket, key, decided.around) and not _in(bucket, key, decided.withheld):
                level = {"s3:prefix": key, "s3:delimiter": "/"}
                listed = _in(bucket, key, decided.selected + decided.described)
                yield Point(action=LIST, resource=f"{S3}{bucket}", allowed=listed, context=level)
        else:
            yield Point(action=action, resource=f"{S3}{bucket}/{key}", allowed=allowed)


def _circumstances(decided: Decided, clearance: Clearance) -> Iterator[Point]:
    """The same calls at another time, signed in another way, in another account."""
    files = (decided.selected or decided.own)[0]
    call = Point(action="s3:GetObject", resource=f"{S3}{files.bucket}/{files.prefix}a", allowed=True)
    end = clearance.ends_at.strftime(END_FORMAT)
    yield call
    for context in (
        {"aws:CurrentTime": end},
        {"aws:CurrentTime": "2031-01-01T00:00:00Z"},
        {"s3:authType": "REST-QUERY-STRING"},
        {"s3:authType": "POST"},
        {"aws:ResourceAccount": "999988887777"},
    ):
        yield replace(call, allowed=False, context=context)
    yield replace(call, allowed=False, drop="s3:authType")
    for action in NEVER_ON_OBJECTS:
        yield replace(call, action=action, allowed=False)
    bucket = call.resource.split("/")[0]
    for action in NEVER_ON_BUCKETS:
        yield Point(action=action, resource=bucket, allowed=False)
    yield Point(action=LIST, resource=bucket, allowed=False)
    yield Point(action="s3:GetObject", resource=f"{bucket}-copy/{call.resource.partition('/')[2]}", allowed=False)


def _other_services(decided: Decided) -> Iterator[Point]:
    place = decided.place
    glue = f"arn:aws:glue:{place.region}:{place.account}"
    known = {table.table for table in decided.tables}
    for name in ("loans", "loans_2", "loan", "lo"):
        own = name in known
        yield Point(action="glue:GetTable", resource=f"{glue}:table/lending/{name}", allowed=own)
        yield Point(action="glue:DeleteTable", resource=f"{glue}:table/lending/{name}", allowed=False)
    yield Point(action="glue:GetTable", resource=f"{glue}:table/lendin/loans", allowed=False)
    yield Point(action="glue:GetDatabase", resource=f"{glue}:database/lending", allowed=bool(known))
    yield Point(action="glue:CreateTable", resource=f"{glue}:catalog", allowed=False)
    athena = f"arn:aws:athena:{place.region}:{place.account}:workgroup"
    queries = bool(decided.queried)
    yield Point(action="athena:StartQueryExecution", resource=f"{athena}/{place.workgroup}", allowed=queries)
    yield Point(action="athena:StartQueryExecution", resource=f"{athena}/primary", allowed=False)
    yield from _keys(place)
    for action, resource in (
        ("iam:PassRole", f"arn:aws:iam::{place.account}:role/any"),
        ("iam:CreateUser", f"arn:aws:iam::{place.account}:user/any"),
        ("sts:AssumeRole", f"arn:aws:iam::{place.account}:role/jit/sg-other"),
        ("lambda:CreateFunction", f"arn:aws:lambda:{place.region}:{place.account}:function:any"),
        ("kms:CreateGrant", place.workspace_key_arn),
        ("s3:CreateAccessPoint", f"arn:aws:s3:{place.region}:{place.account}:accesspoint/a"),
        ("s3:GetObject", f"arn:aws:s3:{place.region}:{place.account}:accesspoint/a/object/work/a"),
    ):
        yield Point(action=action, resource=resource, allowed=False)


def _keys(place: Place) -> Iterator[Point]:
    """The workspace's key: through S3 and for the workspace, and in no other way."""
    service, own = f"s3.{place.region}.amazonaws.com", f"{S3}{place.workspace_bucket}"
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        for via, used_for, allowed in (
            (service, own, True),
            (service, f"{S3}{world.LAKE}", False),
            (f"dynamodb.{place.region}.amazonaws.com", own, False),
        ):
            yield Point(
                action=action,
                resource=place.workspace_key_arn,
                allowed=allowed,
                context={"kms:ViaService": via, STAND_IN: used_for},
            )
        yield Point(action=action, resource=place.workspace_key_arn, allowed=False)
    other = place.workspace_key_arn[:-1] + "9"
    yield Point(
        action="kms:Decrypt",
        resource=other,
        allowed=False,
        context={"kms:ViaService": service, STAND_IN: own},
    )


def _selects(operations: frozenset[Operation]) -> bool:
    return Operation.SELECT in operations


def _in(bucket: str, key: str, places: list[S3Prefix]) -> bool:
    return any(place.bucket == bucket and key.startswith(place.prefix) for place in places)
