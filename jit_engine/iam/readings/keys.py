"""The second reading of encryption keys: through their service only, and for the data that they are there for."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, is_bound

_READ, _WRITE = "kms:Decrypt", "kms:GenerateDataKey"


class KeysReading(Reading):
    """The workspace's key."""

    actions = frozenset({_READ, _WRITE})

    def __init__(self, decided: Decided) -> None:
        """From the place."""
        place = decided.place
        self.key = place.workspace_key_arn
        self.bound = {
            "StringEquals": {
                "aws:ResourceAccount": place.account,
                "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{place.workspace_bucket}",
                "kms:ViaService": f"s3.{place.region}.amazonaws.com",
            }
        }

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """The key itself, then that it is bound to service and data."""
        for action in allow.actions:
            for resource in allow.resources:
                if resource != self.key:
                    yield f"{action} on {resource} was not cleared"
        if not is_bound(allow, self.bound):
            yield "a key is not bound to its account, its service and what it encrypts"
