"""A DynamoDB table, or some of its partition keys and attributes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from jit_engine.domain.services import DynamoTable
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow, Conditions, Deny
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

DESCRIBE = ("dynamodb:DescribeTable",)
READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
INSERT = ("dynamodb:PutItem",)
_NO_SCAN = READ[:3]
_PROJECTED = READ[2:]
"""Calls that say which attributes they want; what a GetItem without a projection returns is not theirs to limit."""


class DynamoTableKind(Kind):
    """Reads of items, and puts. No index, stream, export or PartiQL. A part is never scanned past its keys."""

    name = "dynamodb-table"
    scheme = "dynamodb"
    form = "dynamodb://account/region/table[/keys/a,b][/attributes/c,d]"
    entity = "DynamoTable"
    identity = DynamoTable
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="read", actions=(*READ, *DESCRIBE)),
        Operation.INSERT: Offer(cedar="write", actions=INSERT),
    }
    columns = "IAM, where attributes are named (`dynamodb:Attributes`): queries of named attributes only"
    rows = "IAM, where partition keys are named (`dynamodb:LeadingKeys`): no scan"

    def parse(self, rest: str, account: str) -> Source:
        """A table or a part of it; the URI says whose it is."""
        account, region, table, *more = parts_of_uri(self, rest, 3, 5, 7)
        named = dict(zip(more[::2], (tuple(names.split(",")) for names in more[1::2]), strict=True))
        source = DynamoTable(
            account=account,
            region=region,
            table=table,
            keys=named.get("keys", ()),
            attributes=named.get("attributes", ()),
        )
        return canonical(self, source, rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """The table's description, and its items by operation."""
        table, operations = identity(cleared, DynamoTable), cleared.ask.operations
        for sid, why, wanted, actions, conditions in (
            (f"DescribeTable{table.account}", "describe", _LOOKS, DESCRIBE, bounds.within(table.account)),
            ("ReadItems", "read the items of", _READS, _reads(table), _of_part(table, bounds, "dynamodb:Select")),
            ("PutItems", "put items into", _WRITES, INSERT, _of_part(table, bounds, "dynamodb:ReturnValues")),
        ):
            if operations & wanted:
                yield Allow(
                    sid=sid,
                    why=why,
                    about=(table.uri,),
                    actions=actions,
                    resources=(table_arn(table),),
                    conditions=conditions,
                )

    def denies(self, cleared: Sequence[ClearedSource], bounds: Bounds) -> Iterator[Deny]:
        """Said once more as Denies, for a policy of the table could allow the session what is beside its part."""
        tables: dict[str, list[DynamoTable]] = defaultdict(list)
        for each in cleared:
            tables[table_arn(identity(each, DynamoTable))].append(identity(each, DynamoTable))
        for arn, parts in sorted(tables.items()):
            if all(part.keys for part in parts):
                keys = {"dynamodb:LeadingKeys": _distinct(part.keys for part in parts)}
                yield _closed("NoOtherKeys", arn, (*READ, *INSERT), {"ForAnyValue:StringNotEquals": keys})
                yield _closed("NoScan", arn, (*READ, *INSERT), {"Null": {"dynamodb:LeadingKeys": "true"}})
            if all(part.attributes for part in parts):
                attributes = {"dynamodb:Attributes": _distinct(part.attributes for part in parts)}
                yield _closed("NoOtherAttributes", arn, (*READ, *INSERT), {"ForAnyValue:StringNotEquals": attributes})
                select = {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
                yield _closed("NoWholeItems", arn, READ, {"StringNotEquals": select})
                yield _closed("NothingUnnamed", arn, READ, {"Null": {"dynamodb:Attributes": "true"}})

    def key_use(self, cleared: ClearedSource) -> KeyUse:
        """DynamoDB names table and account in the context of every call to the key."""
        table = identity(cleared, DynamoTable)
        return KeyUse(
            service="dynamodb",
            context={"aws:dynamodb:subscriberId": (table.account,), "aws:dynamodb:tableName": (table.table,)},
        )


_LOOKS = {Operation.SELECT, Operation.DESCRIBE}
_READS = {Operation.SELECT}
_WRITES = {Operation.INSERT}


def _closed(sid: str, arn: str, actions: tuple[str, ...], conditions: Conditions) -> Deny:
    why = f"nothing of {arn.rpartition('/')[2]} beside the part that was asked for"
    return Deny(sid=sid, why=why, actions=actions, resources=(arn,), conditions=conditions)


def _distinct(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for some in names for name in some}))


def _reads(table: DynamoTable) -> tuple[str, ...]:
    possible = set(READ)
    if table.keys:
        possible &= set(_NO_SCAN)
    if table.attributes:
        possible &= set(_PROJECTED)
    return tuple(action for action in READ if action in possible)


def _of_part(table: DynamoTable, bounds: Bounds, returns: str) -> Conditions:
    """`ForAllValues` holds where the key is absent, so that `Null` has to say that it is there.

    What a call returns is held too: a query only what it names, a put nothing of what was there before.
    """
    every = {"dynamodb:LeadingKeys": table.keys, "dynamodb:Attributes": table.attributes}
    named = {key: values for key, values in every.items() if values}
    others: dict[str, Mapping[str, str | tuple[str, ...]]] = {}
    if returns == "dynamodb:ReturnValues":
        others["StringEqualsIfExists"] = {returns: "NONE"}
    elif table.attributes:
        others["StringEquals"] = {returns: "SPECIFIC_ATTRIBUTES"}
    if named:
        others["ForAllValues:StringEquals"] = named
        others["Null"] = dict.fromkeys(named, "false")
    return bounds.within(table.account, **others)


def table_arn(table: DynamoTable) -> str:
    """The table itself; its indexes and streams have ARNs beneath it and are not given."""
    return f"arn:aws:dynamodb:{table.region}:{table.account}:table/{table.table}"
