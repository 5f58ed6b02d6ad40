"""Keys follow the data: what a reader of encrypted data may do with its key, and only through the data's service."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.domain.source import Operation
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds, KeyUse

READ = ("kms:Decrypt",)
WRITE = ("kms:Decrypt", "kms:GenerateDataKey")


def key_allows(cleared: ClearedSource, use: KeyUse | None, bounds: Bounds) -> Iterator[Allow]:
    """Decryption for reading it, a data key too for writing it; nothing where it has no key of its own. No grants."""
    if use is None or cleared.key_arn is None:
        return
    _, _, _, region, account, _ = cleared.key_arn.split(":", 5)
    operations = cleared.ask.operations
    if operations == {Operation.DESCRIBE}:
        return
    equals: dict[str, str | tuple[str, ...]] = {"kms:ViaService": f"{use.service}.{region}.amazonaws.com"}
    like: dict[str, str | tuple[str, ...]] = {}
    for key, values in use.context.items():
        to = like if any(value.endswith("*") for value in values) else equals
        to[f"kms:EncryptionContext:{key}"] = values if len(values) > 1 else values[0]
    yield Allow(
        sid=f"DataKey{account}",
        why="use the key of the data, through its service and for it only:",
        about=(cleared.ask.source.uri,),
        actions=WRITE if Operation.INSERT in operations else READ,
        resources=(cleared.key_arn,),
        conditions=bounds.within(account, StringEquals=equals, **({"StringLike": like} if like else {})),
    )
