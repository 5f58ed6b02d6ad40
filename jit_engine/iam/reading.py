"""Our own second reading of a minted policy, before it leaves: written apart from what wrote it, and strict.

It knows nothing of statements as values. It takes the JSON text that AWS will get and the clearance, and asks of
every Allow the one reading that knows its actions, and whether every closing Deny is there and spares nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.readings.databases import RdsReading, RedshiftReading
from jit_engine.iam.readings.dynamodb import DynamoReading
from jit_engine.iam.readings.glue import GlueReading
from jit_engine.iam.readings.keys import KeysReading
from jit_engine.iam.readings.lake import LakeReading
from jit_engine.iam.readings.lake_formation import LakeFormationReading, unheld
from jit_engine.iam.readings.libraries import ImageReading, PackageReading
from jit_engine.iam.readings.models import ModelReading
from jit_engine.iam.readings.network import NetworkReading
from jit_engine.iam.readings.reading import EVERYTHING, Decided, ReadAllow, Reading, has_only, spares_only, texts
from jit_engine.iam.readings.streams_and_secrets import KinesisReading, SecretReading
from jit_engine.iam.readings.widens import PolicyWidens

READINGS: tuple[type[Reading], ...] = (
    LakeReading,
    GlueReading,
    LakeFormationReading,
    KeysReading,
    DynamoReading,
    RedshiftReading,
    RdsReading,
    ModelReading,
    KinesisReading,
    SecretReading,
    ImageReading,
    PackageReading,
    NetworkReading,
)
"""Every reading; no action belongs to two."""


def check_within(policy: str, clearance: Clearance, place: Place, grant: GrantId) -> None:
    """Raises `PolicyWidens` with every finding; returns when the text grants nothing beyond `clearance`."""
    try:
        document = json.loads(policy, object_pairs_hook=_object)
    except ValueError as error:
        raise PolicyWidens(findings=(f"it is not plain JSON: {error}",)) from error
    findings = tuple(_findings(document, Decided(clearance=clearance, place=place, grant=grant)))
    if findings:
        raise PolicyWidens(findings=findings)


def _findings(policy: object, decided: Decided) -> Iterator[str]:
    if not isinstance(policy, dict) or set(policy) != {"Version", "Statement"} or policy["Version"] != "2012-10-17":
        yield "it is not a policy of version 2012-10-17"
        return
    statements = policy["Statement"]
    if not isinstance(statements, list) or not all(isinstance(s, dict) for s in statements):
        yield "its statements are not a list of statements"
        return
    allows = [s for s in statements if s.get("Effect") == "Allow"]
    denies = [s for s in statements if s.get("Effect") == "Deny"]
    if len(allows) + len(denies) != len(statements):
        yield "a statement neither allows nor denies"
    if len({str(s.get("Sid")) for s in statements}) != len(statements):
        yield "two statements have one name, which IAM refuses"
    for cleared in decided.clearance.cleared:
        if (why := unheld(cleared, decided)) is not None:
            yield f"{cleared.ask.source.uri}: {why}"
    end = decided.clearance.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    readings = [reading(decided) for reading in READINGS]
    read: list[ReadAllow] = []
    for statement in allows:
        allow = _read(statement)
        if allow is None:
            yield f"{statement.get('Sid')}: an Allow has action, resource and condition as lists of text, and no more"
            continue
        if statement["Condition"].get("DateLessThan") != {"aws:CurrentTime": end}:
            yield f"{allow.name}: it does not end with the grant"
        read.append(allow)
        knowing = [reading for reading in readings if set(allow.actions) <= reading.actions]
        if len(knowing) != 1:
            yield f"{allow.name}: {', '.join(allow.actions)} was not cleared"
        for reading in knowing:
            yield from (f"{allow.name}: {fault}" for fault in reading.faults(allow))
    yield from (f"no Deny of {what}" for what in _missing(denies, read, end))
    for reading in readings:
        yield from (f"no Deny of {what}" for what in reading.missing(denies, read))


def _read(statement: Mapping[str, object]) -> ReadAllow | None:
    if set(statement) != {"Sid", "Effect", "Action", "Resource", "Condition"}:
        return None
    actions, resources = texts(statement["Action"]), texts(statement["Resource"])
    conditions = statement["Condition"]
    if not actions or not resources or not isinstance(conditions, dict):
        return None
    return ReadAllow(
        name=str(statement["Sid"]),
        actions=actions,
        resources=resources,
        conditions={operator: keys for operator, keys in conditions.items() if operator != "DateLessThan"},
    )


def _missing(denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow], end: str) -> Iterator[str]:
    """The closing Denies of every grant, whatever it is for."""
    actions = {action for allow in allows for action in allow.actions}
    resources = {resource for allow in allows for resource in allow.resources}
    if not any(
        has_only(s, "NotAction", "Resource") and spares_only(s["NotAction"], actions) and s["Resource"] == EVERYTHING
        for s in denies
    ):
        yield "every other action"
    anywhere = {action for allow in allows if "*" in allow.resources for action in allow.actions}
    if not any(
        has_only(s, "NotAction" if anywhere else "Action", "NotResource")
        and (spares_only(s["NotAction"], anywhere) if anywhere else s["Action"] == EVERYTHING)
        and spares_only(s["NotResource"], resources - set(EVERYTHING))
        for s in denies
    ):
        yield "every other resource"
    yield from _crossed(denies, allows, anywhere)
    after = {"DateGreaterThanEquals": {"aws:CurrentTime": end}}
    if not any(
        has_only(s, "Action", "Resource", "Condition")
        and (s["Action"], s["Resource"], s["Condition"]) == (EVERYTHING, EVERYTHING, after)
        for s in denies
    ):
        yield "anything after the grant's end"


def _crossed(denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow], anywhere: set[str]) -> Iterator[str]:
    """Beside S3: each action of a service on the resources of another of its actions, where the two differ."""
    reach: dict[str, set[str]] = {}
    for allow in allows:
        for action in set(allow.actions) - anywhere:
            reach.setdefault(action, set()).update(allow.resources)
    by_place = [s for s in denies if has_only(s, "Action", "NotResource")]
    of_service: dict[str, set[str]] = {}
    for action, own in reach.items():
        of_service.setdefault(action.partition(":")[0], set()).update(own)
    for action, own in sorted(reach.items()):
        service = action.partition(":")[0]
        if service == "s3" or of_service[service] == own:
            continue
        if not any(action in texts(s["Action"]) and spares_only(s["NotResource"], own) for s in by_place):
            yield f"{action} beside what it was cleared for"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
