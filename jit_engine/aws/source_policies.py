"""Reads what buckets, keys and catalogues say themselves about who gets in, by calls that read no data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.domain.resource_policy import BucketLists, KeyGrant, OwnPolicies, PolicyText
from jit_engine.errors import AwsRefused

NO_POLICY = frozenset({"NoSuchBucketPolicy", "NoSuchAccessPointPolicy", "EntityNotFoundException"})
"""How S3, S3 Control and Glue say that there is no policy."""
NOT_ENFORCED = frozenset({"OwnershipControlsNotFoundError", "NoSuchPublicAccessBlockConfiguration"})
NOT_ENCRYPTED = "ServerSideEncryptionConfigurationNotFoundError"
NO_SUCH_ACTION = "InvalidAction"
"""How an AWS that has no such policies answers; AWS itself has them and never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsOwnPolicies:
    """The `OwnPolicyReader` of one account. `access_points`: whether this AWS has any (the embedded one has none)."""

    calls: Calls
    account: str
    access_points: bool

    def __call__(self, resource: str) -> OwnPolicies:
        _, _, service, _, _, name = resource.split(":", 5)
        match service:
            case "s3":
                return _joined(self._bucket(name))
            case "kms":
                return _joined(self._key(resource))
            case "glue":
                return _joined(self._catalogue(resource))
        how = _OTHERS.get(service)
        if how is None:
            return OwnPolicies(unread=(f"policy of {resource}: nothing here can read it",))
        what = f"policy of {resource}"
        found = self._asked(what, how.client, how.operation, how.parameters(resource, name), how.absent)
        return _text(what, found, how.field)

    def _bucket(self, bucket: str) -> Iterator[OwnPolicies]:
        named = {"Bucket": bucket}
        what = f"bucket policy of {bucket}"
        found = self._asked(what, "s3", "get_bucket_policy", named, NO_POLICY)
        yield _text(what, found, "Policy")
        yield self._lists(bucket)
        what = f"encryption of {bucket}"
        found = self._asked(what, "s3", "get_bucket_encryption", named, frozenset({NOT_ENCRYPTED}))
        if isinstance(found, OwnPolicies):
            yield found
        elif found is not None:
            for rule in found["ServerSideEncryptionConfiguration"]["Rules"]:
                default = rule.get("ApplyServerSideEncryptionByDefault", {})
                if str(default.get("SSEAlgorithm", "")).startswith("aws:kms"):
                    yield from self._key(str(default.get("KMSMasterKeyID") or "alias/aws/s3"))
        if self.access_points:
            yield from self._points(bucket)

    def _lists(self, bucket: str) -> OwnPolicies:
        named, what = {"Bucket": bucket}, f"access control lists of {bucket}"
        owned = self._asked(what, "s3", "get_bucket_ownership_controls", named, NOT_ENFORCED)
        block = self._asked(what, "s3", "get_public_access_block", named, NOT_ENFORCED)
        given = self._asked(what, "s3", "get_bucket_acl", named, frozenset())
        for one in (owned, block, given):
            if isinstance(one, OwnPolicies):
                return one
        rules = [] if not isinstance(owned, Mapping) else owned["OwnershipControls"]["Rules"]
        blocked = {} if not isinstance(block, Mapping) else block["PublicAccessBlockConfiguration"]
        grantees = [] if not isinstance(given, Mapping) else [each.get("Grantee", {}) for each in given["Grants"]]
        lists = BucketLists(
            bucket=bucket,
            owner_enforced=[rule["ObjectOwnership"] for rule in rules] == ["BucketOwnerEnforced"],
            ignores_public=blocked.get("IgnorePublicAcls") is True,
            groups=tuple(sorted(str(grantee["URI"]) for grantee in grantees if "URI" in grantee)),
        )
        return OwnPolicies(lists=(lists,))

    def _key(self, key: str) -> Iterator[OwnPolicies]:
        """`key` is an id, an ARN or an alias: the policy is asked for by the id alone."""
        described = self._asked(f"key {key}", "kms", "describe_key", {"KeyId": key}, frozenset())
        if isinstance(described, OwnPolicies) or described is None:
            yield described or OwnPolicies()
            return
        arn = str(described["KeyMetadata"]["Arn"])
        what = f"key policy of {arn}"
        yield _text(what, self._asked(what, "kms", "get_key_policy", {"KeyId": arn, "PolicyName": "default"}), "Policy")
        what = f"grants of {arn}"
        for page in self._pages(what, "kms", "list_grants", {"KeyId": arn}, "Marker", "NextMarker"):
            if isinstance(page, OwnPolicies):
                yield page
                continue
            held = [(str(each["GrantId"]), str(each.get("GranteePrincipal", ""))) for each in page["Grants"]]
            yield OwnPolicies(key_grants=tuple(KeyGrant(key=arn, id=one, holder=holder) for one, holder in held))

    def _catalogue(self, resource: str) -> Iterator[OwnPolicies]:
        what = f"catalogue policy of {resource}"
        nothing = NO_POLICY | {NO_SUCH_ACTION}
        yield _text(what, self._asked(what, "glue", "get_resource_policy", {}, nothing), "PolicyInJson")

    def _points(self, bucket: str) -> Iterator[OwnPolicies]:
        what = f"access points of {bucket}"
        asked = {"AccountId": self.account, "Bucket": bucket}
        for page in self._pages(what, "s3control", "list_access_points", asked, "NextToken", "NextToken"):
            if isinstance(page, OwnPolicies):
                yield page
                continue
            for point in page["AccessPointList"]:
                name = str(point["Name"])
                what = f"policy of access point {name} of {bucket}"
                one = {"AccountId": self.account, "Name": name}
                yield _text(what, self._asked(what, "s3control", "get_access_point_policy", one, NO_POLICY), "Policy")

    def _pages(
        self, what: str, service: str, operation: str, asked: Mapping[str, object], mark: str, following: str
    ) -> Iterator[Mapping[str, Any] | OwnPolicies]:
        at: dict[str, object] = {}
        while True:
            page = self._asked(what, service, operation, {**asked, **at})
            if page is None:
                return
            yield page
            if isinstance(page, OwnPolicies) or not page.get(following):
                return
            at = {mark: page[following]}

    def _asked(
        self,
        what: str,
        service: str,
        operation: str,
        parameters: Mapping[str, object],
        absent: frozenset[str] = frozenset(),
    ) -> Mapping[str, Any] | OwnPolicies | None:
        """The answer; None where AWS says that there is none; what could not be read where it refuses."""
        try:
            return self.calls(service, operation, parameters)
        except AwsRefused as refused:
            if refused.aws_code in absent:
                return None
            return OwnPolicies(unread=(f"{what}: AWS answers {refused.aws_code}",))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reads:
    """How one service is asked for the policy of one thing of its own, and how it says that there is none."""

    client: str
    operation: str
    parameters: Callable[[str, str], Mapping[str, object]]
    absent: frozenset[str]
    field: str = "Policy"


_OTHERS: Mapping[str, _Reads] = {
    "dynamodb": _Reads(
        client="dynamodb",
        operation="get_resource_policy",
        parameters=lambda arn, _: {"ResourceArn": arn},
        absent=frozenset({"PolicyNotFoundException"}),
    ),
    "kinesis": _Reads(
        client="kinesis",
        operation="get_resource_policy",
        parameters=lambda arn, _: {"ResourceARN": arn},
        absent=frozenset({"ResourceNotFoundException"}),
    ),
    "secretsmanager": _Reads(
        client="secretsmanager",
        operation="get_resource_policy",
        parameters=lambda arn, _: {"SecretId": arn},
        absent=frozenset(),
        field="ResourcePolicy",
    ),
    "ecr": _Reads(
        client="ecr",
        operation="get_repository_policy",
        parameters=lambda _, name: {"repositoryName": name.removeprefix("repository/")},
        absent=frozenset({"RepositoryPolicyNotFoundException"}),
        field="policyText",
    ),
    "codeartifact": _Reads(
        client="codeartifact",
        operation="get_repository_permissions_policy",
        parameters=lambda _, name: dict(zip(("domain", "repository"), name.split("/")[1:], strict=True)),
        absent=frozenset({"ResourceNotFoundException"}),
        field="policy",
    ),
}


def _text(what: str, found: Mapping[str, Any] | OwnPolicies | None, field: str) -> OwnPolicies:
    if found is None or isinstance(found, OwnPolicies):
        return found or OwnPolicies()
    given = found.get(field)
    if isinstance(given, Mapping):  # CodeArtifact wraps the text
        given = given.get("document")
    if given in (None, "", "{}"):  # Secrets Manager leaves it out, Kinesis answers an empty one
        return OwnPolicies()
    return OwnPolicies(texts=(PolicyText(name=what, text=str(given)),))


def _joined(parts: Iterator[OwnPolicies]) -> OwnPolicies:
    whole = OwnPolicies()
    for part in parts:
        whole = replace(
            whole,
            texts=whole.texts + part.texts,
            key_grants=whole.key_grants + part.key_grants,
            lists=whole.lists + part.lists,
            unread=whole.unread + part.unread,
        )
    return whole
