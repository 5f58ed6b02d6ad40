"""A Kinesis data stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import KinesisStream
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

DESCRIBE = ("kinesis:DescribeStreamSummary", "kinesis:ListShards")
READ = ("kinesis:GetRecords", "kinesis:GetShardIterator")
INSERT = ("kinesis:PutRecord", "kinesis:PutRecords")


class KinesisStreamKind(Kind):
    """Reads from the shards, and puts. No fan-out consumer, which would outlive the grant."""

    name = "kinesis-stream"
    scheme = "kinesis"
    form = "kinesis://account/region/stream"
    entity = "KinesisStream"
    identity = KinesisStream
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="read", actions=(*DESCRIBE, *READ)),
        Operation.INSERT: Offer(cedar="write", actions=INSERT),
    }
    columns = "nothing: a record is read whole"
    rows = "nothing: a stream is read whole"

    def parse(self, rest: str, account: str) -> Source:
        """A stream; the URI says whose it is."""
        account, region, stream = parts_of_uri(self, rest, 3)
        return canonical(self, KinesisStream(account=account, region=region, stream=stream), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Describe, read, put, as asked."""
        source, operations = identity(cleared, KinesisStream), cleared.ask.operations
        for sid, why, wanted, actions in (
            ("DescribeStream", "describe", {Operation.DESCRIBE, Operation.SELECT}, DESCRIBE),
            ("ReadRecords", "read the records of", {Operation.SELECT}, READ),
            ("PutRecords", "put records into", {Operation.INSERT}, INSERT),
        ):
            if operations & wanted:
                yield Allow(
                    sid=f"{sid}{source.account}",
                    why=why,
                    about=(source.uri,),
                    actions=actions,
                    resources=(stream_arn(source),),
                    conditions=bounds.within(source.account),
                )

    def key_use(self, cleared: ClearedSource) -> KeyUse:
        """Kinesis names the stream in the context of every call to the key."""
        source = identity(cleared, KinesisStream)
        return KeyUse(
            service="kinesis",
            context={"aws:kinesis:arn": (stream_arn(source),)},
        )


def stream_arn(source: KinesisStream) -> str:
    """The stream; its consumers have ARNs beneath it and are not given."""
    return f"arn:aws:kinesis:{source.region}:{source.account}:stream/{source.stream}"
