"""What is ordered when an environment is provisioned, checked, and the names that follow from its id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jit_engine.domain.ids import SLUG, check_id
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import KINDS

if TYPE_CHECKING:
    from datetime import datetime

    from jit_engine.domain.tier import Tier

# ASCII classes and \Z throughout: \w takes Cyrillic letters and $ a trailing newline.
_ACCOUNT: Final = re.compile(r"[0-9]{12}\Z")
_REGION: Final = re.compile(r"(?!cn-|us-gov-|us-iso)[a-z]{2}(?:-[a-z]+){1,2}-[0-9]\Z")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ROLE_ARN: Final = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):role/[A-Za-z0-9_+=,.@/-]{1,512}\Z")
# What every service takes as a tag value (S3 and Glue take more than IAM does).
_TAG_VALUE: Final = re.compile(r"[A-Za-z0-9_.:/=+@-]{1,128}\Z")

WORKSPACE_PREFIX: Final = "sg-ws-"
BOUNDARY_PATH: Final = "/sluicegate/boundary/"
ENGINE_PREFIX: Final = ".sluicegate/"
"""Where the engine's own objects lie in a workspace; the boundary keeps every grant from writing there."""
PROBE_KEY: Final = ".sluicegate/probe"
"""The engine's harmless read target in a workspace; it holds the environment's id and never data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentOrder:
    """One environment to make: whose, where, of which tier, and which lake buckets it may ever reach.

    `lake_buckets` are the enterprise lake's and the report buckets that the activity's contracts may name, `services`
    the kinds of source that are not made of files and lie in the account. `away`: the account is not the environment's
    own, and data lies there that it may ask for.
    Raises `InvalidValue` for anything that could mean more than itself in a name, an ARN or a tag.
    """

    environment_id: str
    activity_id: str
    activity_name: str
    tier: Tier
    owner: str
    cost_center: str
    data_classification: str
    expires_at: datetime
    account_id: str
    region: str
    lake_buckets: tuple[str, ...]
    broker_role_arn: str
    services: tuple[str, ...] = ()
    away: bool = False

    @property
    def names(self) -> EnvironmentNames:
        """The names of all that is made."""
        return environment_names(self.environment_id, self.account_id if self.away else None)

    def __post_init__(self) -> None:
        check_id(self.environment_id, "en", "environment_id")
        check_id(self.activity_id, "ac", "activity_id")
        slug = "use lower-case letters, digits and inner hyphens, 63 at most"
        _check("activity_name", self.activity_name, SLUG, slug)
        for field, value in (
            ("owner", self.owner),
            ("cost_center", self.cost_center),
            ("data_classification", self.data_classification),
        ):
            _check(field, value, _TAG_VALUE, "use 1 to 128 ASCII letters, digits and _ . : / = + @ -")
        _check("account_id", self.account_id, _ACCOUNT, "give the 12 digits of an AWS account")
        _check("region", self.region, _REGION, "give a region of the standard partition, such as eu-west-1")
        _check("broker_role_arn", self.broker_role_arn, _ROLE_ARN, "give the broker role's ARN")
        if self.expires_at.utcoffset() is None:
            raise InvalidValue(field="expires_at", given=str(self.expires_at), fix="give a time with its offset")
        for bucket in self.lake_buckets:
            _check("lake_buckets", bucket, _BUCKET, "give literal bucket names of 3 to 63 characters")
            if bucket.startswith(WORKSPACE_PREFIX):
                raise InvalidValue(field="lake_buckets", given=bucket, fix="a workspace is not the lake")
        if len(set(self.lake_buckets)) != len(self.lake_buckets):
            raise InvalidValue(field="lake_buckets", given=str(self.lake_buckets), fix="name each once")
        if not set(self.services) <= {kind.name for kind in KINDS}:
            raise InvalidValue(field="services", given=str(self.services), fix="use kinds of source (docs/sources.md)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentNames:
    """The physical names of an environment; they derive from its id, so every step can be repeated."""

    stack: str
    workspace: str
    boundary: str
    role: str
    log_group: str
    database: str
    workgroup: str
    repository: str


def environment_names(environment_id: str, away: str | None = None) -> EnvironmentNames:
    """The names of all that the environment owns; its id is never used twice, so neither are they.

    `away`: the account, where it is not the environment's own. Bucket names are one over all accounts, and so are those
    of a grant's workgroups to the platform, which derive from the environment's.
    """
    lowered = check_id(environment_id, "en", "environment_id").removeprefix("en_").lower()
    there = "" if away is None else f"-{away}"
    return EnvironmentNames(
        stack=f"sg-env-{lowered}",
        workspace=f"{WORKSPACE_PREFIX}{lowered}{there}",
        boundary=f"sg-boundary-{environment_id}",
        role=f"sg-env-{environment_id}",
        log_group=f"/sluicegate/env/{environment_id}",
        database=f"sg_{lowered}",
        workgroup=f"sg-env-{lowered}{there}",
        repository=f"sg-env-{lowered}",
    )


def _check(field: str, value: str, pattern: re.Pattern[str], fix: str) -> None:
    if pattern.match(value) is None:
        raise InvalidValue(field=field, given=value, fix=fix)
