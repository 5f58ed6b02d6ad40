"""The `Minter` on IAM, STS and S3."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused, AwsUnavailable, EngineError, RoleExists
from jit_engine.iam.limits import ROLE_PATH
from jit_engine.iam.role import TRUST_NOBODY
from jit_engine.ports import (
    CreatedRole,
    Credentials,
    FoundRole,
    Observer,
    Probe,
    ProbeCall,
    ProbeKind,
    Probes,
    RolePlan,
    SessionPlan,
)

POLICY_NAME = "grant"
"""The one inline policy of a minted role; revocation replaces it under the same name."""
USABLE_WITHIN = 60.0
"""Seconds that a fresh role may need until it can be assumed (2–30 seen, at times 60)."""
REFUSED_WITHIN = 10.0
"""Seconds that a fresh role's Denies may need until every probe that must fail does fail."""
_PAGE = 1000
"""Roles listed at once: AWS's most."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation"})
"""What a policy's no looks like. An expired or unknown token is refused whatever the role carries: it is not here."""
_NOT_YET = _DENIED | {"InvalidClientTokenId"}
"""What AssumeRole of a fresh role may meet."""
_GONE = frozenset({"NoSuchEntity", "NoSuchEntityException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsMinter:
    """Roles under `/jit/` by the broker role. `monotonic` and `sleep` are the waits' clock."""

    calls: Calls
    external_id: str
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def create(self, plan: RolePlan) -> CreatedRole:
        try:
            answer = self.calls(
                "iam",
                "create_role",
                {
                    "Path": ROLE_PATH,
                    "RoleName": plan.name,
                    "AssumeRolePolicyDocument": plan.trust,
                    "Description": plan.description,
                    "MaxSessionDuration": 3600,
                    "PermissionsBoundary": plan.boundary_arn,
                    "Tags": _tags(plan.tags),
                },
            )
        except AwsRefused as refused:
            if refused.aws_code in ("EntityAlreadyExists", "EntityAlreadyExistsException"):
                raise RoleExists(role_name=plan.name) from refused
            raise
        return CreatedRole(arn=str(answer["Role"]["Arn"]), role_id=str(answer["Role"]["RoleId"]))

    def put_policy(self, name: str, policy: str, *, urgent: bool = False) -> None:
        named = {"RoleName": name, "PolicyName": POLICY_NAME, "PolicyDocument": policy}
        self.calls("iam", "put_role_policy", named, urgent=urgent)

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        """1. The role can be assumed. 2. Our marker can be read. 3. Every call that must be refused is refused."""
        deadline = self.monotonic() + USABLE_WITHIN
        session = self._assume_in_time(plan, deadline)  # 1
        if not self._becomes(session, (probes.allowed,), Probe.ALLOWED, deadline):  # 2
            raise AwsUnavailable(operation="a first use of the role", retry_after=timedelta(seconds=30))
        refused_by = min(deadline, self.monotonic() + REFUSED_WITHIN)
        if not self._becomes(session, probes.denied, Probe.DENIED, refused_by):  # 3
            raise AwsRefused(operation="the probes beside the grant", aws_code="ProbeNotDenied")

    def assume(self, plan: SessionPlan) -> Credentials:
        return self._assume(plan, urgent=False)

    def _assume(self, plan: SessionPlan, *, urgent: bool) -> Credentials:
        parameters: dict[str, object] = {
            "RoleArn": plan.role_arn,
            "RoleSessionName": plan.session_name,
            "ExternalId": self.external_id,
            "DurationSeconds": int(plan.duration.total_seconds()),
            "SourceIdentity": plan.source_identity,
            "Tags": _tags(plan.tags),
        }
        if plan.policy is not None:
            parameters["Policy"] = plan.policy
        answer = self.calls("sts", "assume_role", parameters, urgent=urgent)["Credentials"]
        expires: datetime = answer["Expiration"]
        return Credentials(
            access_key_id=str(answer["AccessKeyId"]),
            secret_access_key=str(answer["SecretAccessKey"]),
            session_token=str(answer["SessionToken"]),
            expires_at=expires,
        )

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        try:
            return _Marker(calls=self._session(self._assume(plan, urgent=True)), call=probes.allowed)
        except AwsRefused:
            return None

    def shut(self, name: str, trust: str, deny: str) -> None:
        with suppress(_RoleGone):
            self._on_role(name, "update_assume_role_policy", {"PolicyDocument": trust})
            self._on_role(name, "put_role_policy", {"PolicyName": POLICY_NAME, "PolicyDocument": deny})

    def is_shut(self, name: str, deny: str) -> bool:
        try:
            names = self.calls("iam", "list_role_policies", {"RoleName": name}, urgent=True)["PolicyNames"]
            if POLICY_NAME not in names:
                return False
            named = {"RoleName": name, "PolicyName": POLICY_NAME}
            found = self.calls("iam", "get_role_policy", named, urgent=True)["PolicyDocument"]
        except AwsRefused as refused:
            if refused.aws_code in _GONE:
                return True
            raise
        return _is(found, deny)

    def delete(self, name: str, role_id: str | None) -> None:
        found = self.find(name)
        if found is None:
            return
        if role_id is not None and found.role_id != role_id:
            raise AwsRefused(operation=f"deleting {name}", aws_code="AnotherRoleOfThatName")
        with suppress(_RoleGone):
            for policy in self._on_role(name, "list_role_policies", {})["PolicyNames"]:
                self._on_role(name, "delete_role_policy", {"PolicyName": policy})
            self._on_role(name, "delete_role", {})

    def find(self, name: str) -> FoundRole | None:
        return self._find(name, urgent=False)

    def _find(self, name: str, *, urgent: bool) -> FoundRole | None:
        try:
            role = self.calls("iam", "get_role", {"RoleName": name}, urgent=urgent)["Role"]
        except AwsRefused as refused:
            if refused.aws_code in _GONE:
                return None
            raise
        if role["Path"] != ROLE_PATH:
            return None
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return FoundRole(
            name=str(role["RoleName"]),
            role_id=str(role["RoleId"]),
            created_at=role["CreateDate"],
            tags={str(tag["Key"]): str(tag["Value"]) for tag in role.get("Tags", [])},
            boundary_arn=None if boundary is None else str(boundary),
            shut=_is(role.get("AssumeRolePolicyDocument"), TRUST_NOBODY),
        )

    def roles(self) -> Sequence[FoundRole]:
        """Every role under our path, without tags and boundary: AWS lists neither. `find` tells them."""
        found: list[FoundRole] = []
        marker: dict[str, object] = {}
        while True:
            page = self.calls("iam", "list_roles", {"PathPrefix": ROLE_PATH, "MaxItems": _PAGE, **marker})
            found += [
                FoundRole(
                    name=str(r["RoleName"]),
                    role_id=str(r["RoleId"]),
                    created_at=r["CreateDate"],
                    tags={},
                    boundary_arn=None,
                    shut=_is(r.get("AssumeRolePolicyDocument"), TRUST_NOBODY),
                )
                for r in page["Roles"]
            ]
            if not page.get("IsTruncated"):
                return found
            marker = {"Marker": str(page["Marker"])}

    def _on_role(self, name: str, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        """A call about a role; one that is gone raises `_RoleGone`. AWS may answer AccessDenied for it."""
        try:
            return self.calls("iam", operation, {"RoleName": name, **parameters}, urgent=True)
        except AwsRefused as refused:
            unseen = refused.aws_code in _DENIED and self._find(name, urgent=True) is None
            if unseen or refused.aws_code in _GONE:
                raise _RoleGone from refused
            raise

    def _assume_in_time(self, plan: SessionPlan, deadline: float) -> Calls:
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._session(self.assume(plan))
            except AwsRefused as refused:
                if refused.aws_code not in _NOT_YET or self.monotonic() + pause > deadline:
                    raise AwsUnavailable(operation="sts:AssumeRole", retry_after=timedelta(seconds=30)) from refused
            self.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _becomes(self, session: Calls, probes: Sequence[ProbeCall], wanted: Probe, deadline: float) -> bool:
        pause = _FIRST_PAUSE
        while not all(_look(session, probe) is wanted for probe in probes):
            if self.monotonic() + pause > deadline:
                return False
            self.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return True

    def _session(self, keys: Credentials) -> Calls:
        return self.calls.as_session(keys.access_key_id, keys.secret_access_key, keys.session_token)


class _RoleGone(Exception):
    """The role is not there any more: what was wanted of it has come about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marker:
    calls: Calls
    call: ProbeCall

    def look(self) -> Probe:
        return _look(self.calls, self.call)


def _look(session: Calls, probe: ProbeCall) -> Probe:
    """Makes one probe. Anything but a clear answer is `UNKNOWN` and counts as neither."""
    try:
        match probe.kind:
            case ProbeKind.GET:
                session("s3", "get_object", {"Bucket": probe.bucket, "Key": probe.key})
            case ProbeKind.LIST:
                session("s3", "list_objects_v2", {"Bucket": probe.bucket, "Prefix": probe.key, "MaxKeys": 0})
            case ProbeKind.WRITE:
                target = {"Bucket": probe.bucket, "Key": probe.key}
                upload = session("s3", "create_multipart_upload", target)
                with suppress(EngineError):  # it was allowed, whatever comes of giving it up
                    session("s3", "abort_multipart_upload", {**target, "UploadId": upload["UploadId"]})
    except AwsRefused as refused:
        return Probe.DENIED if refused.aws_code in _DENIED else Probe.UNKNOWN
    except AwsUnavailable:
        return Probe.UNKNOWN
    return Probe.ALLOWED


def _is(found: object, document: str) -> bool:
    """Whether what AWS answers, which botocore parses where it can, is this policy document."""
    return bool((json.loads(found) if isinstance(found, str) else found) == json.loads(document))


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
