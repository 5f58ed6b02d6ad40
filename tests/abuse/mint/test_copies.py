"""Copying data into the workspace, then reading it on other terms: another purpose, another tier, after the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from jit_engine.aws.minter import AwsMinter
from jit_engine.contracts.terms import Contract
from jit_engine.domain.ids import ContractId
from jit_engine.domain.label import Label
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from jit_engine.rules.labels import raised_by
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import denied, minted
from tests.fakes import world
from tests.fakes.world import ENVIRONMENTS, NOW, PERMIT_ALL, activity, ask, contract, judges, prefix, request

OTHER = ContractId("ct_01JABCDEFGHJKMNPQRSTVWXYZ9")
FAIRNESS = "lending/fairness-testing"
ALL = judges(PERMIT_ALL)


def rates() -> Contract:
    """A second contract, about data under `lending/personal/`, for any lending purpose."""
    return contract(id=OTHER, name="rates", prefixes=(prefix("lending/personal/"),), tables=(), targets=())


def loans() -> Contract:
    """The first contract, about `lending/facts/`, never for fairness testing."""
    return contract(prefixes=(prefix("lending/facts/"),), tables=(), denied_purposes=frozenset({FAIRNESS}))


def after_copying(*contracts: Contract) -> Facts:
    """What is known once loan data has been delivered in the research environment, and copied."""
    accepted = activity(
        accepted=frozenset({contract().key, (OTHER, "1.0.0")}), purposes=frozenset({world.RESEARCH_PURPOSE, FAIRNESS})
    )
    facts = world.facts(activity=accepted, contracts=(loans(), rates()))
    copied = clear(request(), facts, ALL, NOW)
    assert isinstance(copied, Clearance), copied
    return replace(facts, label=raised_by(copied, facts), contracts=contracts)


def codes(facts: Facts, purpose: str) -> list[str]:
    wanted = request(ask(prefix("lending/personal/")), purpose=purpose)
    verdict = clear(wanted, facts, ALL, NOW)
    return [breach.code for breach in verdict.breaches] if isinstance(verdict, Refusal) else []


def test_a_copy_is_not_read_for_a_purpose_that_its_contract_denies() -> None:
    facts = after_copying(loans(), rates())
    assert codes(facts, world.RESEARCH_PURPOSE) == []
    assert codes(replace(facts, label=Label()), FAIRNESS) == []
    assert codes(facts, FAIRNESS) == ["purpose-not-allowed"]


def test_a_copy_is_not_read_after_its_contract_has_ended() -> None:
    assert codes(after_copying(rates()), world.RESEARCH_PURPOSE) == ["workspace-quarantined"]
    over = replace(loans(), ends_at=NOW - timedelta(seconds=1))
    assert codes(after_copying(over, rates()), world.RESEARCH_PURPOSE) == ["contract-not-valid-now"]


@pytest.mark.aws
def test_a_copy_is_not_read_from_another_tier_on_an_aws_that_enforces(minter: AwsMinter, cloud: Cloud) -> None:
    """Each environment has a bucket of its own; knowing the name does not help."""
    research, validation = (world.place(ENVIRONMENTS[tier]) for tier in (Tier.RESEARCH, Tier.VALIDATION))
    assert research.workspace_bucket != validation.workspace_bucket
    with minted(minter, cloud, world.cleared()) as (_, plan):
        writer = cloud.holder(minter.assume(plan))
        copy = writer.get_object(Bucket=world.LAKE, Key="lending/facts/part-0")["Body"].read()
        writer.put_object(Bucket=research.workspace_bucket, Key="work/copy", Body=copy)
        assert writer.get_object(Bucket=research.workspace_bucket, Key="work/copy")["Body"].read() == copy
        for bucket in (validation.workspace_bucket, world.LAKE):
            with pytest.raises(ClientError, match="AccessDenied"):
                writer.put_object(Bucket=bucket, Key="work/copy", Body=copy)
    with minted(minter, cloud, world.cleared(tier=Tier.VALIDATION)) as (_, plan):
        reader = cloud.holder(minter.assume(plan))
        for key in ("work/copy", "athena/result"):
            assert denied(reader.get_object, Bucket=research.workspace_bucket, Key=key)
        assert denied(reader.list_objects_v2, Bucket=research.workspace_bucket, Prefix="work/")
        assert denied(
            reader.copy_object,
            Bucket=validation.workspace_bucket,
            Key="work/copy",
            CopySource=f"{research.workspace_bucket}/work/copy",
        )
