"""The sample organisation and its lake: what is loaded is what the CSV holds."""

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from botocore.exceptions import ClientError

from jit_engine.contracts.document import read_contract, read_document
from jit_engine.domain.catalogue import PrefixItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.tier import Tier
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.aws_process import REGION
from platform_api.embedded.errors import SampleInvalid
from platform_api.embedded.lake import FILE_NAME, HISTORY, NUMBERS, load_lake
from platform_api.embedded.loopback import EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.organisation import load_organisation, sample_path, sample_text
from platform_api.registry.contract_checks import contract_id_of
from tests.support.sources import ROOT

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORGANISATION = load_organisation()
PERSONAL = {"age_years", "personal_status_and_sex", "foreign_worker", "telephone"}


def rows() -> list[dict[str, str]]:
    with sample_path("german_credit.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.aws
def test_the_loaded_lake_reads_back_as_the_csv(world: Any) -> None:
    loaded = load_lake(ORGANISATION, endpoint_url=world.aws.endpoint_url)
    assert load_lake(ORGANISATION, endpoint_url=world.aws.endpoint_url) == loaded
    assert {table.name: table.rows for table in loaded} == {"loans.applications": 1000, "loans.applicants": 1000}
    source, seen = rows(), set()
    for table in loaded:
        bucket, _, key = table.uri.removeprefix("s3://").partition("/")
        body = world.root("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        found = pq.read_table(io.BytesIO(body))
        expected = [
            {name: int(row[name]) if name in NUMBERS else row[name] for name in found.column_names} for row in source
        ]
        assert found.to_pylist() == expected
        seen |= set(found.column_names)
        described = world.root("glue").get_table(DatabaseName="loans", Name=table.name.removeprefix("loans."))["Table"]
        assert [c["Name"] for c in described["StorageDescriptor"]["Columns"]] == found.column_names
        assert table.uri.startswith(described["StorageDescriptor"]["Location"])
    assert seen == set(source[0])


@pytest.mark.aws
def test_the_analysis_prints_the_default_rates_of_the_csv(world: Any) -> None:
    load_lake(ORGANISATION, endpoint_url=world.aws.endpoint_url)
    ended = subprocess.run(
        [sys.executable, str(sample_path("analysis.py")), "s3://acme-prod-lake/loans/facts/", "--json"],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": world.aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    loans = Counter(row["purpose"] for row in rows())
    bad = Counter(row["purpose"] for row in rows() if row["outcome"] == "bad")
    assert json.loads(ended.stdout) == [
        {"purpose": purpose, "loans": loans[purpose], "bad": bad[purpose], "rate": bad[purpose] / loans[purpose]}
        for purpose in sorted(loans)
    ]
    assert sum(bad.values()) == 300
    assert (loans["car (new)"], bad["car (new)"]) == (234, 89)


@pytest.mark.aws
def test_what_the_bureau_knows_lies_in_its_own_account(world: Any) -> None:
    load_lake(ORGANISATION, endpoint_url=world.aws.endpoint_url)
    (away,) = [one for one in ORGANISATION.catalogue.prefixes if one.account is not None]
    assert away.account == EMBEDDED_DATA_ACCOUNT
    key = f"{away.prefix}{FILE_NAME}"
    with pytest.raises(ClientError, match="AccessDenied"):
        world.root("s3").get_object(Bucket=away.bucket, Key=key)
    session = root_session(REGION, away.account)
    owner = session.client("s3", endpoint_url=world.aws.endpoint_url, config=CONFIG)
    found = pq.read_table(io.BytesIO(owner.get_object(Bucket=away.bucket, Key=key)["Body"].read()))
    assert (found.num_rows, set(found.column_names)) == (1000, set(HISTORY))


def test_the_analysis_knows_nothing_of_the_platform() -> None:
    assert "sluice" not in sample_path("analysis.py").read_text().lower()


def test_the_personal_columns_lie_apart_and_are_marked_personal() -> None:
    items = ORGANISATION.catalogue_items()
    tables = {item.source.table: item for item in items if isinstance(item, TableItem)}
    columns = {name: {column for group in item.groups for column in group.columns} for name, item in tables.items()}
    assert columns["applicants"] == PERSONAL | {"application_id"}
    assert columns["applications"] | columns["applicants"] == set(rows()[0])
    assert columns["applications"] & columns["applicants"] == {"application_id"}
    assert not tables["applications"].classes
    assert tables["applicants"].classes == {"personal"}
    (people,), (facts,) = tables["applicants"].files, tables["applications"].files
    assert not people.overlaps(facts)
    prefixes = {item.source.uri: item for item in items if isinstance(item, PrefixItem)}
    assert all(place.uri in prefixes for table in tables.values() for place in table.files)


def test_the_sample_contract_holds_the_terms_of_the_story() -> None:
    document = read_document(sample_text("loans.odcs.yaml", NOW)).value
    contract_id = contract_id_of(str(document["id"]))
    contract = read_contract(document, contract_id=contract_id, proposer=SubjectId("pe_x"))
    assert contract.starts_at < NOW < contract.ends_at
    assert contract.owner_team == "lending-data-owners"
    assert contract.purposes == {
        "lending/credit-risk-research",
        "lending/credit-risk-reporting",
        "lending/fairness-testing",
    }
    assert contract.purposes | contract.denied_purposes <= set(ORGANISATION.purpose_tree())
    assert {table for scope in contract.tables for table in scope.tables} == {"applications", "applicants"}
    assert set(contract.stages) == set(Tier)
    assert [tier for tier in Tier if contract.stages[tier].writes_production] == [Tier.OPERATION]
    others = [read_document(sample_text(name, NOW)).value for name in ("services.odcs.yaml", "histories.odcs.yaml")]
    every = [
        contract,
        *(read_contract(d, contract_id=contract_id_of(str(d["id"])), proposer=SubjectId("pe_x")) for d in others),
    ]
    assert all(sum(one.covers(item.source) for one in every) == 1 for item in ORGANISATION.catalogue_items())


def test_the_sample_contract_describes_the_tables_as_they_are() -> None:
    document = yaml.safe_load(sample_text("loans.odcs.yaml", NOW))
    described = {
        table["physicalName"]: {p["name"]: p["classification"] for p in table["properties"]}
        for table in document["schema"]
    }
    catalogued = {
        table.table: {column: group.classification.value for group in table.groups for column in group.columns}
        for table in ORGANISATION.catalogue.tables
    }
    assert described == catalogued


def test_the_sample_activity_names_what_there_is() -> None:
    activity = yaml.safe_load(sample_text("activity.yaml", NOW))
    document = yaml.safe_load(sample_text("loans.odcs.yaml", NOW))
    logins = {one.login for one in ORGANISATION.members}
    assert activity["contracts"] == [contract_id_of(document["id"])]
    assert {*activity["members"], *activity["workloads"]} <= logins
    assert set(activity["purposes"]) <= set(ORGANISATION.purpose_tree())
    assert datetime.fromisoformat(activity["ends_at"]) > NOW


def test_the_sample_activity_is_refused_personal_data_by_the_policy_and_not_by_its_own_ceiling() -> None:
    ceiling = Classification(yaml.safe_load(sample_text("activity.yaml", NOW))["data_classification"])
    assert max(item.classification.rank for item in ORGANISATION.catalogue_items()) <= ceiling.rank


def test_the_sample_activity_has_a_purpose_that_the_contract_does_not_allow() -> None:
    activity = yaml.safe_load(sample_text("activity.yaml", NOW))
    (property_,) = yaml.safe_load(sample_text("loans.odcs.yaml", NOW))["customProperties"]
    allowed = set(property_["value"]["purposes"]["allow"])
    assert set(activity["purposes"]) & allowed
    assert set(activity["purposes"]) - allowed


def test_every_placeholder_of_the_sample_is_filled() -> None:
    for name in ("loans.odcs.yaml", "services.odcs.yaml", "histories.odcs.yaml", "activity.yaml"):
        assert "{{" in sample_text(name)
        assert "{{" not in sample_text(name, NOW)
    assert 'until: "2027-11-23T10:00:00Z"' in sample_text("loans.odcs.yaml", NOW)
    assert 'from: "2026-10-24T10:00:00Z"' in sample_text("loans.odcs.yaml", NOW)


def test_the_directory_has_a_person_or_a_workload_for_each_login() -> None:
    directory = ORGANISATION.directory("http://127.0.0.1:9000")
    assert {entry.login for entry in directory} == {one.subject for one in ORGANISATION.logins()}
    assert {entry.subject.id[:3] for entry in directory} == {"pe_", "wl_"}
    (approval,) = ORGANISATION.approvals()
    assert (approval.team, approval.max_classification) == ("lending-science", Classification.CONFIDENTIAL)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("login: sam,", "login: dana,", "login dana occurs twice"),
        ("subject: sam,", "subject: dana,", "subject dana occurs twice"),
        ("teams: [privacy-office]", "teams: [nobodys]", "unknown team nobodys"),
        ("parent: lending}", "parent: lendings}", "unknown parent lendings"),
        ("purposes: [lending]}", "purposes: [gaming]}", "unknown purpose gaming"),
        ("zone: report", "zone: moon", "moon"),
        ("prefix: loans/facts/,", "prefix: loans/facts,", "end the prefix with a slash"),
        ('account: "000000000000"', "account: 0", "account"),
        ("pe_01K0", "pe_U1K0", "people.0.id"),
        ("name: Acme Bank", "name: Acme Bank\ncolour: red", "colour"),
    ],
)
def test_an_organisation_that_contradicts_itself_is_refused(before: str, after: str, problem: str) -> None:
    text = sample_text("organisation.yaml")
    assert before in text
    with pytest.raises(SampleInvalid, match=r"organisation\.yaml") as refused:
        load_organisation(text.replace(before, after))
    assert problem in str(refused.value)


def test_the_data_is_carried_with_its_attribution() -> None:
    text = sample_path("ATTRIBUTION.md").read_text()
    assert "Hans Hofmann" in text
    assert "CC BY 4.0" in text
    assert sample_path("german_credit.csv").is_relative_to(ROOT)
