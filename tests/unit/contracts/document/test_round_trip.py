"""Nothing of a document is lost on its way from YAML through the canonical form and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
import yaml

from jit_engine.contracts.document import read_contract, read_document
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.problems import ContractInvalid
from jit_engine.contracts.terms import Contract
from jit_engine.domain.ids import ContractId, SubjectId
from platform_api.db.columns import Document

TEXT = (Path(__file__).parent / "loans.odcs.yaml").read_text("utf-8")


def terms_of(document: Mapping[str, DocumentJson]) -> Contract:
    return read_contract(document, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"))


def test_the_document_is_what_the_text_says() -> None:
    assert read_document(TEXT).value == yaml.safe_load(TEXT)


def test_the_canonical_form_reads_back_as_the_same_document_and_the_same_terms() -> None:
    first = read_document(TEXT).value
    canonical = rfc8785.dumps(first)
    again = read_document(canonical.decode("utf-8")).value
    assert again == first
    assert rfc8785.dumps(again) == canonical
    assert terms_of(again) == terms_of(first)


def test_yaml_written_anew_from_the_document_reads_back_as_the_same() -> None:
    first = read_document(TEXT).value
    assert read_document(yaml.safe_dump(dict(first), allow_unicode=True, sort_keys=False)).value == first


def test_what_the_database_keeps_is_the_document() -> None:
    from sqlalchemy.dialects import sqlite

    first, column = read_document(TEXT).value, Document()
    kept = column.process_bind_param(first, sqlite.dialect())
    assert column.process_result_value(kept, sqlite.dialect()) == first
    assert json.loads(kept or "") == first


def test_every_clause_of_the_sample_is_in_its_terms() -> None:
    terms = terms_of(read_document(TEXT).value)
    assert terms.forbidden == {"marketing-contacts"}
    assert terms.min_aggregation == 10
    assert terms.ends_at == datetime(2027, 9, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "canonical"), [("99.5", b"99.5"), ("0.000001", b"0.000001"), ("-0.10", b"-0.1"), ("24.0", b"24")]
)
def test_a_number_with_a_fraction_is_kept_and_signed_as_rfc_8785_writes_it(written: str, canonical: bytes) -> None:
    from sqlalchemy.dialects import sqlite

    read = read_document(TEXT.replace("value: 24,", f"value: {written},")).value
    text = rfc8785.dumps(read)
    assert b'"property":"latency","unit":"h","value":' + canonical + b"}" in text
    assert rfc8785.dumps(read_document(text.decode()).value) == text
    assert rfc8785.dumps(read_document(json.loads(text)).value) == text
    kept = Document().process_bind_param(read, sqlite.dialect())
    assert rfc8785.dumps(Document().process_result_value(kept, sqlite.dialect())) == text
    assert terms_of(read) == terms_of(read_document(TEXT).value)


@pytest.mark.parametrize(
    "written", ["0.12345678901234567890", "9007199254740993.5", "1e3", "1.5e3", "0.0000001", ".5", "+1.5"]
)
def test_a_number_that_two_readers_would_sign_differently_has_to_be_quoted(written: str) -> None:
    with pytest.raises(ContractInvalid, match="quote it"):
        read_document(TEXT.replace("value: 24,", f"value: {written},"))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e300, 1e-9])
def test_a_parsed_number_without_a_plain_form_is_refused(number: float) -> None:
    with pytest.raises(ContractInvalid, match="quote it"):
        read_document({"value": number})
