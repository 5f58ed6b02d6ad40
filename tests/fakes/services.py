"""The lending company's data that is not made of files: one source of each kind, catalogued and under one contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jit_engine.domain.catalogue import Catalogue, ServiceItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.databases import RdsDatabase, RedshiftDatabase, RedshiftWorkgroup
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.services import (
    BedrockModel,
    DynamoTable,
    ImageRepository,
    KinesisStream,
    PackageRepository,
    PublicEndpoint,
    Secret,
    ServiceSource,
)
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from tests.fakes import world
from tests.fakes.world import ACCOUNT, REGION

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/8c1f1f0e-0000-4000-8000-00000000000d"
SCORES = DynamoTable(account=ACCOUNT, region=REGION, table="scores")
SCORES_OF_TWO = replace(SCORES, keys=("customer#1", "customer#2"))
SCORES_ALONE = replace(SCORES, attributes=("id", "score"))
SCORES_OF_ONE_ALONE = replace(SCORES, keys=("customer#1",), attributes=("id", "score"))
WAREHOUSE = RedshiftDatabase(
    account=ACCOUNT, region=REGION, cluster="lending", database="marts", schema="public", table="loans"
)
WORKGROUP = RedshiftWorkgroup(
    account=ACCOUNT,
    region=REGION,
    workgroup="1b671a64-40d5-491e-99b0-da01ff1f3341",
    database="marts",
    schema="public",
    table="loans",
)
LEDGER = RdsDatabase(
    account=ACCOUNT,
    region=REGION,
    resource="db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    database="lending",
    schema="public",
    table="payments",
)
MODEL = BedrockModel(
    account=ACCOUNT,
    region=REGION,
    model="anthropic.claude-3-haiku-20240307-v1:0",
    guardrail="gr1ab2cd3ef4",
    version="3",
)
EVENTS = KinesisStream(account=ACCOUNT, region=REGION, stream="payments")
TOKEN = Secret(account=ACCOUNT, region=REGION, secret="lending/bureau-AbC123")
IMAGES = ImageRepository(account=ACCOUNT, region=REGION, images="lending/scorer")
PACKAGES = PackageRepository(account=ACCOUNT, region=REGION, domain="lending", packages="python")
RATES = PublicEndpoint(host="data.ecb.europa.eu")
EGRESS_LIST = f"arn:aws:network-firewall:{REGION}:{ACCOUNT}:stateful-rulegroup/research-egress"
EVERY: tuple[ServiceSource, ...] = (
    SCORES, WAREHOUSE, WORKGROUP, LEDGER, MODEL, EVENTS, TOKEN, IMAGES, PACKAGES, RATES,
)  # fmt: skip
"""One of each kind; of a database a table."""


def service_item(source: ServiceSource, **changes: Any) -> ServiceItem:
    """A catalogued source of plain confidential data."""
    item = ServiceItem(
        source=source,
        title=source.kind,
        product="loan-applications",
        owner_team=world.OWNERS,
        domain="lending",
        classification=Classification.CONFIDENTIAL,
        classes=frozenset(),
    )
    return replace(item, **changes)


def facts(tier: Tier = Tier.RESEARCH, *, key_arn: str | None = None) -> Facts:
    """Today's facts, with every kind of source in the catalogue and in the contract."""
    known = world.facts(tier)
    environment = world.environment(tier)
    assert environment.place is not None
    return replace(
        known,
        environment=replace(environment, place=replace(environment.place, egress=frozenset({EGRESS_LIST}))),
        catalogue=Catalogue(
            generation=8,
            items=(*known.catalogue.items, *(service_item(source, key_arn=key_arn) for source in EVERY)),
        ),
        contracts=(world.contract(services=EVERY),),
    )


def cleared(*asks: SourceAsk, tier: Tier = Tier.RESEARCH, key_arn: str | None = None) -> Clearance:
    """The clearance of such a request; fails the test when it is refused."""
    verdict = clear(
        world.request(*asks, tier=tier), facts(tier, key_arn=key_arn), world.judges(world.PERMIT_ALL), world.NOW
    )
    assert isinstance(verdict, Clearance), verdict
    return verdict
