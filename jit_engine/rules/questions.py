"""What is asked of the rules about one source: itself and everything that is reached through it."""

from __future__ import annotations

from datetime import datetime

from jit_engine.domain.activity import Environment
from jit_engine.domain.catalogue import Catalogue, ServiceItem, TableItem
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.rules.entities import group_ref, ref, source_ref
from jit_engine.sources.kinds import cedar_action
from policy import EntityRef, Value

Ask = tuple[str, EntityRef]
"""A Cedar action and the resource that it is asked for."""


def questions_about(ask: SourceAsk, catalogue: Catalogue) -> tuple[Ask, ...]:
    """Every (action, resource) that has to be permitted; the source itself first, then what is inside it.

    Whoever may read a table's files reads every column in clear, so each column group is asked for `readClear`. What a
    view is made of is asked for as if it had been named.
    """
    found: dict[Ask, None] = {
        (cedar_action(ask.source, operation), source_ref(ask.source)): None for operation in sorted(ask.operations)
    }
    for base in catalogue.bases_of(ask.source):
        if catalogue.item(base) is not None:  # else it is refused before the rules are asked
            found.update({(cedar_action(base, each), source_ref(base)): None for each in sorted(ask.operations)})
    reads = Operation.SELECT in ask.operations or (
        isinstance(ask.source, S3Prefix) and Operation.DESCRIBE in ask.operations
    )
    for item in catalogue.touching(ask.source):
        if reads:
            read = cedar_action(item.source, Operation.SELECT) if isinstance(item, ServiceItem) else "read"
            found[(read, source_ref(item.source))] = None
            if isinstance(item, TableItem) and Operation.SELECT in ask.operations:
                found.update({("readClear", group_ref(item, group)): None for group in item.groups})
        if Operation.INSERT in ask.operations:
            found[("write", source_ref(item.source))] = None
    return tuple(found)


def spelled(question: Ask) -> str:
    """A question as records name it: `read s3://lake/loans/`."""
    action, resource = question
    return f"{action} {resource.id}"


def data_context(request: AccessRequest, environment: Environment, now: datetime) -> dict[str, Value]:
    """The circumstances of every question of a request."""
    return {
        "purpose": ref("Purpose", request.purpose),
        "tier": ref("Tier", environment.tier.value),
        "environment": ref("Environment", environment.id),
        "activity": ref("Activity", request.activity),
        "now": now,
        "mfa": False,
    }
