"""A secret of Secrets Manager, by the whole of its ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import Secret
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.kind import Kind, Offer, canonical, identity

DESCRIBE = ("secretsmanager:DescribeSecret",)
READ = ("secretsmanager:GetSecretValue",)


class SecretKind(Kind):
    """Its value and its description. What is read once is known for good: no revocation takes it back."""

    name = "secret"
    scheme = "secret"
    form = "secret://account/region/name-AbCdEf"
    entity = "Secret"
    identity = Secret
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="read", actions=(*DESCRIBE, *READ)),
    }
    columns = "nothing: a secret is read whole"
    rows = "nothing: a secret is read whole"

    def parse(self, rest: str, account: str) -> Source:
        """A secret, whose name may hold slashes; the URI says whose it is."""
        account, _, region_and_name = rest.partition("/")
        region, _, secret = region_and_name.partition("/")
        return canonical(self, Secret(account=account, region=region, secret=secret), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Describe, and the value for `select`."""
        source = identity(cleared, Secret)
        for sid, why, actions, wanted in (
            ("DescribeSecret", "describe", DESCRIBE, True),
            ("ReadSecret", "read the value of", READ, Operation.SELECT in cleared.ask.operations),
        ):
            if wanted:
                yield Allow(
                    sid=f"{sid}{source.account}",
                    why=why,
                    about=(source.uri,),
                    actions=actions,
                    resources=(secret_arn(source),),
                    conditions=bounds.within(source.account),
                )

    def key_use(self, cleared: ClearedSource) -> KeyUse:
        """Secrets Manager names the secret in the context of every call to the key."""
        source = identity(cleared, Secret)
        return KeyUse(
            service="secretsmanager",
            context={"SecretARN": (secret_arn(source),)},
        )


def secret_arn(source: Secret) -> str:
    """The secret; without its six characters the ARN would reach whatever is made under that name later."""
    return f"arn:aws:secretsmanager:{source.region}:{source.account}:secret:{source.secret}"
