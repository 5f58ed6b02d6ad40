"""One decision through the engine, over one cedarpy call with a parsed single policy and the same facts."""

from __future__ import annotations

from importlib.resources import files

from cedarpy import Entities, PolicySet, Schema, is_authorized

from jit_engine.rules.entities import ref, slice_for, source_ref, subject_ref
from policy import Engine, Question, Rulebook, Value
from policy.facts import Facts
from tests.bench.pairs import ratio, seconds
from tests.fakes import world

CALLS = 200


def decision() -> float:
    """The engine takes values, checks that nothing is missing, encodes, asks the sample organisation's whole
    rulebook and names the rules; the floor is given the JSON text and one rule."""
    question = _question()
    rules = files("platform_api.embedded.sample").joinpath("rules.cedar").read_text(encoding="utf-8")
    engine = Engine.load(Rulebook(version="bench", text=rules))
    if not engine.decide(question).allowed:
        raise SystemExit("the benchmark's question is refused: mend it")
    schema_text = files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")
    schema = Schema.from_str(schema_text)
    policy = PolicySet.from_str(str(engine.source_of("lending-science-reads-loan-applications")))
    facts = Facts(question.entities, question.context, frozenset({"Tier"}))
    entities = facts.entities
    asked = {
        "principal": {"type": question.principal.type, "id": question.principal.id},
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": question.resource.type, "id": question.resource.id},
        "context": facts.context,
    }

    def engines() -> None:
        for _ in range(CALLS):
            engine.decide(question)

    def cedarpys() -> None:
        for _ in range(CALLS):
            is_authorized(asked, policy, Entities.from_json_str(entities, schema), schema=schema)

    return ratio(lambda: seconds(engines), lambda: seconds(cedarpys), rounds=9)


def _question() -> Question:
    asked = world.request(world.ask())
    known = world.facts()
    if known.environment is None:
        raise SystemExit("the benchmark's world has no environment: mend it")
    context: dict[str, Value] = {
        "purpose": ref("Purpose", asked.purpose),
        "tier": ref("Tier", known.environment.tier.value),
        "environment": ref("Environment", known.environment.id),
        "activity": ref("Activity", asked.activity),
        "now": world.NOW,
        "mfa": False,
    }
    return Question(
        principal=subject_ref(asked.subject),
        action="read",
        resource=source_ref(asked.asks[0].source),
        context=context,
        entities=slice_for(asked, known, world.NOW),
    )
