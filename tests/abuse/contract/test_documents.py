"""Contract documents that somebody sends: what two readers would take differently, or what would take all memory,
is refused over HTTP with its path, its line and its remedy; nothing of it is kept.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from platform_api.embedded.organisation import filled, sample_text
from tests.abuse.rows import rows
from tests.support.platform import Cast, made
from tests.support.standing import Standing

VALIDATE, PROPOSE, DRAFT = "/v1/contracts/validate", "/v1/contracts", "/v1/contracts/drafts"


@pytest.fixture
def text(cast: Cast) -> str:
    """The sample's contract as its author wrote it, with its times filled in, in a version that is not taken."""
    found = filled(sample_text("loans.odcs.yaml"), cast.platform.now())
    assert "\nversion: 1.0.0\n" in found
    return found.replace("\nversion: 1.0.0\n", "\nversion: 1.9.0\n")


def nested(depth: int) -> str:
    return "x: " + "[" * depth + "]" * depth + "\n"


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
END = "description:\n"
TEXTS: dict[str, tuple[Callable[[str], str], str]] = {
    "CON-022 a tag that calls": (lambda t: t + 'x: !!python/object/apply:os.system ["id"]\n', "tag"),
    "CON-022 a tag that makes an object": (lambda t: t + "x: !!python/object:object {}\n", "tag"),
    "CON-022 a tag of one's own": (lambda t: t + "x: !run id\n", "tag"),
    "CON-022 a tag in another spelling": (lambda t: t + "x: !<tag:yaml.org,2002:python/name:os.system> ''\n", "tag"),
    "CON-022 a bomb of aliases": (lambda t: t + LAUGHS, "alias"),
    "CON-022 an alias": (lambda t: t + "x: &x [1]\ny: *x\n", "alias"),
    "CON-022 an alias to itself": (lambda t: t + "x: &x [*x]\n", "alias"),
    "CON-022 a merge": (lambda t: t + "<<: {status: active}\n", "merge"),
    "CON-022 lists ten thousand deep": (lambda t: t + nested(10_000), "deep"),
    "CON-022 lists a hundred deep": (lambda t: t + nested(100), "deep"),
    "CON-022 two documents": (lambda t: t + "---\n" + t, "another document"),
    "CON-023 the country Norway": (lambda t: t + "country: NO\n", "quote it"),
    "CON-023 off": (lambda t: t + "write: off\n", "quote it"),
    "CON-023 a key that is a word": (lambda t: t + "on: x\n", "quote it"),
    "CON-023 a number in base sixty": (lambda t: t + "at: 22:30\n", "quote it"),
    "CON-023 an account as a number": (lambda t: t + "account: 012345678901\n", "quote it"),
    "CON-004 a key twice": (lambda t: t + "version: 9.9.9\n", "given twice"),
    "CON-004 a key twice in other quotes": (lambda t: t + '"version": 9.9.9\n', "given twice"),
    "CON-005 a version that is a float": (lambda t: t.replace("version: 1.9.0", "version: 1.9"), "quote it"),
    "CON-005 a time without quotes": (
        lambda t: t + "made: 2026-10-01T00:00:00Z\n", "quote it",
    ),
    "CON-005 a day without quotes": (lambda t: t + "made: 2026-10-01\n", "quote it"),
    "CON-005 a time in UTC's other spelling": (lambda t: t + "made: 2026-10-01 00:00:00\n", "quote it"),
    "CON-005 an infinity": (lambda t: t + "n: .inf\n", "quote it"),
    "CON-022 nothing": (lambda _: "", "mapping"),
    "CON-022 a list": (lambda _: "- a\n", "mapping"),
    "CON-022 no YAML": (lambda _: "a: [1\n", "YAML"),
    "CON-022 a control character": (lambda t: t + "x: \x07\n", "YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(TEXTS))
def test_a_text_that_can_be_read_in_two_ways_is_refused_with_its_line(
    cast: Cast, standing: Standing, text: str, case: tuple[Callable[[str], str], str]
) -> None:
    edit, said = case
    assert edit(text) != text
    before = made(cast.pat.get("/v1/contracts", limit=200))
    checked = made(cast.pat.post(VALIDATE, {"document_yaml": edit(text)}))
    assert checked["valid"] is False
    problems = checked["problems"]
    assert any(said in f"{problem['message']} {problem['fix']}" for problem in problems), problems
    assert all(problem["path"] and problem["fix"] for problem in problems)
    for path in (PROPOSE, DRAFT):
        refused = cast.pat.post(path, {"document_yaml": edit(text)})
        assert (refused.status_code, refused.json()["code"]) == (422, "contract-invalid"), refused.text
    assert cast.last_rejection()["details"]["code"] == "contract-invalid"
    assert made(cast.pat.get("/v1/contracts", limit=200)) == before


def test_the_text_of_these_tests_is_a_contract(cast: Cast, text: str) -> None:
    checked = made(cast.pat.post(VALIDATE, {"document_yaml": text}))
    assert (checked["valid"], checked["problems"]) == (True, [])


@pytest.mark.case("CON-022")
def test_a_text_that_is_too_large_is_refused_unread(cast: Cast, standing: Standing, text: str) -> None:
    refused = cast.pat.post(VALIDATE, {"document_yaml": text + "# " + "x" * 1_000_000})
    assert refused.status_code in (413, 422)
    assert refused.json()["code"] in ("body-too-large", "fields-invalid")


# ---- the usage terms are closed


def terms_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["customProperties"][0]["value"]
    return found


TERMS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "CON-004 an end without its zone": (
        lambda terms: terms["effective"].update(until="2026-11-23T23:59:59"), "effective.until",
    ),
    "CON-004 an end that is a day": (lambda terms: terms["effective"].update(until="2026-11-23"), "effective.until"),
    "CON-005 an end that is a number": (lambda terms: terms["effective"].update(until=1790000000), "effective.until"),
    "CON-005 an end that is milliseconds": (
        lambda terms: terms["effective"].update(until="1790000000000"), "effective.until",
    ),
    "CON-007 an end in a zone of its own": (lambda terms: terms["effective"].update(tz="Europe/Berlin"), "effective"),
    "CON-007 an hour that the clock shows twice": (
        lambda terms: terms["effective"].update(until="2026-10-25T02:30:00"), "effective.until",
    ),
    "CON-007 a zone by its name": (
        lambda terms: terms["effective"].update(until="2026-10-25T02:30:00[Europe/Berlin]"), "effective.until",
    ),
    "CON-008 an offset that overflows": (
        lambda terms: terms["effective"].update(until="9999-12-31T23:59:59-14:00"), "effective.until",
    ),
    "CON-008 an offset of a hundred hours": (
        lambda terms: terms["effective"].update(until="2027-01-01T00:00:00+99:00"), "effective.until",
    ),
    "CON-008 an offset before the first year": (
        lambda terms: terms["effective"].update({"from": "0001-01-01T00:00:00+14:00"}), "effective.from",
    ),
    "CON-010 an end before its start": (
        lambda terms: terms["effective"].update(until="2001-01-01T00:00:00Z"), "effective",
    ),
    "CON-022 a key that nobody knows": (lambda terms: terms.update(admin=True), "value"),
    "CON-022 a key that nobody knows, deep inside": (lambda terms: terms["duration"].update(unless="x"), "duration"),
    "CON-023 a word that is a flag": (lambda terms: terms["duration"].update(max=True), "duration.max"),
    "CON-005 a duration that is a number": (lambda terms: terms["duration"].update(max=3600), "duration.max"),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(TERMS))
def test_terms_of_another_form_are_refused_by_their_path(
    cast: Cast, standing: Standing, text: str, case: tuple[Callable[[dict[str, Any]], object], str]
) -> None:
    edit, where = case
    document: dict[str, Any] = copy.deepcopy(yaml.safe_load(text))
    assert made(cast.pat.post(VALIDATE, {"document": document}))["valid"] is True
    edit(terms_of(document))
    checked = made(cast.pat.post(VALIDATE, {"document": document}))
    assert checked["valid"] is False
    assert any(where in problem["path"] for problem in checked["problems"]), checked["problems"]
    assert cast.pat.post(PROPOSE, {"document": document}).status_code == 422


RAW: dict[str, bytes] = {
    "CON-022 a key twice in the document": b'{"document": {"version": "1.9.0", "version": "2.0.0"}}',
    "CON-022 the document twice": b'{"document_yaml": "a: 1", "document_yaml": "b: 1"}',
    "CON-022 bytes of no encoding": b'{"document_yaml": "\xff\xfe"}',
    "CON-022 deep JSON": b'{"document": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
    "CON-005 a number that is none": b'{"document": {"n": NaN}}',
    "CON-005 a number of five thousand digits": b'{"document": {"n": ' + b"9" * 5000 + b"}}",
}


@pytest.mark.parametrize("raw", rows(RAW))
def test_a_body_that_can_be_read_in_two_ways_is_refused(cast: Cast, standing: Standing, raw: bytes) -> None:
    for path in (VALIDATE, PROPOSE):
        refused = cast.pat.send(path, raw)
        assert (refused.status_code, refused.json()["code"]) == (422, "body-invalid"), refused.text
