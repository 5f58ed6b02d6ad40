"""The sources of an access request on the wire: files and tables by name, every other kind by its URI."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from jit_engine.domain.container import DataProduct
from jit_engine.domain.request import MAX_COLUMNS, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.errors import InvalidValue
from jit_engine.rules.expanding import ContainerAsk
from jit_engine.sources.kinds import KINDS, source_of_uri
from platform_api.schemas.wire import Asked, Token

Operations = Annotated[list[Operation], Field(min_length=1, max_length=4)]
_Name = Annotated[str, Field(max_length=1024)]
_Uri = Annotated[str, Field(max_length=4096)]
if TYPE_CHECKING:
    ServiceKindName = str
else:
    ServiceKindName = Literal[tuple(kind.name for kind in KINDS if kind.name not in ("s3-prefix", "glue-table"))]


class PrefixAsked(Asked):
    """A prefix of a bucket; the account is the one where the catalogue has the bucket, unless it is named.

    Sources of one `job` are used as a whole: they are had in one session, or the request is refused.
    """

    kind: Literal["s3-prefix"]
    account: _Name | None = None
    bucket: _Name
    prefix: _Name
    operations: Operations
    job: Token | None = None

    def ask(self, account: str, region: str) -> SourceAsk:
        """The ask in the engine's terms; raises `InvalidValue`."""
        del region
        source = S3Prefix(account=self.account or account, bucket=self.bucket, prefix=self.prefix)
        return SourceAsk(source=source, operations=_once(self.operations), job=self.job)


class TableAsked(Asked):
    """A table of the Glue catalogue; account and region are the platform's own unless named.

    `columns`: the only ones that are wanted, where columns can be kept apart.
    Sources of one `job` are used as a whole: they are had in one session, or the request is refused.
    """

    kind: Literal["glue-table"]
    account: _Name | None = None
    region: _Name | None = None
    database: _Name
    table: _Name
    operations: Operations
    columns: Annotated[list[_Name], Field(min_length=1, max_length=MAX_COLUMNS)] | None = None
    job: Token | None = None

    def ask(self, account: str, region: str) -> SourceAsk:
        """The ask in the engine's terms; raises `InvalidValue`."""
        source = GlueTable(
            account=self.account or account, region=self.region or region, database=self.database, table=self.table
        )
        columns = None if self.columns is None else frozenset(self.columns)
        return SourceAsk(source=source, operations=_once(self.operations), columns=columns, job=self.job)


class ServiceAsked(Asked):
    """A source that is not made of files, of any kind of the one list, by its URI as `GET /v1/sources` shows it.

    Sources of one `job` are used as a whole: they are had in one session, or the request is refused.
    """

    kind: ServiceKindName
    uri: _Uri
    operations: Operations
    job: Token | None = None

    def ask(self, account: str, region: str) -> SourceAsk:
        """The ask in the engine's terms; raises `InvalidValue` naming `uri`."""
        del account, region
        try:
            source = source_of_uri(self.uri, account="")
        except InvalidValue as invalid:
            form = next(kind.form for kind in KINDS if kind.name == self.kind)
            fix = f"{invalid.fix} (a {self.kind} is {form})"
            raise InvalidValue(field="uri", given=invalid.given, fix=fix) from invalid
        if source.kind != self.kind:
            fix = f"say kind {source.kind}, or give the URI of a {self.kind}"
            raise InvalidValue(field="uri", given=self.uri, fix=fix)
        return SourceAsk(source=source, operations=_once(self.operations), job=self.job)


class ContainerAsked(Asked):
    """A database or a data product by its URI, as `GET /v1/catalogue/databases` and `…/products` show it.

    It is everything that is catalogued in it at this moment, each thing a source of the request with a verdict of its
    own; what is catalogued in it later is not part of it. Of `operations` each has those that its kind offers; what
    offers none is left out in mode `partial` and refuses the request in mode `all`. A source that is named by itself
    as well is asked for as it is named there.
    """

    kind: Literal["glue-database", "data-product"]
    uri: _Uri
    operations: Operations
    job: Token | None = None

    def ask(self, account: str, region: str) -> ContainerAsk:
        """The ask in the engine's terms; raises `InvalidValue` naming `uri`."""
        del account, region
        scheme = "product://" if self.kind == DataProduct.kind else "glue://"
        if not self.uri.startswith(scheme):
            form = "product://domain/name" if self.kind == DataProduct.kind else "glue://account/region/database"
            raise InvalidValue(field="uri", given=self.uri, fix=f"a {self.kind} is {form}")
        return ContainerAsk(uri=self.uri, operations=_once(self.operations), job=self.job)


AnyAsked = Annotated[PrefixAsked | TableAsked | ServiceAsked | ContainerAsked, Field(discriminator="kind")]


def _once(operations: list[Operation]) -> frozenset[Operation]:
    if len(set(operations)) != len(operations):
        raise InvalidValue(field="operations", given="one twice", fix="name each operation once")
    return frozenset(operations)
