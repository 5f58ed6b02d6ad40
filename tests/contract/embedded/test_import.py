"""Importing the sample's tables from the embedded AWS's Glue, by the provisioner's own rights."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.glue_catalogue import GlueCatalogue
from jit_engine.domain.catalogue import CatalogueItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.errors import InvalidValue
from jit_engine.rules.importing import Change, Newcomer
from platform_api.embedded.lake import load_lake
from platform_api.embedded.organisation import load_organisation
from platform_api.registry.importing import CatalogueDesk
from tests.fakes.registry import MemoryRegistry

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORGANISATION = load_organisation()
WHOSE = Newcomer(owner_team="lending-data-owners", product="loan-applications", domain="lending")


def desk(world: Any, items: tuple[CatalogueItem, ...] = ()) -> CatalogueDesk:
    account = world.account
    access = AwsAccess(
        region=account.region,
        endpoint_url=world.aws.endpoint_url,
        access_key_id=account.access_key_id,
        secret_access_key=account.secret_access_key,
        external_id=account.external_id,
    )
    calls = AwsCalls(access=access, role_arn=account.provisioner_role_arn)
    definitions = GlueCatalogue(calls=calls, account=account.account_id, region=account.region)
    return CatalogueDesk(store=MemoryRegistry(items=items), definitions=definitions)


@pytest.mark.aws
def test_the_sample_s_tables_come_from_glue_as_the_sample_catalogues_them(world: Any) -> None:
    load_lake(ORGANISATION, endpoint_url=world.aws.endpoint_url)
    at = desk(world)
    subject = next(
        entry.subject for entry in ORGANISATION.directory("https://idp") if entry.subject.name == "Gus Moreau"
    )
    done = at.carry_out(subject, ["loans"], WHOSE, NOW, remove=False)
    assert [line.change for line in done.lines] == [Change.ADDED, Change.ADDED]
    made = {item.source: item for item in at.store.catalogue().items if isinstance(item, TableItem)}
    sample = [item for item in ORGANISATION.catalogue_items() if isinstance(item, TableItem)]
    assert set(made) == {item.source for item in sample}
    for item in sample:
        other = made[item.source]
        assert (other.title, other.location, other.roots) == (item.title, item.location, ())
        assert (other.owner_team, other.product, other.domain) == (item.owner_team, item.product, item.domain)
        assert {c for g in other.groups for c in g.columns} == {c for g in item.groups for c in g.columns}
        assert other.classification is Classification.RESTRICTED
    assert at.store.catalogue().generation == done.generation == 1

    known = desk(world, ORGANISATION.catalogue_items()).plan(["loans"], Newcomer(), remove=True)
    assert {line.change for line in known.lines} == {Change.UNCHANGED}
    with pytest.raises(InvalidValue):
        at.plan(["nowhere"], WHOSE, remove=False)


@pytest.mark.aws
def test_partitions_that_lie_elsewhere_and_views_are_seen(world: Any) -> None:
    glue = world.root("glue")
    glue.create_database(DatabaseInput={"Name": "imported"})
    storage = {"Columns": [{"Name": "amount", "Type": "int"}], "Location": "s3://acme-prod-lake/parts/"}
    keys = [{"Name": "day", "Type": "string"}]
    table = {"Name": "parts", "StorageDescriptor": storage, "PartitionKeys": keys, "TableType": "EXTERNAL_TABLE"}
    glue.create_table(DatabaseName="imported", TableInput=table)
    for day, where in (("1", "s3://acme-prod-lake/parts/day=1/"), ("2", "s3://acme-old/day=2/")):
        partition = {"Values": [day], "StorageDescriptor": {**storage, "Location": where}}
        glue.create_partition(DatabaseName="imported", TableName="parts", PartitionInput=partition)
    view = {"Name": "seen", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": {"Columns": storage["Columns"]}}
    glue.create_table(DatabaseName="imported", TableInput=view)
    parts, seen = desk(world).plan(["imported"], WHOSE, remove=False).lines
    assert parts.item is not None
    assert [place.uri for place in parts.item.files] == ["s3://acme-prod-lake/parts/", "s3://acme-old/day=2/"]
    assert [c for g in parts.item.groups for c in g.columns] == ["amount", "day"]
    assert (seen.change, seen.item) == (Change.LEFT_OUT, None)
