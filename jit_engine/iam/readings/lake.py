"""The second reading of everything in S3: lake, production targets and the activity's own workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.readings.reading import (
    EVERYTHING,
    Decided,
    ReadAllow,
    Reading,
    condition,
    has_only,
    is_beneath,
    spares_only,
    texts,
)

_LIST, _READ, _DELETE, _LOCATE = "s3:ListBucket", "s3:GetObject", "s3:DeleteObject", "s3:GetBucketLocation"
_WRITE = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
_NO_WRITE = _WRITE - {"s3:PutObject"} | {"s3:PutObject*", "s3:ReplicateObject", "s3:RestoreObject"}
"""What a Deny of writes must name, multipart uploads included."""


class LakeReading(Reading):
    """The prefixes that each kind of use may reach, as ARNs."""

    actions = frozenset({_LIST, _READ, _DELETE, _LOCATE, *_WRITE})

    def __init__(self, decided: Decided) -> None:
        """From the cleared sources that are made of files, and the place's workspace."""
        clearance, place = decided.clearance, decided.place
        selects = [c for c in clearance.cleared if Operation.SELECT in c.ask.operations]
        inserts = [c for c in clearance.cleared if Operation.INSERT in c.ask.operations]
        described = [
            c
            for c in clearance.cleared
            if Operation.DESCRIBE in c.ask.operations and isinstance(c.ask.source, S3Prefix)
        ]
        queried = [c for c in selects if isinstance(c.ask.source, GlueTable)]
        self.workspace = f"arn:aws:s3:::{place.workspace_bucket}"
        self.own = [
            f"{self.workspace}/{part}/" for part in (("work", f"athena/{decided.grant}") if queried else ("work",))
        ]
        self.marker = f"{self.workspace}/.sluicegate/probe"
        self.readable = _starts(selects) + self.own
        self.targets = _starts(inserts) if clearance.environment.tier is Tier.OPERATION else []
        self.listable = _starts((*selects, *described)) + self.own
        self.located = (
            {self.workspace, *(f"arn:aws:s3:::{files.bucket}" for c in queried for files in c.files)}
            if queried
            else set()
        )
        self.withheld = [(c.files, c.without, bool(c.ask.operations - {Operation.INSERT})) for c in clearance.cleared]
        self.accounts = {files.bucket: files.account for c in clearance.cleared for files in c.files}
        self.accounts[place.workspace_bucket] = place.account

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Each pair of action and resource, then the conditions."""
        for action in allow.actions:
            for resource in allow.resources:
                if not self.allows(action, resource):
                    yield f"{action} on {resource} was not cleared"
        expected: dict[str, object] = {}
        if allow.actions != [_LOCATE]:
            owners = {self.accounts.get(_bucket(resource)) for resource in allow.resources}
            expected["StringEquals"] = {"aws:ResourceAccount": owners.pop() if len(owners) == 1 else None}
        if _LIST in allow.actions:
            like = condition(allow, "StringLike") or {}
            listed = texts(like.get("s3:prefix"))
            if set(like) != {"s3:prefix"} or not self._lists(listed, allow.resources):
                yield "it lists more than was cleared"
            expected["StringLike"] = like
        if dict(allow.conditions) != expected:
            yield "it is not bound to the account of its resources, or has conditions of another form"

    def allows(self, action: str, resource: str) -> bool:
        """Whether `action` on all that `resource` matches was cleared, conditions aside."""
        if action == _LIST:
            return any(prefix.startswith(f"{resource}/") for prefix in self.listable)
        if action == _LOCATE:
            return resource in self.located
        if action == _READ:
            return resource == self.marker or is_beneath(resource, self.readable)
        if action in _WRITE:
            return is_beneath(resource, [*self.own, *self.targets])
        return action == _DELETE and is_beneath(resource, self.own)

    def _lists(self, listed: list[str], buckets: list[str]) -> bool:
        return bool(listed) and all(
            is_beneath(f"{bucket}/{prefix}", self.listable) for bucket in buckets for prefix in listed
        )

    def missing(self, denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow]) -> Iterator[str]:
        """Each use in its own places, signed in the header, through no access point, listed nowhere beside."""
        by_place = [s for s in denies if has_only(s, "Action", "NotResource")]
        own = _stars(self.own)
        for what, actions, spared in (
            ("writes outside what the tier may write", _NO_WRITE, own | _stars(self.targets)),
            ("deletes outside the workspace", {"s3:DeleteObject*"}, own),
            ("reads outside what may be read", {"s3:GetObject*"}, {self.marker, *_stars(self.readable)}),
        ):
            if what.startswith("reads") and not self.targets:
                continue  # every object that the Allows name may then be read: the Deny of other resources says it all
            if not any(actions <= set(texts(s["Action"])) and spares_only(s["NotResource"], spared) for s in by_place):
                yield what
        needed: tuple[tuple[str, dict[str, dict[str, str]]], ...] = (
            ("pre-signed URLs", {"StringNotEquals": {"s3:authType": "REST-HEADER"}}),
            ("access points", {"Null": {"s3:DataAccessPointArn": "false"}}),
        )
        for what, unless in needed:
            if not any(
                has_only(s, "Action", "Resource", "Condition")
                and (s["Action"], s["Resource"], s["Condition"]) == (["s3:*"], EVERYTHING, unless)
                for s in denies
            ):
                yield what
        for files, places, lists in self.withheld:
            yield from _not_withheld(denies, files, places, lists=lists)
        buckets = {resource for allow in allows if _LIST in allow.actions for resource in allow.resources}
        for bucket in sorted(buckets):
            if not any(self._closes_listing(s, bucket) for s in denies):
                yield f"listing {bucket} at its root or beside its prefixes"

    def _closes_listing(self, statement: Mapping[str, object], bucket: str) -> bool:
        if not has_only(statement, "Action", "Resource", "Condition"):
            return False
        if statement["Action"] != [_LIST] or statement["Resource"] != [bucket]:
            return False
        found = statement["Condition"]
        unlike = found.get("StringNotLike") if isinstance(found, dict) and len(found) == 1 else None
        spared = texts(unlike.get("s3:prefix")) if isinstance(unlike, dict) and len(unlike) == 1 else []
        return self._lists(spared, [bucket])


def _not_withheld(
    denies: Sequence[Mapping[str, object]], files: Sequence[S3Prefix], places: Sequence[S3Prefix], *, lists: bool
) -> Iterator[str]:
    """Every place that the decision took out of a source and the policy does not."""
    whole = [s for s in denies if has_only(s, "Action", "Resource") and s["Action"] == ["s3:*"]]
    listing = [s for s in denies if has_only(s, "Action", "Resource", "Condition") and s["Action"] == [_LIST]]
    for place in places:
        if not any(f"arn:aws:s3:::{place.bucket}/{place.prefix}*" in texts(s["Resource"]) for s in whole):
            yield f"what is withheld at {place.uri}"
    for bucket in sorted({place.bucket for place in places} if lists else ()):
        there = [s["Condition"] for s in listing if s["Resource"] == [f"arn:aws:s3:::{bucket}"]]
        names = {"StringLike": {"s3:prefix": _patterns(places, bucket)}}
        if names not in there:
            yield f"listing what is withheld in {bucket}"
        around = {"StringLike": {"s3:prefix": _patterns(files, bucket)}, "StringNotEquals": {"s3:delimiter": "/"}}
        if around not in there:
            yield f"listing {bucket} at every depth, past what is withheld"


def _patterns(places: Iterable[S3Prefix], bucket: str) -> list[str]:
    return [f"{place.prefix}*" for place in places if place.bucket == bucket]


def _starts(some: Iterable[ClearedSource]) -> list[str]:
    return [f"arn:aws:s3:::{files.bucket}/{files.prefix}" for c in some for files in c.files]


def _stars(prefixes: Iterable[str]) -> set[str]:
    return {f"{prefix}*" for prefix in prefixes}


def _bucket(resource: str) -> str:
    return resource.removeprefix("arn:aws:s3:::").partition("/")[0]
