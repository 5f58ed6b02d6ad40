"""The one list of kinds of source: what an operation means in Cedar and in AWS. Closed tables, never input."""

from __future__ import annotations

from dataclasses import dataclass

from jit_engine.domain.source import GlueTable, Operation, S3Prefix, Source
from jit_engine.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: its name on the wire and the Cedar action of every operation that it offers."""

    name: str
    cedar: dict[Operation, str]


S3_PREFIX = Kind(
    name="s3-prefix",
    cedar={Operation.DESCRIBE: "read", Operation.SELECT: "read", Operation.INSERT: "write"},
)
GLUE_TABLE = Kind(
    name="glue-table",
    cedar={Operation.DESCRIBE: "read", Operation.SELECT: "query"},
)
KINDS = (S3_PREFIX, GLUE_TABLE)

S3_LIST = ("s3:ListBucket",)
S3_LOCATE = ("s3:GetBucketLocation",)
S3_READ = ("s3:GetObject",)
S3_INSERT = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
S3_WORKSPACE = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
GLUE_DESCRIBE = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
)
ATHENA_QUERY = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
KMS_WORKSPACE = ("kms:Decrypt", "kms:GenerateDataKey")
"""`s3:PutObject` and multipart uploads under SSE-KMS need both (S3 user guide, "Required permissions")."""


def kind_of(source: Source) -> Kind:
    """The kind that `source` is of."""
    match source:
        case S3Prefix():
            return S3_PREFIX
        case GlueTable():
            return GLUE_TABLE


def cedar_action(source: Source, operation: Operation) -> str:
    """The Cedar action asked for it; raises `InvalidValue` for an operation that the kind does not offer."""
    kind = kind_of(source)
    action = kind.cedar.get(operation)
    if action is None:
        raise InvalidValue(
            field="operations",
            given=operation.value,
            fix=f"a {kind.name} offers {', '.join(sorted(kind.cedar))}; leave {operation.value} out",
        )
    return action
