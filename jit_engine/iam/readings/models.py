"""The second reading of models: one model, behind one numbered version of one guardrail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.services import BedrockModel
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, has_only, is_bound, texts

_INVOKE = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
_APPLY = "bedrock:ApplyGuardrail"


class ModelReading(Reading):
    """Model, region and guardrail together."""

    actions = frozenset({*_INVOKE, _APPLY})

    def __init__(self, decided: Decided) -> None:
        """From the cleared models."""
        self.guards: dict[tuple[str, str], set[str]] = {}
        self.guardrails: dict[str, str] = {}
        for cleared in decided.clearance.cleared:
            if isinstance(s := cleared.ask.source, BedrockModel):
                model = f"arn:aws:bedrock:{s.region}::foundation-model/{s.model}"
                guardrail = f"arn:aws:bedrock:{s.region}:{s.account}:guardrail/{s.guardrail}"
                self.guards.setdefault((model, s.region), set()).add(f"{guardrail}:{s.version}")
                self.guardrails[guardrail] = s.account

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """An invocation with its guardrail; or the guardrail itself."""
        if allow.actions == [_APPLY]:
            owners = {self.guardrails.get(resource) for resource in allow.resources}
            if len(owners) != 1 or not is_bound(allow, {"StringEquals": {"aws:ResourceAccount": owners.pop()}}):
                yield "it applies another guardrail than those of the cleared models"
            return
        if not set(allow.actions) <= _INVOKE:
            yield "it mixes invoking with another use"
        for resource in allow.resources:
            pinned = [
                {"StringEquals": {"aws:RequestedRegion": region, "bedrock:GuardrailIdentifier": guard}}
                for (model, region), guards in self.guards.items()
                for guard in guards
                if model == resource
            ]
            if not any(is_bound(allow, expected) for expected in pinned):
                yield f"invoking {resource} is not pinned to the guardrail that was cleared with it"

    def missing(self, denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow]) -> Iterator[str]:
        """No invocation beside the guardrails."""
        for (model, _), guards in sorted(self.guards.items()):
            if not any(_holds(s, model, guards) for s in denies):
                yield f"invoking {model} without its guardrail"


def _holds(statement: Mapping[str, object], model: str, guards: set[str]) -> bool:
    if not has_only(statement, "Action", "Resource", "Condition") or statement["Resource"] != [model]:
        return False
    found = statement["Condition"]
    unlike = found.get("StringNotEquals") if isinstance(found, dict) and len(found) == 1 else None
    spared = texts(unlike.get("bedrock:GuardrailIdentifier")) if isinstance(unlike, dict) and len(unlike) == 1 else []
    return set(texts(statement["Action"])) >= _INVOKE and bool(spared) and set(spared) <= guards
