"""Tables, models and keys of other services, as somebody spells them: the narrowest reading, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jit_engine.domain.request import SourceAsk
from jit_engine.domain.services import BedrockModel, DynamoTable, ServiceSource
from jit_engine.domain.source import Operation
from jit_engine.errors import InvalidValue
from jit_engine.iam.role import grant_policy
from jit_engine.sources.kinds import kind_of
from tests.abuse.rows import rows
from tests.fakes.services import KEY, MODEL, SCORES, cleared
from tests.fakes.world import GRANT, place_of

CLAIMS = replace(SCORES, keys=("A-0001",), attributes=("amount", "id"))
READ = frozenset({Operation.SELECT})
SCANS = ("dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:ExportTableToPointInTime", "dynamodb:GetRecords")


def statements(source: ServiceSource, key_arn: str | None = None) -> list[dict[str, Any]]:
    """Every statement of a grant that reads the source."""
    clearance = cleared(SourceAsk(source=source, operations=READ), key_arn=key_arn)
    found: list[dict[str, Any]] = json.loads(grant_policy(clearance, place_of(clearance), GRANT)[0])["Statement"]
    return found


def allows(source: ServiceSource, service: str, key_arn: str | None = None) -> list[dict[str, Any]]:
    """The Allows of that service's actions."""
    every = [one for one in statements(source, key_arn) if one["Effect"] == "Allow"]
    return [one for one in every if any(action.startswith(f"{service}:") for action in one["Action"])]


@pytest.mark.case("MINT-037", "MINT-038")
def test_a_part_of_a_table_is_bound_by_its_keys_and_attributes_which_have_to_be_there() -> None:
    (reads,) = [one for one in allows(CLAIMS, "dynamodb") if "dynamodb:Query" in one["Action"]]
    condition = reads["Condition"]
    assert condition["ForAllValues:StringEquals"] == {
        "dynamodb:LeadingKeys": ["A-0001"],
        "dynamodb:Attributes": ["amount", "id"],
    }
    assert condition["Null"] == {"dynamodb:LeadingKeys": "false", "dynamodb:Attributes": "false"}
    assert condition["StringEquals"]["dynamodb:Select"] == "SPECIFIC_ATTRIBUTES"
    assert not set(SCANS) & set(reads["Action"])


@pytest.mark.case("MINT-038")
def test_a_table_s_own_keys_alone_are_never_scanned() -> None:
    every = {action for one in allows(replace(SCORES, keys=("A-0001",)), "dynamodb") for action in one["Action"]}
    assert "dynamodb:Query" in every
    assert not set(SCANS) & every


def table(**changed: object) -> Callable[[], object]:
    return lambda: replace(CLAIMS, **changed)  # type: ignore[arg-type]


def model(**changed: object) -> Callable[[], object]:
    return lambda: replace(MODEL, **changed)  # type: ignore[arg-type]


SPELLED: dict[str, Callable[[], object]] = {
    "MINT-038 every table": table(table="*"),
    "MINT-038 an index of the table": table(table="claims/index/by-name"),
    "MINT-038 a table's ARN": table(table="arn:aws:dynamodb:eu-west-1:111122223333:table/claims"),
    "MINT-038 a wildcard for a key": table(keys=("*",)),
    "MINT-038 a variable for a key": table(keys=("${aws:username}",)),
    "MINT-038 a key that looks like another": table(keys=("А-0001",)),
    "MINT-038 a wildcard for an attribute": table(attributes=("*",)),
    "MINT-038 an attribute inside of another": table(attributes=("a[0]",)),
    "MINT-050 every model": model(model="*"),
    "MINT-050 every model of a maker": model(model="anthropic.*"),
    "MINT-050 an imported model": model(model="arn:aws:bedrock:eu-west-1:111122223333:imported-model/x"),
    "MINT-050 an inference profile": model(model="arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.x"),
    "MINT-050 a model with a slash": model(model="anthropic.claude/x"),
    "MINT-050 a letter that looks Latin": model(model="аnthropic.claude-3-haiku-20240307-v1:0"),
    "MINT-052 a draft of the guardrail": model(version="DRAFT"),
    "MINT-052 no version of the guardrail": model(version=""),
    "MINT-052 every version of the guardrail": model(version="*"),
    "MINT-052 version nought": model(version="0"),
    "MINT-052 a version in Arabic digits": model(version="١"),
    "MINT-052 a version with a line's end": model(version="1\n"),
    "MINT-052 a guardrail's ARN without a version": model(
        guardrail="arn:aws:bedrock:eu-west-1:111122223333:guardrail/gr123"
    ),
    "MINT-052 every guardrail": model(guardrail="*"),
}


@pytest.mark.parametrize("spell", rows(SPELLED))
def test_what_could_mean_more_than_one_thing_is_no_source(spell: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue) as refused:
        spell()
    assert refused.value.fix


@pytest.mark.case("MINT-052", "MINT-053")
def test_a_model_is_invoked_behind_one_version_of_its_guardrail_and_in_no_other_way() -> None:
    """Batch jobs, agents, flows and knowledge bases carry no guardrail of ours: none of their actions is there."""
    every = {action for one in allows(MODEL, "bedrock") for action in one["Action"]}
    assert every == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:ApplyGuardrail"}
    (invoke,) = [one for one in allows(MODEL, "bedrock") if "bedrock:InvokeModel" in one["Action"]]
    pinned = invoke["Condition"]["StringEquals"]["bedrock:GuardrailIdentifier"]
    assert pinned.endswith(f"guardrail/{MODEL.guardrail}:{MODEL.version}")
    denies = [
        one for one in statements(MODEL) if one["Effect"] == "Deny" and "bedrock:InvokeModel" in one.get("Action", [])
    ]
    assert any("StringNotEquals" in one.get("Condition", {}) for one in denies)
    assert set(kind_of(MODEL).offers) == {Operation.SELECT}


@pytest.mark.case("MINT-049")
def test_a_key_of_the_data_is_used_through_its_service_for_its_table_alone() -> None:
    keys = [one for one in allows(SCORES, "kms", KEY) if KEY in one["Resource"]]
    assert keys
    for one in keys:
        equals = one["Condition"]["StringEquals"]
        assert equals["kms:ViaService"].startswith("dynamodb.")
        assert equals["kms:EncryptionContext:aws:dynamodb:tableName"] == SCORES.table
        assert set(one["Action"]) <= {"kms:Decrypt", "kms:GenerateDataKey"}
        assert one["Resource"] == [KEY]


def test_the_table_and_the_model_of_these_tests_are_sources() -> None:
    assert isinstance(CLAIMS, DynamoTable)
    assert isinstance(MODEL, BedrockModel)
