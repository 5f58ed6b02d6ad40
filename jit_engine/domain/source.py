"""What can be asked for: data sources by their identity, checked strictly, because they end in ARNs.

An identity is a frozen value with its `kind` (the kind's name on the wire), `account` and `uri`, its one canonical
text. What a kind means in Cedar and AWS is `jit_engine.sources`'.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from jit_engine.domain.names import check_account, check_region
from jit_engine.domain.services import ServiceSource
from jit_engine.errors import InvalidValue

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]\Z", re.ASCII)
_ALIAS = "-s3alias"
"""How S3 ends the alias of an access point, which serves as a bucket's name and whose policy is another's."""
_SEGMENT = re.compile(r"[A-Za-z0-9!_.=,@ ()+:'-]+\Z", re.ASCII)
_GLUE_NAME = re.compile(r"[a-z0-9_]{1,255}\Z", re.ASCII)
PREFIX_LIMIT = 512


class Operation(StrEnum):
    """What a contract speaks of. One closed table per kind of source maps each to Cedar and AWS actions."""

    DESCRIBE = "describe"
    SELECT = "select"
    INSERT = "insert"
    DELETE = "delete"

    @property
    def writes(self) -> bool:
        """Whether it changes data."""
        return self in (Operation.INSERT, Operation.DELETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Prefix:
    """All objects whose key starts with `prefix`, which ends in a slash."""

    kind: ClassVar[str] = "s3-prefix"
    account: str
    bucket: str
    prefix: str

    def __post_init__(self) -> None:
        check_account(self.account)
        if not _BUCKET.match(self.bucket) or "--" in self.bucket or self.bucket.endswith(_ALIAS):
            raise InvalidValue(
                field="bucket", given=self.bucket, fix="use a bucket of the catalogue (`sluice data list`)"
            )
        check_prefix(self.prefix)

    @property
    def uri(self) -> str:
        """`s3://bucket/prefix/`; the account goes without saying, for bucket names are unique over all accounts."""
        return f"s3://{self.bucket}/{self.prefix}"

    def contains(self, other: "S3Prefix") -> bool:
        """Whether every object of `other` is one of this."""
        return self.account == other.account and self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    def overlaps(self, other: "S3Prefix") -> bool:
        """Whether some object can belong to both."""
        return self.contains(other) or other.contains(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueTable:
    """A table of the Glue data catalogue, read through Athena or from its files."""

    kind: ClassVar[str] = "glue-table"
    account: str
    region: str
    database: str
    table: str

    def __post_init__(self) -> None:
        check_account(self.account)
        check_region(self.region)
        for field, name in (("database", self.database), ("table", self.table)):
            if not _GLUE_NAME.match(name):
                raise InvalidValue(
                    field=field,
                    given=name,
                    fix="use one name of the catalogue: lower-case letters, digits and _",
                )

    @property
    def uri(self) -> str:
        """`glue://account/region/database/table`."""
        return f"glue://{self.account}/{self.region}/{self.database}/{self.table}"


Source = S3Prefix | GlueTable | ServiceSource
"""Every identity there is. Evidence and records are read back by it."""


def check_prefix(prefix: str) -> None:
    """Raises `InvalidValue` unless `prefix` is a plain literal that ends in a slash.

    IAM reads `*`, `?` and `${…}` inside an ARN, and a prefix without its last slash reaches its siblings
    (`team-a` matches `team-ab/`); both are refused rather than escaped, the latter with the corrected value.
    """
    closed = prefix if prefix.endswith("/") else f"{prefix}/"
    if not 1 < len(closed) <= PREFIX_LIMIT:
        raise InvalidValue(
            field="prefix",
            given=prefix,
            fix=f"name a prefix of 1 to {PREFIX_LIMIT} characters, with single slashes, that ends in a slash",
        )
    for segment in closed.removesuffix("/").split("/"):
        if segment in ("", ".", "..") or not _SEGMENT.match(segment):
            raise InvalidValue(
                field="prefix",
                given=prefix,
                fix="use only ASCII letters, digits and !_.=,@ ()+:'- between single slashes; no *, ?, $, % or ..",
            )
    if closed != prefix:
        raise InvalidValue(
            field="prefix",
            given=prefix,
            fix=f"end the prefix with a slash: {closed} (without it, its siblings would be reached)",
            corrected=closed,
        )
