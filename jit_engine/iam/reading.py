"""Our own second reading of a minted policy, before it leaves: written apart from what wrote it, and strict.

It knows nothing of statements as values. It takes the JSON text that AWS will get and the clearance, and asks of
every pair of action and resource whether it was cleared, of every Allow whether it ends in time, and whether
every closing Deny is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.activity import Place
from jit_engine.domain.source import GlueTable, Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import EngineError

_READ, _WRITE = "s3:GetObject", {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
_GLUE = {f"glue:{verb}" for verb in ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")}
_ATHENA = {f"athena:{v}QueryExecution" for v in ("Start", "Stop", "Get")} | {
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
}
_EVERYTHING = ["*"]


class PolicyWidens(EngineError):
    """A policy that says more than was cleared, or lacks a closing Deny. A fault of ours: nothing is minted."""

    code: ClassVar[str] = "policy-widens"

    def __init__(self, *, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("the policy was not minted, for it is not within the decision: " + "; ".join(findings))


def check_within(policy: str, clearance: Clearance, place: Place) -> None:
    """Raises `PolicyWidens` with every finding; returns when the text grants nothing beyond `clearance`."""
    findings = tuple(_findings(json.loads(policy), clearance, place))
    if findings:
        raise PolicyWidens(findings=findings)


def _findings(policy: Mapping[str, object], clearance: Clearance, place: Place) -> Iterator[str]:
    statements = policy.get("Statement")
    if set(policy) != {"Version", "Statement"} or policy["Version"] != "2012-10-17" or not isinstance(statements, list):
        yield "it is not a policy of version 2012-10-17"
        return
    allows = [s for s in statements if s.get("Effect") == "Allow"]
    denies = [s for s in statements if s.get("Effect") == "Deny"]
    if len(allows) + len(denies) != len(statements):
        yield "a statement neither allows nor denies"
    for statement in allows:
        yield from _of_allow(statement, clearance, place)
    yield from _of_denies(denies, allows, clearance, place)


def _of_allow(statement: dict[str, object], clearance: Clearance, place: Place) -> Iterator[str]:
    name = statement.get("Sid")
    actions, resources, conditions = statement.get("Action"), statement.get("Resource"), statement.get("Condition")
    if set(statement) != {"Sid", "Effect", "Action", "Resource", "Condition"}:
        yield f"{name}: an Allow with other parts than action, resource and condition"
        return
    if not isinstance(actions, list) or not isinstance(resources, list) or not isinstance(conditions, dict):
        yield f"{name}: its parts are not lists"
        return
    end = conditions.get("DateLessThan", {}).get("aws:CurrentTime")
    if end is None or end > clearance.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"):
        yield f"{name}: it does not end with the grant"
    if set(conditions) - {"DateLessThan", "StringEquals", "StringLike"}:
        yield f"{name}: a condition of another form"
    account = conditions.get("StringEquals", {}).get("aws:ResourceAccount")
    listed = conditions.get("StringLike", {}).get("s3:prefix", [])
    for action in actions:
        for resource in resources:
            if not _is_cleared(action, resource, listed, clearance, place):
                yield f"{name}: {action} on {resource} was not cleared"
    accounts = {c.files.account for c in clearance.cleared} | {place.account}
    if account not in accounts and actions != ["s3:GetBucketLocation"]:
        yield f"{name}: not bound to the account of its resources"
    if any(a.startswith("kms:") for a in actions) and "kms:ViaService" not in conditions.get("StringEquals", {}):
        yield f"{name}: a key that can be used beside its service"


def _is_cleared(action: str, resource: str, listed: list[str], clearance: Clearance, place: Place) -> bool:
    selects = [c for c in clearance.cleared if Operation.SELECT in c.ask.operations]
    inserts = [c for c in clearance.cleared if Operation.INSERT in c.ask.operations]
    tables = [c.ask.source for c in clearance.cleared if isinstance(c.ask.source, GlueTable)]
    own = [f"arn:aws:s3:::{place.workspace_bucket}/work/"]
    if tables:
        own.append(f"arn:aws:s3:::{place.workspace_bucket}/athena/")
    if action == "s3:ListBucket":
        bucket = resource.removeprefix("arn:aws:s3:::")
        open_prefixes = [
            c.files.prefix
            for c in clearance.cleared
            if c.files.bucket == bucket and not _only_inserts(c.ask.operations)
        ]
        open_prefixes += [arn.partition("/")[2] for arn in own if bucket == place.workspace_bucket]
        return bool(listed) and all(_is_beneath(pattern, open_prefixes) for pattern in listed)
    if action == "s3:GetBucketLocation":
        return resource in {
            f"arn:aws:s3:::{b}" for b in (place.workspace_bucket, *(c.files.bucket for c in clearance.cleared))
        }
    if action == _READ:
        if resource == f"arn:aws:s3:::{place.workspace_bucket}/.sluicegate/probe":
            return True
        return _is_beneath(resource, [f"arn:aws:s3:::{c.files.bucket}/{c.files.prefix}" for c in selects] + own)
    if action in _WRITE:
        targets = [f"arn:aws:s3:::{c.files.bucket}/{c.files.prefix}" for c in inserts]
        return _is_beneath(resource, own + (targets if clearance.environment.tier is Tier.OPERATION else []))
    if action == "s3:DeleteObject":
        return _is_beneath(resource, own)
    if action in _GLUE:
        starts = {f"arn:aws:glue:{t.region}:{t.account}" for t in tables}
        named = {
            f"arn:aws:glue:{t.region}:{t.account}:{part}"
            for t in tables
            for part in (f"database/{t.database}", f"table/{t.database}/{t.table}")
        }
        return resource in named | {f"{start}:catalog" for start in starts}
    if action in _ATHENA:
        return resource == f"arn:aws:athena:{place.region}:{place.account}:workgroup/{place.workgroup}"
    return action in {"kms:Decrypt", "kms:GenerateDataKey"} and resource == place.workspace_key_arn


def _only_inserts(operations: frozenset[Operation]) -> bool:
    return operations == {Operation.INSERT}


def _is_beneath(pattern: str, prefixes: list[str]) -> bool:
    """Whether `pattern` is a literal beneath one of `prefixes` with one star at its end."""
    literal = pattern[:-1]
    return (
        pattern.endswith("/*")
        and not any(sign in literal for sign in "*?$")
        and any(literal.startswith(prefix) for prefix in prefixes)
    )


def _of_denies(
    denies: list[dict[str, object]], allows: list[dict[str, object]], clearance: Clearance, place: Place
) -> Iterator[str]:
    given_actions = {action for s in allows for action in _texts(s.get("Action"))}
    given_resources = {resource for s in allows for resource in _texts(s.get("Resource"))}
    unconditional = [s for s in denies if not s.get("Condition")]
    if not any(
        set(_texts(s.get("NotAction"))) <= given_actions and "NotAction" in s and s.get("Resource") == _EVERYTHING
        for s in unconditional
    ):
        yield "no Deny of every other action"
    if not any(
        set(_texts(s.get("NotResource"))) <= given_resources and "NotResource" in s and s.get("Action") == _EVERYTHING
        for s in unconditional
    ):
        yield "no Deny of every other resource"
    own = {f"arn:aws:s3:::{place.workspace_bucket}/{part}/*" for part in ("work", "athena")}
    if clearance.environment.tier is Tier.OPERATION:
        own |= {
            f"arn:aws:s3:::{c.files.bucket}/{c.files.prefix}*"
            for c in clearance.cleared
            if Operation.INSERT in c.ask.operations
        }
    if not any(
        "s3:PutObject*" in _texts(s.get("Action")) and set(_texts(s.get("NotResource"))) <= own
        for s in unconditional
        if "NotResource" in s
    ):
        yield "no Deny of writes outside what the tier may write"
    end = clearance.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    needed: tuple[tuple[str, list[str], dict[str, dict[str, str]]], ...] = (
        ("the grant's end", ["*"], {"DateGreaterThanEquals": {"aws:CurrentTime": end}}),
        ("pre-signed URLs", ["s3:*"], {"StringNotEquals": {"s3:authType": "REST-HEADER"}}),
        ("access points", ["s3:*"], {"Null": {"s3:DataAccessPointArn": "false"}}),
    )
    for what, action, condition in needed:
        if not any(
            s.get("Action") == action and s.get("Resource") == _EVERYTHING and s.get("Condition") == condition
            for s in denies
        ):
            yield f"no Deny for {what}"
    for allow in allows:
        if _texts(allow.get("Action")) == ["s3:ListBucket"] and not any(
            s.get("Action") == ["s3:ListBucket"]
            and s.get("Resource") == allow.get("Resource")
            and "StringNotLike" in str(s.get("Condition"))
            for s in denies
        ):
            yield f"no Deny of listing {allow.get('Resource')} at its root"


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
