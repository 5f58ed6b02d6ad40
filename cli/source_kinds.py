"""The kinds of source that are named by a URI alone, as people type them. A test compares them with the engine's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """How one kind is typed: `word:` and a name that the catalogue knows, or its whole URI."""

    kind: str
    word: str
    scheme: str
    name: str
    describes: bool = True


TYPED: tuple[Typed, ...] = (
    Typed(kind="dynamodb-table", word="dynamodb", scheme="dynamodb", name="TABLE[:ATTRIBUTE,ATTRIBUTE]"),
    Typed(
        kind="redshift-database",
        word="redshift",
        scheme="redshift",
        name="CLUSTER/DATABASE/SCHEMA/TABLE",
        describes=False,
    ),
    Typed(
        kind="redshift-workgroup",
        word="redshift-serverless",
        scheme="redshift-serverless",
        name="WORKGROUP-ID/DATABASE/SCHEMA/TABLE",
        describes=False,
    ),
    Typed(kind="rds-database", word="rds", scheme="rds", name="RESOURCE-ID/DATABASE/SCHEMA/TABLE", describes=False),
    Typed(kind="bedrock-model", word="bedrock", scheme="bedrock", name="MODEL", describes=False),
    Typed(kind="kinesis-stream", word="kinesis", scheme="kinesis", name="STREAM"),
    Typed(kind="secret", word="secret", scheme="secret", name="NAME"),
    Typed(kind="image-repository", word="ecr", scheme="ecr", name="REPOSITORY"),
    Typed(kind="package-repository", word="codeartifact", scheme="codeartifact", name="DOMAIN/REPOSITORY"),
    Typed(kind="public-endpoint", word="endpoint", scheme="https", name="HOST", describes=False),
)


def typed_as(address: str) -> tuple[Typed, str] | None:
    """The kind that `address` is typed as, with its URI, or with `word:name` where the catalogue has to be asked."""
    for typed in TYPED:
        if address.startswith(f"{typed.scheme}://"):
            return typed, address
        if address.startswith(f"{typed.word}:") and len(address) > len(typed.word) + 1:
            name = address.removeprefix(f"{typed.word}:")
            return typed, f"https://{name}" if typed.scheme == "https" else address
    return None


def help_lines() -> str:
    """One line a kind, for the help of a command."""
    return "\n".join(f"  {f'{typed.word}:{typed.name}':<39}{_WHAT[typed.kind]}" for typed in TYPED)


_WHAT = {
    "dynamodb-table": "a DynamoDB table, or these attributes of it",
    "redshift-database": "a database of a Redshift cluster",
    "redshift-workgroup": "a workgroup of Redshift Serverless",
    "rds-database": "an RDS or Aurora database",
    "bedrock-model": "a model behind its guardrail",
    "kinesis-stream": "a Kinesis stream",
    "secret": "a secret",
    "image-repository": "an ECR repository",
    "package-repository": "a CodeArtifact repository",
    "public-endpoint": "a host of the internet",
}
