"""Our own second reading of a minted policy, before it leaves: written apart from what wrote it, and strict.

It knows nothing of statements as values. It takes the JSON text that AWS will get and the clearance, and asks of
every pair of action and resource whether it was cleared, of every Allow whether its conditions are exactly those
that bind it, and whether every closing Deny is there and spares nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.activity import Place
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, ClearedSource
from jit_engine.errors import EngineError

_LIST, _READ, _DELETE, _LOCATE = "s3:ListBucket", "s3:GetObject", "s3:DeleteObject", "s3:GetBucketLocation"
_WRITE = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
_GLUE = {f"glue:{verb}" for verb in ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")}
_ATHENA = {f"athena:{v}QueryExecution" for v in ("Start", "Stop", "Get")} | {
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
}
_KMS = {"kms:Decrypt", "kms:GenerateDataKey"}
_NO_WRITE = _WRITE - {"s3:PutObject"} | {"s3:PutObject*", "s3:ReplicateObject", "s3:RestoreObject"}
"""What a Deny of writes must name, multipart uploads included."""
_EVERYTHING = ["*"]


class PolicyWidens(EngineError):
    """A policy that says more than was cleared, or lacks a closing Deny. A fault of ours: nothing is minted."""

    code: ClassVar[str] = "policy-widens"

    def __init__(self, *, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("the policy was not minted, for it is not within the decision: " + "; ".join(findings))


def check_within(policy: str, clearance: Clearance, place: Place) -> None:
    """Raises `PolicyWidens` with every finding; returns when the text grants nothing beyond `clearance`."""
    try:
        document = json.loads(policy, object_pairs_hook=_object)
    except ValueError as error:
        raise PolicyWidens(findings=(f"it is not plain JSON: {error}",)) from error
    findings = tuple(_findings(document, _Cleared(clearance, place)))
    if findings:
        raise PolicyWidens(findings=findings)


class _Cleared:
    """The clearance as the ARNs that each kind of use may reach."""

    def __init__(self, clearance: Clearance, place: Place) -> None:
        selects = [c for c in clearance.cleared if Operation.SELECT in c.ask.operations]
        inserts = [c for c in clearance.cleared if Operation.INSERT in c.ask.operations]
        described = [
            c
            for c in clearance.cleared
            if Operation.DESCRIBE in c.ask.operations and isinstance(c.ask.source, S3Prefix)
        ]
        tables = [c.ask.source for c in clearance.cleared if isinstance(c.ask.source, GlueTable)]
        queried = [c for c in selects if isinstance(c.ask.source, GlueTable)]
        self.workspace = f"arn:aws:s3:::{place.workspace_bucket}"
        self.end = clearance.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.own = [f"{self.workspace}/{part}/" for part in (("work", "athena") if queried else ("work",))]
        self.marker = f"{self.workspace}/.sluicegate/probe"
        self.readable = [_start(c) for c in selects] + self.own
        self.targets = [_start(c) for c in inserts] if clearance.environment.tier is Tier.OPERATION else []
        self.listable = [_start(c) for c in (*selects, *described)] + self.own
        self.located = {self.workspace, *(f"arn:aws:s3:::{c.files.bucket}" for c in queried)} if queried else set()
        self.catalogue = {
            f"arn:aws:glue:{t.region}:{t.account}:{part}"
            for t in tables
            for part in ("catalog", f"database/{t.database}", f"table/{t.database}/{t.table}")
        }
        self.workgroups = (
            {f"arn:aws:athena:{place.region}:{place.account}:workgroup/{place.workgroup}"} if queried else set()
        )
        self.key = place.workspace_key_arn
        self.key_conditions = {
            "kms:EncryptionContext:aws:s3:arn": self.workspace,
            "kms:ViaService": f"s3.{place.region}.amazonaws.com",
        }
        self.accounts = {c.files.bucket: c.files.account for c in clearance.cleared}
        self.accounts[place.workspace_bucket] = place.account

    def allows(self, action: str, resource: str) -> bool:
        """Whether `action` on all that `resource` matches was cleared, conditions aside."""
        if action == _LIST:
            return any(prefix.startswith(f"{resource}/") for prefix in self.listable)
        if action == _LOCATE:
            return resource in self.located
        if action == _READ:
            return resource == self.marker or _is_beneath(resource, self.readable)
        if action in _WRITE:
            return _is_beneath(resource, [*self.own, *self.targets])
        if action == _DELETE:
            return _is_beneath(resource, self.own)
        if action in _GLUE:
            return resource in self.catalogue
        if action in _ATHENA:
            return resource in self.workgroups
        return action in _KMS and resource == self.key

    def account_of(self, resource: str) -> str | None:
        """Whose `resource` is."""
        if resource.startswith("arn:aws:s3:::"):
            return self.accounts.get(resource.removeprefix("arn:aws:s3:::").partition("/")[0])
        return resource.split(":")[4] if resource.count(":") >= 5 else None


def _findings(policy: object, cleared: _Cleared) -> Iterator[str]:
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
    for statement in allows:
        yield from _of_allow(statement, cleared)
    yield from _of_denies(denies, allows, cleared)


def _of_allow(statement: Mapping[str, object], cleared: _Cleared) -> Iterator[str]:
    name = statement.get("Sid")
    if set(statement) != {"Sid", "Effect", "Action", "Resource", "Condition"}:
        yield f"{name}: an Allow has action, resource and condition, and nothing else"
        return
    actions, resources = _texts(statement["Action"]), _texts(statement["Resource"])
    conditions = statement["Condition"]
    if not actions or not resources or not isinstance(conditions, dict):
        yield f"{name}: its parts are not lists of text"
        return
    for action in actions:
        for resource in resources:
            if not cleared.allows(action, resource):
                yield f"{name}: {action} on {resource} was not cleared"
    left = dict(conditions)
    if left.pop("DateLessThan", None) != {"aws:CurrentTime": cleared.end}:
        yield f"{name}: it does not end with the grant"
    if _LIST in actions:
        like = left.pop("StringLike", None)
        listed = _texts(like.get("s3:prefix")) if isinstance(like, dict) and set(like) == {"s3:prefix"} else []
        if not listed or not all(
            _is_beneath(f"{bucket}/{prefix}", cleared.listable) for bucket in resources for prefix in listed
        ):
            yield f"{name}: it lists more than was cleared"
    if actions != [_LOCATE]:
        owners = {cleared.account_of(resource) for resource in resources}
        expected: dict[str, str | None] = {"aws:ResourceAccount": owners.pop() if len(owners) == 1 else None}
        if _KMS & set(actions):
            expected |= cleared.key_conditions
        if left.pop("StringEquals", None) != expected:
            yield f"{name}: it is not bound to the account of its resources, or a key to its service and bucket"
    if left:
        yield f"{name}: conditions of another form: {', '.join(left)}"


def _is_beneath(pattern: str, prefixes: Iterable[str]) -> bool:
    """Whether `pattern` is a literal beneath one of `prefixes`: one star at its end, nothing else that IAM expands."""
    literal = pattern[:-1]
    return (
        pattern.endswith("/*")
        and not any(sign in literal for sign in "*?$")
        and any(literal.startswith(prefix) for prefix in prefixes)
    )


def _of_denies(denies: list[dict[str, object]], allows: list[dict[str, object]], cleared: _Cleared) -> Iterator[str]:
    given_actions = {action for s in allows for action in _texts(s.get("Action"))}
    given_resources = {resource for s in allows for resource in _texts(s.get("Resource"))}
    if not any(
        _has_only(s, "NotAction", "Resource")
        and _spares_only(s["NotAction"], given_actions)
        and s["Resource"] == _EVERYTHING
        for s in denies
    ):
        yield "no Deny of every other action"
    by_place = [s for s in denies if _has_only(s, "Action", "NotResource")]
    if not any(s["Action"] == _EVERYTHING and _spares_only(s["NotResource"], given_resources) for s in by_place):
        yield "no Deny of every other resource"
    own = _stars(cleared.own)
    for what, actions, spared in (
        ("writes outside what the tier may write", _NO_WRITE, own | _stars(cleared.targets)),
        ("deletes outside the workspace", {"s3:DeleteObject*"}, own),
        ("reads outside what may be read", {"s3:GetObject*"}, {cleared.marker, *_stars(cleared.readable)}),
    ):
        if what.startswith("reads") and not cleared.targets:
            continue  # every object that the Allows name may then be read: the Deny of other resources says it all
        if not any(actions <= set(_texts(s["Action"])) and _spares_only(s["NotResource"], spared) for s in by_place):
            yield f"no Deny of {what}"
    needed: tuple[tuple[str, list[str], dict[str, dict[str, str]]], ...] = (
        ("anything after the grant's end", ["*"], {"DateGreaterThanEquals": {"aws:CurrentTime": cleared.end}}),
        ("pre-signed URLs", ["s3:*"], {"StringNotEquals": {"s3:authType": "REST-HEADER"}}),
        ("access points", ["s3:*"], {"Null": {"s3:DataAccessPointArn": "false"}}),
    )
    for what, action, condition in needed:
        if not any(
            _has_only(s, "Action", "Resource", "Condition")
            and (s["Action"], s["Resource"], s["Condition"]) == (action, _EVERYTHING, condition)
            for s in denies
        ):
            yield f"no Deny of {what}"
    buckets = {r for s in allows for r in _texts(s.get("Resource")) if _LIST in _texts(s.get("Action"))}
    for bucket in sorted(buckets):
        if not any(_closes_listing(s, bucket, cleared) for s in denies):
            yield f"no Deny of listing {bucket} at its root or beside its prefixes"


def _closes_listing(statement: Mapping[str, object], bucket: str, cleared: _Cleared) -> bool:
    if not _has_only(statement, "Action", "Resource", "Condition"):
        return False
    if statement["Action"] != [_LIST] or statement["Resource"] != [bucket]:
        return False
    condition = statement["Condition"]
    unlike = condition.get("StringNotLike") if isinstance(condition, dict) and len(condition) == 1 else None
    spared = _texts(unlike.get("s3:prefix")) if isinstance(unlike, dict) and len(unlike) == 1 else []
    return bool(spared) and all(_is_beneath(f"{bucket}/{prefix}", cleared.listable) for prefix in spared)


def _has_only(statement: Mapping[str, object], *parts: str) -> bool:
    return set(statement) == {"Sid", "Effect", *parts}


def _spares_only(value: object, allowed: set[str]) -> bool:
    """Whether `value` is a list that names something, and nothing outside of `allowed`."""
    spared = _texts(value)
    return bool(spared) and set(spared) <= allowed


def _start(cleared: ClearedSource) -> str:
    return f"arn:aws:s3:::{cleared.files.bucket}/{cleared.files.prefix}"


def _stars(prefixes: Iterable[str]) -> set[str]:
    return {f"{prefix}*" for prefix in prefixes}


def _texts(value: object) -> list[str]:
    """The texts of a list of texts; none of anything else, so that it counts as missing."""
    return list(value) if isinstance(value, list) and all(isinstance(text, str) for text in value) else []


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
