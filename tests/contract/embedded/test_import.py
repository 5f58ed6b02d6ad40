"""Importing the sample's tables from the embedded AWS's Glue, by the provisioner's own rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.glue_catalogue import GlueCatalogue
from jit_engine.domain.catalogue import CatalogueItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.errors import AccountNotServed, AwsRefused, InvalidValue
from jit_engine.rules.importing import Change, Newcomer
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.lake import load_lake
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.organisation import load_organisation
from platform_api.embedded.platform_roles import PROVISIONER_ROLE, role_arn
from platform_api.registry.importing import CatalogueDesk
from tests.fakes.registry import MemoryRegistry

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORGANISATION = load_organisation()
WHOSE = Newcomer(owner_team="lending-data-owners", product="loan-applications", domain="lending")


def desk(world: Any, items: tuple[CatalogueItem, ...] = ()) -> CatalogueDesk:
    account = world.account
    external_ids = {EMBEDDED_ACCOUNT: account.external_id, EMBEDDED_DATA_ACCOUNT: account.data_external_id}
    definitions = {}
    for number, external_id in external_ids.items():
        access = AwsAccess(
            region=account.region,
            endpoint_url=world.aws.endpoint_url,
            access_key_id=account.access_key_id,
            secret_access_key=account.secret_access_key,
            external_id=external_id,
        )
        calls = AwsCalls(access=access, role_arn=role_arn(number, PROVISIONER_ROLE))
        definitions[number] = GlueCatalogue(calls=calls, account=number, region=account.region)
    return CatalogueDesk(store=MemoryRegistry(items=items), home=EMBEDDED_ACCOUNT, definitions=definitions)


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
    with pytest.raises(InvalidValue, match=r"no nowhere is there: name one of .*loans"):
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


@pytest.fixture
def bureau(world: Any) -> Iterator[Any]:
    """A database of the second account, described by whoever owns that account."""
    session = root_session(world.account.region, EMBEDDED_DATA_ACCOUNT)
    glue = session.client("glue", endpoint_url=world.aws.endpoint_url, config=CONFIG)
    glue.create_database(DatabaseInput={"Name": "bureau"})
    storage = {"Columns": [{"Name": "score", "Type": "int"}], "Location": "s3://acme-bureau-lake/scores/"}
    glue.create_table(DatabaseName="bureau", TableInput={"Name": "scores", "StorageDescriptor": storage})
    yield glue
    glue.delete_database(Name="bureau")


@pytest.mark.aws
@pytest.mark.usefixtures("bureau")
def test_the_tables_of_another_account_come_from_its_own_glue_and_lie_there(world: Any) -> None:
    at = desk(world)
    (line,) = at.plan(["bureau"], WHOSE, remove=False, account=EMBEDDED_DATA_ACCOUNT).lines
    assert (line.uri, line.change) == ("glue://000000000001/us-east-1/bureau/scores", Change.ADDED)
    assert line.item is not None
    assert [(place.account, place.uri) for place in line.item.files] == [
        (EMBEDDED_DATA_ACCOUNT, "s3://acme-bureau-lake/scores/")
    ]
    with pytest.raises(InvalidValue):
        at.plan(["bureau"], WHOSE, remove=False)  # the platform's own account has no such database
    with pytest.raises(AccountNotServed):
        at.plan([], WHOSE, remove=False, account="111122223333")


@pytest.mark.aws
@pytest.mark.usefixtures("bureau")
def test_removing_what_one_account_describes_no_longer_leaves_the_other_accounts_alone(world: Any) -> None:
    theirs = desk(world).plan(["bureau"], WHOSE, remove=False, account=EMBEDDED_DATA_ACCOUNT).lines[0].item
    assert theirs is not None
    elsewhere = desk(world, (theirs,)).plan([], WHOSE, remove=True)
    assert theirs.source.uri not in {line.uri for line in elsewhere.lines}
    gone = replace(theirs, source=replace(theirs.source, table="gone"))
    lines = desk(world, (theirs, gone)).plan(["bureau"], WHOSE, remove=True, account=EMBEDDED_DATA_ACCOUNT).lines
    assert [(line.uri, line.change) for line in lines] == [
        (gone.source.uri, Change.REMOVED),
        (theirs.source.uri, Change.UNCHANGED),
    ]


@pytest.mark.aws
def test_an_account_that_does_not_let_the_platform_in_fails_alone(world: Any) -> None:
    at = desk(world)
    closed = at.definitions[EMBEDDED_DATA_ACCOUNT]
    assert isinstance(closed, GlueCatalogue)
    wrong = replace(closed.calls, access=replace(closed.calls.access, external_id="another-one-altogether"))  # type: ignore[attr-defined, type-var]
    at = replace(at, definitions={**at.definitions, EMBEDDED_DATA_ACCOUNT: replace(closed, calls=wrong)})
    with pytest.raises(AwsRefused):
        at.plan([], WHOSE, remove=False, account=EMBEDDED_DATA_ACCOUNT)
    assert at.plan([], WHOSE, remove=False).account == EMBEDDED_ACCOUNT
