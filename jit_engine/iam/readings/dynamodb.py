"""The second reading of DynamoDB tables and their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.services import DynamoTable
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, has_only, is_bound, texts

_LOOK = "dynamodb:DescribeTable"
_GET = {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
_QUERY, _SCAN, _PUT = "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem"
_ITEMS = {_QUERY, _SCAN, *_GET}
_KEYS, _ATTRIBUTES = "dynamodb:LeadingKeys", "dynamodb:Attributes"


class DynamoReading(Reading):
    """Every part with exactly the conditions that make it a part."""

    actions = frozenset({_LOOK, _QUERY, _SCAN, _PUT, *_GET})

    def __init__(self, decided: Decided) -> None:
        """From the cleared tables."""
        self.parts = [
            (cleared.ask.source, cleared.ask.operations)
            for cleared in decided.clearance.cleared
            if isinstance(cleared.ask.source, DynamoTable)
        ]
        self.puts = decided.clearance.environment.tier is Tier.OPERATION

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Each resource has to be the table of one cleared part that gives all of the actions in this very form."""
        for resource in allow.resources:
            if not any(self._gives(part, operations, resource, allow) for part, operations in self.parts):
                yield f"{', '.join(allow.actions)} on {resource} was not cleared, or not in that form"

    def _gives(self, part: DynamoTable, operations: frozenset[Operation], resource: str, allow: ReadAllow) -> bool:
        if resource != _arn(part):
            return False
        actions = set(allow.actions)
        bound: dict[str, dict[str, object]] = {"StringEquals": {"aws:ResourceAccount": part.account}}
        if actions == {_LOOK}:
            return bool(operations & {Operation.SELECT, Operation.DESCRIBE}) and is_bound(allow, bound)
        named = {key: list(v) for key, v in ((_KEYS, part.keys), (_ATTRIBUTES, part.attributes)) if v}
        if named:
            bound["ForAllValues:StringEquals"] = dict(named)
            bound["Null"] = dict.fromkeys(named, "false")
        if actions == {_PUT}:
            bound["StringEqualsIfExists"] = {"dynamodb:ReturnValues": "NONE"}
            return self.puts and Operation.INSERT in operations and is_bound(allow, bound)
        if part.attributes:
            bound["StringEquals"]["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES"
        readable = {_QUERY} | (set() if part.keys else {_SCAN}) | (set() if part.attributes else _GET)
        return Operation.SELECT in operations and actions <= readable and is_bound(allow, bound)

    def missing(self, denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow]) -> Iterator[str]:
        """Where a table is cleared in parts only, nothing beside the parts, whatever its own policy gives."""
        for arn in sorted({_arn(part) for part, _ in self.parts}):
            mine = [part for part, _ in self.parts if _arn(part) == arn]
            closing = [s for s in denies if has_only(s, "Action", "Resource", "Condition") and s["Resource"] == [arn]]
            keys, attributes = [part.keys for part in mine], [part.attributes for part in mine]
            for key, named, calls in ((_KEYS, keys, {*_ITEMS, _PUT}), (_ATTRIBUTES, attributes, _ITEMS)):
                if not all(named):
                    continue
                values = {value for some in named for value in some}
                if not any(_is_unlike(s, key, values) and _names(s, {*_ITEMS, _PUT}) for s in closing):
                    yield f"{key} of {arn} beside those that were cleared"
                if not any(s["Condition"] == {"Null": {key: "true"}} and _names(s, calls) for s in closing):
                    yield f"calls on {arn} that name no {key}"
            whole = {"StringNotEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}
            if all(part.attributes for part in mine) and not any(
                s["Condition"] == whole and _names(s, _ITEMS) for s in closing
            ):
                yield f"whole items of {arn}"


def _names(statement: Mapping[str, object], actions: set[str]) -> bool:
    return set(texts(statement["Action"])) >= actions


def _is_unlike(statement: Mapping[str, object], key: str, values: set[str]) -> bool:
    found = statement["Condition"]
    unlike = found.get("ForAnyValue:StringNotEquals") if isinstance(found, dict) and len(found) == 1 else None
    spared = texts(unlike.get(key)) if isinstance(unlike, dict) and len(unlike) == 1 else []
    return bool(spared) and set(spared) <= values


def _arn(part: DynamoTable) -> str:
    return f"arn:aws:dynamodb:{part.region}:{part.account}:table/{part.table}"
