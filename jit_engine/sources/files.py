"""What reading and writing files in S3 comes to: shared by the prefixes and by the tables whose data they hold."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.domain.source import S3Prefix
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow, Deny, bucket_arn, objects_arn, statement_size
from jit_engine.sources.bounds import Bounds, KeyUse

LIST = ("s3:ListBucket",)
LOCATE = ("s3:GetBucketLocation",)
READ = ("s3:GetObject",)
INSERT = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")


def read_objects(files: S3Prefix, uri: str, bounds: Bounds) -> Iterator[Allow]:
    """Read every object of the prefix; `uri` is the source that it is for."""
    yield Allow(
        sid=f"ReadObjects{files.account}",
        why="read the objects of",
        about=(uri,),
        actions=READ,
        resources=(objects_arn(files),),
        conditions=bounds.within(files.account),
    )


def list_objects(files: S3Prefix, bounds: Bounds) -> Iterator[Allow]:
    """List the prefix and what is beneath it: never the bucket's root, which the empty prefix is."""
    yield Allow(
        sid="ListBucket",
        why=f"list bucket {files.bucket} no further than",
        about=(files.prefix,),
        actions=LIST,
        resources=(bucket_arn(files.bucket),),
        conditions=bounds.within(files.account, StringLike={"s3:prefix": (f"{files.prefix}*",)}),
    )


def insert_objects(files: S3Prefix, uri: str, bounds: Bounds) -> Iterator[Allow]:
    """Write objects to the prefix, and give up what was begun."""
    yield Allow(
        sid=f"Insert{files.account}",
        why="write new objects to the production target",
        about=(uri,),
        actions=INSERT,
        resources=(objects_arn(files),),
        conditions=bounds.within(files.account),
    )


def no_other_list(bucket: str, prefixes: tuple[str, ...]) -> Deny:
    """No listing of the bucket (an ARN) at its root or beside `prefixes`, each with its star."""
    return Deny(
        sid="NoOtherList",
        why=f"bucket {bucket.rpartition(':')[2]} is never listed at its root or beside the prefixes above",
        actions=LIST,
        resources=(bucket,),
        conditions={"StringNotLike": {"s3:prefix": prefixes}},
    )


def withheld(places: tuple[S3Prefix, ...]) -> Deny:
    """Nothing at all with the objects of these places, which lie inside of what is given."""
    return Deny(
        sid="Withheld",
        why="refused inside of what was asked for: " + ", ".join(place.uri for place in places),
        actions=("s3:*",),
        resources=tuple(objects_arn(place) for place in places),
        conditions={},
    )


def withheld_names(files: tuple[S3Prefix, ...], places: tuple[S3Prefix, ...]) -> Iterator[Deny]:
    """Keys there are not listed either: not directly, and not by listing all around them at every depth."""
    for bucket in sorted({place.bucket for place in places}):
        yield Deny(
            sid="WithheldNames",
            why="and not listed",
            actions=LIST,
            resources=(bucket_arn(bucket),),
            conditions={"StringLike": {"s3:prefix": tuple(f"{p.prefix}*" for p in places if p.bucket == bucket)}},
        )
        yield Deny(
            sid="OneLevelAtATime",
            why="around what is withheld, listing goes one level at a time (delimiter /), or it would show those keys",
            actions=LIST,
            resources=(bucket_arn(bucket),),
            conditions={
                "StringLike": {"s3:prefix": tuple(f"{f.prefix}*" for f in files if f.bucket == bucket)},
                "StringNotEquals": {"s3:delimiter": "/"},
            },
        )


def key_of_files(cleared: ClearedSource) -> KeyUse | None:
    """S3 gives the bucket's ARN where bucket keys are on, else the object's; prefixes stay S3's own to hold."""
    arns = {arn for files in cleared.files for arn in (bucket_arn(files.bucket), objects_arn(files))}
    return KeyUse(service="s3", context={"aws:s3:arn": tuple(sorted(arns))}) if arns else None


def list_size(files: tuple[S3Prefix, ...]) -> int:
    """What listing them adds to the closing Denies."""
    return sum(statement_size(no_other_list(bucket_arn(f.bucket), (f"{f.prefix}*",))) + 3 for f in files)
