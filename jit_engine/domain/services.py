"""Identities of what is not made of files: tables, models, streams, secrets, libraries, endpoints, databases.

Each is one frozen value whose fields are plain ASCII names, because they end in ARNs: what IAM would expand or cut
short is refused. `kind` is a field, so that one is never read back as another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from jit_engine.domain.databases import (
    DatabaseSource,
    RdsDatabase,
    RedshiftDatabase,
    RedshiftWorkgroup,
    part_contains,
    parts_overlap,
    server_of,
)
from jit_engine.domain.names import check_name, check_place
from jit_engine.errors import InvalidValue

_TABLE: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}\Z", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9_.:@#+-]{1,128}\Z", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z0-9_.-]{1,255}\Z", re.ASCII)
_MODEL: Final = re.compile(r"[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}(?:[.:][a-z0-9-]{1,63}){0,3}\Z", re.ASCII)
_GUARDRAIL: Final = re.compile(r"[a-z0-9]{8,24}\Z", re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,7}\Z", re.ASCII)
_STREAM: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z", re.ASCII)
_SECRET: Final = re.compile(r"[A-Za-z0-9_+.@-]+(?:/[A-Za-z0-9_+.@-]+)*-[A-Za-z0-9]{6}\Z", re.ASCII)
_IMAGES: Final = re.compile(r"[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*\Z", re.ASCII)
_LIBRARY_DOMAIN: Final = re.compile(r"[a-z][a-z0-9-]{0,48}[a-z0-9]\Z", re.ASCII)
_LIBRARY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}\Z", re.ASCII)
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z", re.ASCII)
_MOST_PARTS: Final = 50
_SECRET_LIMIT, _IMAGES_LIMIT, _HOST_LIMIT = 519, 256, 253


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoTable:
    """A DynamoDB table, or a part of it: the items of some partition keys, some attributes; empty means all."""

    kind: Literal["dynamodb-table"] = "dynamodb-table"
    account: str
    region: str
    table: str
    keys: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(_TABLE, "table", self.table, "use the table's name: 3 to 255 letters, digits, _ . -")
        for key in self.keys:
            check_name(_KEY, "keys", key, "use partition keys of 1 to 128 letters, digits and _.:@#+-")
        for attribute in self.attributes:
            check_name(_ATTRIBUTE, "attributes", attribute, "use names of top-level attributes: letters, digits, _ . -")
        for field, names in (("keys", self.keys), ("attributes", self.attributes)):
            if len(names) > _MOST_PARTS or tuple(sorted(set(names))) != names:
                raise InvalidValue(
                    field=field, given=",".join(names), fix=f"name at most {_MOST_PARTS}, sorted and each once"
                )

    @property
    def uri(self) -> str:
        """`dynamodb://account/region/table`, and where it is a part `/keys/a,b` and `/attributes/c,d`."""
        keys = f"/keys/{','.join(self.keys)}" if self.keys else ""
        attributes = f"/attributes/{','.join(self.attributes)}" if self.attributes else ""
        return f"dynamodb://{self.account}/{self.region}/{self.table}{keys}{attributes}"

    def contains(self, other: DynamoTable) -> bool:
        """Whether every item and attribute of `other` is one of this."""
        return (
            (self.account, self.region, self.table) == (other.account, other.region, other.table)
            and (not self.keys or (bool(other.keys) and set(other.keys) <= set(self.keys)))
            and (not self.attributes or (bool(other.attributes) and set(other.attributes) <= set(self.attributes)))
        )

    def overlaps(self, other: DynamoTable) -> bool:
        """Whether some item's attribute can belong to both."""
        return (
            (self.account, self.region, self.table) == (other.account, other.region, other.table)
            and (not self.keys or not other.keys or not set(self.keys).isdisjoint(other.keys))
            and (not self.attributes or not other.attributes or not set(self.attributes).isdisjoint(other.attributes))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockModel:
    """A foundation model behind one numbered version of a guardrail. A draft is nobody's decision."""

    kind: Literal["bedrock-model"] = "bedrock-model"
    account: str
    region: str
    model: str
    guardrail: str
    version: str

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(_MODEL, "model", self.model, "use one model's id, such as anthropic.claude-3-haiku-20240307-v1:0")
        check_name(_GUARDRAIL, "guardrail", self.guardrail, "use the guardrail's id, not its name or ARN")
        check_name(_VERSION, "version", self.version, "use a numbered version of the guardrail, never DRAFT")

    @property
    def uri(self) -> str:
        """`bedrock://account/region/model/guardrail/version`."""
        return f"bedrock://{self.account}/{self.region}/{self.model}/{self.guardrail}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KinesisStream:
    """A Kinesis data stream."""

    kind: Literal["kinesis-stream"] = "kinesis-stream"
    account: str
    region: str
    stream: str

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(_STREAM, "stream", self.stream, "use the stream's name: 1 to 128 letters, digits, _ . -")

    @property
    def uri(self) -> str:
        """`kinesis://account/region/stream`."""
        return f"kinesis://{self.account}/{self.region}/{self.stream}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of Secrets Manager, with the six characters that make its ARN its own: a name can be used again."""

    kind: Literal["secret"] = "secret"
    account: str
    region: str
    secret: str

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        if len(self.secret) > _SECRET_LIMIT:
            raise InvalidValue(field="secret", given=self.secret[:40], fix=f"at most {_SECRET_LIMIT} characters")
        check_name(_SECRET, "secret", self.secret, "use the end of the secret's ARN: its name, - and six characters")

    @property
    def uri(self) -> str:
        """`secret://account/region/name-AbCdEf`."""
        return f"secret://{self.account}/{self.region}/{self.secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRepository:
    """An image repository of ECR."""

    kind: Literal["image-repository"] = "image-repository"
    account: str
    region: str
    images: str

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        if not 2 <= len(self.images) <= _IMAGES_LIMIT:
            raise InvalidValue(field="images", given=self.images[:40], fix=f"use 2 to {_IMAGES_LIMIT} characters")
        check_name(
            _IMAGES, "images", self.images, "use the repository's name: lower-case letters, digits and single ._-/"
        )

    @property
    def uri(self) -> str:
        """`ecr://account/region/name`."""
        return f"ecr://{self.account}/{self.region}/{self.images}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRepository:
    """A package library of CodeArtifact."""

    kind: Literal["package-repository"] = "package-repository"
    account: str
    region: str
    domain: str
    packages: str

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(
            _LIBRARY_DOMAIN, "domain", self.domain, "use the domain's name: 2 to 50 lower-case letters, digits, -"
        )
        check_name(_LIBRARY, "packages", self.packages, "use the repository's name: 2 to 100 letters, digits, . _ -")

    @property
    def uri(self) -> str:
        """`codeartifact://account/region/domain/repository`."""
        return f"codeartifact://{self.account}/{self.region}/{self.domain}/{self.packages}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEndpoint:
    """A host of the internet, by HTTPS. It lies in no account of ours."""

    kind: Literal["public-endpoint"] = "public-endpoint"
    host: str

    def __post_init__(self) -> None:
        if len(self.host) > _HOST_LIMIT:
            raise InvalidValue(field="host", given=self.host[:40], fix=f"at most {_HOST_LIMIT} characters")
        check_name(_HOST, "host", self.host, "use one host in lower case, without *, port or path: data.ecb.europa.eu")

    @property
    def account(self) -> str:
        """None."""
        return ""

    @property
    def uri(self) -> str:
        """`https://host`."""
        return f"https://{self.host}"


ServiceSource = (
    DynamoTable
    | RedshiftDatabase
    | RedshiftWorkgroup
    | RdsDatabase
    | BedrockModel
    | KinesisStream
    | Secret
    | ImageRepository
    | PackageRepository
    | PublicEndpoint
)
"""What is not made of files."""

Parted = DynamoTable | DatabaseSource
"""What of these has parts of its own that can be catalogued, covered and asked for."""


def contains(outer: Parted, inner: Parted) -> bool:
    """Whether all of `inner` is in `outer`."""
    if isinstance(outer, DynamoTable) or isinstance(inner, DynamoTable):
        return isinstance(outer, DynamoTable) and isinstance(inner, DynamoTable) and outer.contains(inner)
    return part_contains(outer, inner)


def overlap(one: Parted, other: Parted) -> bool:
    """Whether something can belong to both."""
    if isinstance(one, DynamoTable) or isinstance(other, DynamoTable):
        return isinstance(one, DynamoTable) and isinstance(other, DynamoTable) and one.overlaps(other)
    return parts_overlap(one, other)


def narrowness(source: Parted) -> tuple[int, int]:
    """Of two of which one contains the other, the higher number has the inner one."""
    if isinstance(source, DynamoTable):
        return bool(source.keys) + bool(source.attributes), -len(source.keys) - len(source.attributes)
    names = (source.database, source.schema, source.table, source.columns)
    return sum(map(bool, names)), -len(source.columns)


def whole_of(source: Parted) -> tuple[str, str, str, str]:
    """What the parts are parts of: kind, account, region and name."""
    if isinstance(source, DynamoTable):
        return source.kind, source.account, source.region, source.table
    return server_of(source)
