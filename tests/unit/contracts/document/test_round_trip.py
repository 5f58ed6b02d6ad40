"""Nothing of a document is lost on its way from YAML through the canonical form and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import rfc8785
import yaml

from jit_engine.contracts.document import read_contract, read_document
from jit_engine.contracts.terms import Contract
from jit_engine.domain.event import Json
from jit_engine.domain.ids import ContractId, SubjectId
from platform_api.db.columns import Document

TEXT = (Path(__file__).parent / "loans.odcs.yaml").read_text("utf-8")


def terms_of(document: Mapping[str, Json]) -> Contract:
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
