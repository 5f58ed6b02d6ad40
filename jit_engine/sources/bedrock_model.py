"""A foundation model of Bedrock, behind one numbered version of one guardrail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from jit_engine.domain.services import BedrockModel
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow, Deny
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
APPLY = ("bedrock:ApplyGuardrail",)


class BedrockModelKind(Kind):
    """Invoking, streamed or not. No batch job, agent, flow, knowledge base or inference profile: they have other names
    in IAM and would carry no guardrail of ours.
    """

    name = "bedrock-model"
    scheme = "bedrock"
    form = "bedrock://account/region/model/guardrail/version"
    entity = "Model"
    identity = BedrockModel
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="invoke", actions=(*APPLY, *INVOKE))}
    columns = "does not apply"
    rows = "does not apply"

    def parse(self, rest: str, account: str) -> Source:
        """A model with its guardrail; the URI says whose the guardrail is."""
        account, region, model, guardrail, version = parts_of_uri(self, rest, 5)
        source = BedrockModel(account=account, region=region, model=model, guardrail=guardrail, version=version)
        return canonical(self, source, rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """The model is nobody's account, so its region stands where the account stands elsewhere."""
        source = identity(cleared, BedrockModel)
        yield Allow(
            sid="Invoke",
            why=f"invoke, behind guardrail {source.guardrail} version {source.version},",
            about=(source.model,),
            actions=INVOKE,
            resources=(model_arn(source),),
            conditions={
                "StringEquals": {"aws:RequestedRegion": source.region, "bedrock:GuardrailIdentifier": pinned(source)},
                **bounds.time,
            },
        )
        yield Allow(
            sid=f"ApplyGuardrail{source.account}",
            why="have the guardrail applied, as an invocation with one needs:",
            about=(source.guardrail,),
            actions=APPLY,
            resources=(guardrail_arn(source),),
            conditions=bounds.within(source.account),
        )

    def denies(self, cleared: Sequence[ClearedSource], bounds: Bounds) -> Iterator[Deny]:
        """No invocation without the guardrail, or with another version of it."""
        pins: dict[str, set[str]] = defaultdict(set)
        for each in cleared:
            source = identity(each, BedrockModel)
            pins[model_arn(source)].add(pinned(source))
        for arn, versions in sorted(pins.items()):
            yield Deny(
                sid="OnlyGuarded",
                why=f"{arn.rpartition('/')[2]} is never invoked without its guardrail or with another version of it",
                actions=INVOKE,
                resources=(arn,),
                conditions={"StringNotEquals": {"bedrock:GuardrailIdentifier": tuple(sorted(versions))}},
            )


def model_arn(source: BedrockModel) -> str:
    """The model, which belongs to no account."""
    return f"arn:aws:bedrock:{source.region}::foundation-model/{source.model}"


def guardrail_arn(source: BedrockModel) -> str:
    """The guardrail in all versions, which is how IAM names it."""
    return f"arn:aws:bedrock:{source.region}:{source.account}:guardrail/{source.guardrail}"


def pinned(source: BedrockModel) -> str:
    """The one version, as the condition key has it."""
    return f"{guardrail_arn(source)}:{source.version}"
