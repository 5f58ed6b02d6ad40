"""The second reading of encryption keys: through their service only, and for the data that they are there for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jit_engine.domain.services import DynamoTable, KinesisStream, Secret
from jit_engine.domain.source import Operation
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, condition, is_bound, texts

_READ, _WRITE = "kms:Decrypt", "kms:GenerateDataKey"
_CONTEXT = "kms:EncryptionContext:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What one cleared source may use one key for. `context`: every value that its service may give, by key."""

    key: str
    actions: frozenset[str]
    service: str
    context: Mapping[str, frozenset[str]]


class KeysReading(Reading):
    """The workspace's key, and the keys of what was cleared."""

    actions = frozenset({_READ, _WRITE})

    def __init__(self, decided: Decided) -> None:
        """From the place, and from the cleared sources that have a key of their own."""
        place = decided.place
        self.own = place.workspace_key_arn
        self.bound = {
            "StringEquals": {
                "aws:ResourceAccount": place.account,
                "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{place.workspace_bucket}",
                "kms:ViaService": f"s3.{place.region}.amazonaws.com",
            }
        }
        self.uses = [use for cleared in decided.clearance.cleared if (use := _use(cleared)) is not None]

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """The key itself, then that it is bound to service and data."""
        if allow.resources == [self.own] and is_bound(allow, self.bound):
            return
        for resource in allow.resources:
            if not any(self._is_within(allow, use) for use in self.uses if use.key == resource):
                yield f"{', '.join(allow.actions)} on {resource} was not cleared, or not bound to service and data"

    def _is_within(self, allow: ReadAllow, use: _Use) -> bool:
        if not set(allow.actions) <= use.actions or not set(allow.conditions) <= {"StringEquals", "StringLike"}:
            return False
        region, account = use.key.split(":")[3:5]
        equals, like = condition(allow, "StringEquals") or {}, condition(allow, "StringLike") or {}
        if equals.pop("aws:ResourceAccount", None) != account:
            return False
        if equals.pop("kms:ViaService", None) != f"{use.service}.{region}.amazonaws.com":
            return False
        if set(equals) & set(like) or {*equals, *like} != {f"{_CONTEXT}{key}" for key in use.context}:
            return False
        named = {
            key: {value} if isinstance(value, str) else set(texts(value)) for key, value in (equals | like).items()
        }
        allowed = self._contexts(use)
        return all(values and values <= allowed[key.removeprefix(_CONTEXT)] for key, values in named.items())

    def _contexts(self, use: _Use) -> dict[str, set[str]]:
        """Every value for any source of the same key, service and use: their statements are merged."""
        alike = [o for o in self.uses if (o.key, o.service) == (use.key, use.service) and o.actions >= use.actions]
        return {key: {value for other in alike for value in other.context[key]} for key in use.context}


def _use(cleared: ClearedSource) -> _Use | None:
    source, operations = cleared.ask.source, cleared.ask.operations
    if cleared.key_arn is None or not operations & {Operation.SELECT, Operation.INSERT}:
        return None
    if cleared.files:
        buckets = {f"arn:aws:s3:::{files.bucket}" for files in cleared.files}
        objects = {f"arn:aws:s3:::{files.bucket}/{files.prefix}*" for files in cleared.files}
        service, context = "s3", {"aws:s3:arn": frozenset(buckets | objects)}
    elif isinstance(source, DynamoTable):
        service = "dynamodb"
        context = {
            "aws:dynamodb:tableName": frozenset({source.table}),
            "aws:dynamodb:subscriberId": frozenset({source.account}),
        }
    elif isinstance(source, KinesisStream):
        arn = f"arn:aws:kinesis:{source.region}:{source.account}:stream/{source.stream}"
        service, context = "kinesis", {"aws:kinesis:arn": frozenset({arn})}
    elif isinstance(source, Secret):
        arn = f"arn:aws:secretsmanager:{source.region}:{source.account}:secret:{source.secret}"
        service, context = "secretsmanager", {"SecretARN": frozenset({arn})}
    else:
        return None
    actions = {_READ, _WRITE} if Operation.INSERT in operations else {_READ}
    return _Use(key=cleared.key_arn, actions=frozenset(actions), service=service, context=context)
