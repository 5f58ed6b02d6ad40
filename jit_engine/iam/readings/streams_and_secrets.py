"""The second reading of Kinesis streams and of secrets."""

from __future__ import annotations

from collections.abc import Mapping

from jit_engine.domain.services import KinesisStream, Secret
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.iam.readings.plain import PlainReading, may
from jit_engine.iam.readings.reading import Decided

_LOOK = {"kinesis:DescribeStreamSummary", "kinesis:ListShards"}
_READ = {"kinesis:GetRecords", "kinesis:GetShardIterator"}
_PUT = {"kinesis:PutRecord", "kinesis:PutRecords"}


class KinesisReading(PlainReading):
    """A stream's shards and records; puts in operation only."""

    actions = frozenset(_LOOK | _READ | _PUT)

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """One ARN a stream."""
        pairs: list[tuple[set[str], str]] = []
        for c in decided.clearance.cleared:
            if isinstance(s := c.ask.source, KinesisStream):
                arn = f"arn:aws:kinesis:{s.region}:{s.account}:stream/{s.stream}"
                reads = Operation.SELECT in c.ask.operations
                puts = Operation.INSERT in c.ask.operations and decided.clearance.environment.tier is Tier.OPERATION
                looks = reads or Operation.DESCRIBE in c.ask.operations
                pairs.append(
                    ((_LOOK if looks else set()) | (_READ if reads else set()) | (_PUT if puts else set()), arn)
                )
        return may(pairs)


class SecretReading(PlainReading):
    """A secret's description, and its value for whoever may select it."""

    actions = frozenset({"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"})

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """One ARN a secret, whole."""
        pairs: list[tuple[set[str], str]] = []
        for c in decided.clearance.cleared:
            if isinstance(s := c.ask.source, Secret):
                arn = f"arn:aws:secretsmanager:{s.region}:{s.account}:secret:{s.secret}"
                pairs.append(({"secretsmanager:DescribeSecret"}, arn))
                if Operation.SELECT in c.ask.operations:
                    pairs.append(({"secretsmanager:GetSecretValue"}, arn))
        return may(pairs)
