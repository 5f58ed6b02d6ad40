"""Every kind's identity is parsed from one canonical text, and what IAM would expand or cut short is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from jit_engine.domain.databases import RdsDatabase
from jit_engine.domain.services import BedrockModel, DynamoTable, PublicEndpoint, Secret, ServiceSource, contains
from jit_engine.domain.source import Operation, Source
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import KINDS, cedar_action, kind_of, source_of_uri
from policy.vocabulary import vocabulary
from tests.fakes import world
from tests.fakes.services import (
    EVENTS,
    EVERY,
    LEDGER,
    MODEL,
    SCORES,
    SCORES_ALONE,
    SCORES_OF_ONE_ALONE,
    SCORES_OF_TWO,
    TOKEN,
    WAREHOUSE,
)

ALL: tuple[Source, ...] = (
    world.FACTS_PREFIX, world.LOANS, *EVERY, SCORES_OF_TWO, SCORES_ALONE, SCORES_OF_ONE_ALONE,
)  # fmt: skip


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.uri)
def test_a_uri_names_its_source_and_nothing_else(source: Source) -> None:
    assert source_of_uri(source.uri, account=world.ACCOUNT) == source
    uri = source.uri
    for other in (f"{uri} ", f"{uri}\n", f"{uri}//", uri.replace("://", ":/"), f"{uri}*"):
        with pytest.raises(InvalidValue):
            source_of_uri(other, account=world.ACCOUNT)


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.uri)
def test_a_source_is_read_back_as_its_own_kind(source: Source) -> None:
    adapter: TypeAdapter[Source] = TypeAdapter(Source)
    assert adapter.validate_json(adapter.dump_json(source)) == source


def test_every_kind_of_identity_is_in_the_list_once() -> None:
    assert {kind_of(source).name for source in ALL} == {kind.name for kind in KINDS}
    assert len({kind.name for kind in KINDS}) == len({kind.scheme for kind in KINDS}) == len(KINDS)
    assert all(isinstance(source, kind_of(source).identity) for source in ALL)


def test_every_action_that_a_kind_asks_for_applies_to_its_type_in_the_schema() -> None:
    for kind in KINDS:
        for offer in kind.offers.values():
            assert kind.entity in vocabulary().actions[offer.cedar].resources, (kind.name, offer.cedar)


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.kind)
def test_deleting_is_offered_by_no_kind_and_writing_by_two(source: ServiceSource) -> None:
    with pytest.raises(InvalidValue, match="offers"):
        cedar_action(source, Operation.DELETE)
    assert (Operation.INSERT in kind_of(source).offers) is (source in (SCORES, EVENTS))


def _fields(source: ServiceSource) -> dict[str, Any]:
    return {name: getattr(source, name) for name in source.__slots__}


STRANGE = (
    "", " ", "*", "a*", "?", "${aws:username}", "a/../b", "%2e%2e", "a\n", "a\t", "a\x00", "а", "é", "١", "＊",
    "arn:aws:s3:::x", 'x","Resource":"*', "a" * 600, "a:*", "\u200b", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("source", EVERY, ids=lambda source: source.kind)
@pytest.mark.parametrize("strange", STRANGE, ids=ascii)
def test_no_name_holds_what_iam_reads_otherwise(source: ServiceSource, strange: str) -> None:
    fields = [name for name in source.__slots__ if name not in ("kind", "keys", "attributes", "columns")]
    for field in fields:
        with pytest.raises(InvalidValue):
            type(source)(**{**_fields(source), field: strange})


@pytest.mark.parametrize("field", ["keys", "attributes"])
@pytest.mark.parametrize("strange", [s for s in STRANGE if s not in ("a:*", "arn:aws:s3:::x")], ids=ascii)
def test_no_part_of_a_table_holds_it_either(field: str, strange: str) -> None:
    with pytest.raises(InvalidValue):
        DynamoTable(**{**_fields(SCORES), field: (strange,)})


@pytest.mark.parametrize("strange", STRANGE, ids=ascii)
def test_no_column_of_a_database_holds_it_either(strange: str) -> None:
    with pytest.raises(InvalidValue):
        replace(LEDGER, columns=(strange,))


PAYMENTS = f"rds://{world.ACCOUNT}/{world.REGION}/{LEDGER.resource}"


@pytest.mark.parametrize(
    "rest",
    [
        "/lending/public",
        "/lending/public/payments/columns",
        "/lending/public/payments/columns/",
        "/lending/public/payments/columns/b,a",
        "/lending/public/payments/columns/a,a",
        "/lending/public/payments/rows/a",
        "/lending//payments",
        "/lending/pg_catalog/pg_authid",
        "/lending/PG_TOAST/x",
        "/lending/information_schema/tables",
        '/lending/public/pay"ments',
        "/lending/public/payments;--",
    ],
)
def test_a_part_of_a_database_is_written_in_one_way(rest: str) -> None:
    with pytest.raises(InvalidValue):
        source_of_uri(PAYMENTS + rest, account="")


def test_a_part_of_a_database_lies_in_what_is_around_it_and_nowhere_else() -> None:
    whole = RdsDatabase(account=LEDGER.account, region=LEDGER.region, resource=LEDGER.resource)
    around = [whole, replace(whole, database="lending"), replace(LEDGER, columns=())]
    part = replace(LEDGER, columns=("amount", "id"))
    others = (
        replace(LEDGER, database="other"),
        replace(LEDGER, schema="other"),
        replace(LEDGER, table="payments_2"),
        replace(LEDGER, columns=("amount",)),
        replace(LEDGER, resource="db-ABCDEFGHIJKLMNOPQRSTUVWXYY"),
        replace(LEDGER, region="eu-west-1"),
        WAREHOUSE,
    )
    for position, outer in enumerate(around):
        assert contains(outer, part)
        assert all(contains(outer, inner) for inner in around[position:])
        assert not any(contains(outer, wider) for wider in around[:position])
    assert not any(contains(other, part) for other in others)
    assert contains(part, replace(LEDGER, columns=("id",)))
    assert not contains(part, LEDGER)


def test_a_part_is_written_in_one_way() -> None:
    for uri in (
        f"{SCORES.uri}/keys/b,a",
        f"{SCORES.uri}/keys/a,a",
        f"{SCORES.uri}/keys/",
        f"{SCORES.uri}/keys",
        f"{SCORES.uri}/attributes/id/keys/a",
        f"{SCORES.uri}/items/a",
        f"{SCORES.uri}/keys/a/keys/b",
    ):
        with pytest.raises(InvalidValue):
            source_of_uri(uri, account="")


def test_a_part_lies_in_what_names_no_fewer_keys_and_attributes() -> None:
    one = replace(SCORES, keys=("a",))
    two = replace(SCORES, keys=("a", "b"))
    assert SCORES.contains(one)
    assert two.contains(one)
    assert not one.contains(two)
    assert not one.contains(SCORES)
    assert not replace(SCORES, attributes=("id",)).contains(SCORES)
    assert not replace(SCORES, table="scores2").contains(one)
    assert replace(SCORES, keys=("b", "c")).overlaps(two)
    assert not replace(SCORES, keys=("c",)).overlaps(two)
    assert replace(SCORES, attributes=("x",)).overlaps(two)


@pytest.mark.parametrize("version", ["DRAFT", "0", "01", "1.0", "-1", "$LATEST"])
def test_a_guardrail_is_pinned_to_a_numbered_version(version: str) -> None:
    with pytest.raises(InvalidValue, match="numbered version"):
        replace(MODEL, version=version)


@pytest.mark.parametrize("model", ["anthropic.*", "anthropic.claude-?", "claude", "us.anthropic.claude/x", "*"])
def test_a_model_is_one_model(model: str) -> None:
    with pytest.raises(InvalidValue):
        BedrockModel(account=world.ACCOUNT, region=world.REGION, model=model, guardrail="gr1ab2cd3ef4", version="1")


@pytest.mark.parametrize(
    "secret", ["lending/bureau", "lending/bureau-AbC12", "lending/bureau-??????", "-AbC123", "/x-AbC123"]
)
def test_a_secret_is_named_with_its_six_characters(secret: str) -> None:
    with pytest.raises(InvalidValue):
        Secret(account=world.ACCOUNT, region=world.REGION, secret=secret)


@pytest.mark.parametrize(
    "host",
    ["localhost", "*.ecb.europa.eu", "ecb.europa.eu.", "10.0.0.1", "169.254.169.254", "[::1]", "ECB.europa.eu",
     "ecb.europa.eu:443", "ecb.europa.eu/data", "user@ecb.europa.eu", "ecb..eu", "-ecb.eu", "0x7f.1"],
)  # fmt: skip
def test_an_endpoint_is_one_host_by_name(host: str) -> None:
    with pytest.raises(InvalidValue):
        PublicEndpoint(host=host)


def test_a_database_is_named_by_its_resource_id_and_never_by_a_pattern() -> None:
    for resource in ("*", "db-*", "lending", "db-abcdefghijklmnopqrstuvwxyz", "prx-ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        with pytest.raises(InvalidValue):
            RdsDatabase(account=world.ACCOUNT, region=world.REGION, resource=resource)


def test_a_secret_whose_name_holds_slashes_is_one_secret() -> None:
    assert source_of_uri(TOKEN.uri, account="") == TOKEN


def test_a_table_of_many_keys_is_refused_rather_than_cut() -> None:
    with pytest.raises(InvalidValue, match="at most 50"):
        DynamoTable(
            account=world.ACCOUNT, region=world.REGION, table="scores", keys=tuple(f"{n:03}" for n in range(51))
        )
