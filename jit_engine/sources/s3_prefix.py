"""A prefix of an S3 bucket: all objects whose key starts with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from jit_engine.domain.source import Operation, S3Prefix, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow, Deny
from jit_engine.ports import ProbeCall, ProbeKind
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.files import (
    INSERT,
    LIST,
    READ,
    insert_objects,
    key_of_files,
    list_objects,
    list_size,
    read_objects,
    withheld,
    withheld_names,
)
from jit_engine.sources.kind import Kind, Offer


class S3PrefixKind(Kind):
    """Raw files. Nothing withholds a column or a row of a file, so a file with either is not granted."""

    name = "s3-prefix"
    scheme = "s3"
    form = "s3://bucket/prefix/"
    entity = "S3Prefix"
    identity = S3Prefix
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=LIST),
        Operation.SELECT: Offer(cedar="read", actions=(*READ, *LIST)),
        Operation.INSERT: Offer(cedar="write", actions=INSERT),
    }
    columns = "nothing: refused where a column is withheld"
    rows = "nothing: refused where rows are withheld"

    def parse(self, rest: str, account: str) -> Source:
        """A prefix of `account`: bucket names are unique over all accounts, so the URI does not say whose it is."""
        bucket, _, prefix = rest.partition("/")
        return S3Prefix(account=account, bucket=bucket, prefix=prefix)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Read, list, insert, as asked."""
        operations, uri = cleared.ask.operations, cleared.ask.source.uri
        for files in cleared.files:
            if Operation.SELECT in operations:
                yield from read_objects(files, uri, bounds)
            if operations & {Operation.SELECT, Operation.DESCRIBE}:
                yield from list_objects(files, bounds)
            if Operation.INSERT in operations:
                yield from insert_objects(files, uri, bounds)

    def key_use(self, cleared: ClearedSource) -> KeyUse | None:
        """As `key_of_files`."""
        return key_of_files(cleared)

    def denies(self, cleared: Sequence[ClearedSource], bounds: Bounds) -> Iterator[Deny]:
        """What is withheld of each, and its names."""
        for each in cleared:
            if each.without:
                yield withheld(each.without)
                if each.ask.operations & {Operation.SELECT, Operation.DESCRIBE}:
                    yield from withheld_names(each.files, each.without)

    def probes(self, cleared: ClearedSource) -> tuple[ProbeCall, ...]:
        """As `beside`, and into what is withheld."""
        return (*beside(cleared), *into(cleared))

    def size(self, cleared: ClearedSource, bounds: Bounds) -> int:
        """With the Deny that closes the listing."""
        return Kind.size(self, cleared, bounds) + list_size(cleared.files)


def into(cleared: ClearedSource) -> tuple[ProbeCall, ...]:
    """A listing of the first place that is withheld, and a write to it."""
    return tuple(
        call
        for place in cleared.without[:1]
        for call in (
            ProbeCall(kind=ProbeKind.LIST, bucket=place.bucket, key=place.prefix),
            ProbeCall(kind=ProbeKind.WRITE, bucket=place.bucket, key=f"{place.prefix}sluicegate-probe"),
        )
    )


def beside(cleared: ClearedSource) -> tuple[ProbeCall, ...]:
    """For each of its prefixes: the bucket's root, a sibling that only the missing slash would reach, and a write."""
    return tuple(
        call
        for files in cleared.files
        for own in [files.prefix[:-1] if Operation.INSERT in cleared.ask.operations else files.prefix]
        for call in (
            ProbeCall(kind=ProbeKind.LIST, bucket=files.bucket, key=""),
            ProbeCall(kind=ProbeKind.LIST, bucket=files.bucket, key=f"{files.prefix[:-1]}-sluicegate-probe/"),
            ProbeCall(kind=ProbeKind.WRITE, bucket=files.bucket, key=f"{own}-sluicegate-probe"),
        )
    )
