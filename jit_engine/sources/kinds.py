"""The one list of kinds of source, and what is looked up in it. Nothing registers itself."""

from __future__ import annotations

from jit_engine.domain.source import Operation, Source
from jit_engine.errors import InvalidValue
from jit_engine.sources.bedrock_model import BedrockModelKind
from jit_engine.sources.dynamodb_table import DynamoTableKind
from jit_engine.sources.glue_table import GlueTableKind
from jit_engine.sources.image_repository import ImageRepositoryKind
from jit_engine.sources.kind import Kind
from jit_engine.sources.kinesis_stream import KinesisStreamKind
from jit_engine.sources.package_repository import PackageRepositoryKind
from jit_engine.sources.public_endpoint import PublicEndpointKind
from jit_engine.sources.rds_database import RdsDatabaseKind
from jit_engine.sources.redshift import RedshiftDatabaseKind, RedshiftWorkgroupKind
from jit_engine.sources.s3_prefix import S3PrefixKind
from jit_engine.sources.secret import SecretKind

KINDS: tuple[Kind, ...] = (
    S3PrefixKind(),
    GlueTableKind(),
    DynamoTableKind(),
    RedshiftDatabaseKind(),
    RedshiftWorkgroupKind(),
    RdsDatabaseKind(),
    BedrockModelKind(),
    KinesisStreamKind(),
    SecretKind(),
    ImageRepositoryKind(),
    PackageRepositoryKind(),
    PublicEndpointKind(),
)

_OF_NAME = {kind.name: kind for kind in KINDS}
_OF_SCHEME = {kind.scheme: kind for kind in KINDS}


def kind_of(source: Source) -> Kind:
    """The kind that `source` is of."""
    return _OF_NAME[source.kind]


def source_of_uri(uri: str, *, account: str) -> Source:
    """The source that `uri` names; raises `InvalidValue`. `account` serves the kinds whose URI does not hold it."""
    scheme, separator, rest = uri.partition("://")
    kind = _OF_SCHEME.get(scheme)
    if kind is None or not separator:
        raise InvalidValue(field="source", given=uri, fix=f"use {' or '.join(kind.form for kind in KINDS)}")
    return kind.parse(rest, account)


def cedar_action(source: Source, operation: Operation) -> str:
    """The Cedar action asked for it; raises `InvalidValue` for an operation that the kind does not offer."""
    kind = kind_of(source)
    offer = kind.offers.get(operation)
    if offer is None:
        raise InvalidValue(
            field="operations",
            given=operation.value,
            fix=f"a {kind.name} offers {', '.join(sorted(kind.offers))}; leave {operation.value} out",
        )
    return offer.cedar
