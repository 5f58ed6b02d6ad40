"""What people mistype: each is answered by a sentence and what to do, ends with its code, and leaves no traceback."""

from __future__ import annotations

import codecs
import io
import os
from pathlib import Path

import pytest

from cli.failure import ExitCode
from jit_engine.errors import NotFound
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

ASK = ("request", "--activity", "ac_01JZZZZZZZZZZZZZZZZZZZZZZZ", "--env", "en_01JZZZZZZZZZZZZZZZZZZZZZZZ")
PAGE = {"items": [{"id": "one"}, {"id": "two"}], "next_cursor": "c1"}
LISTS = [
    (("activity", "list"), "/v1/activities"),
    (("env", "list"), "/v1/environments"),
    (("review", "list"), "/v1/reviews"),
    (("data", "list"), "/v1/sources"),
    (("data", "products"), "/v1/catalogue/products"),
    (("data", "databases"), "/v1/catalogue/databases"),
    (("requests", "list"), "/v1/access-requests"),
    (("approvals", "list"), "/v1/access-requests"),
    (("grant", "list"), "/v1/grants"),
    (("contract", "list"), "/v1/contracts"),
    (("policy", "list"), "/v1/policies"),
    (("policy", "versions"), "/v1/rulebooks"),
    (("policy", "decisions"), "/v1/decisions"),
    (("audit", "show"), "/v1/audit"),
]


@pytest.mark.parametrize(("words", "path"), LISTS)
def test_a_part_of_a_list_says_how_to_go_on(
    sluice: Sluice, platform: FakePlatform, words: tuple[str, ...], path: str
) -> None:
    platform.answers("GET", path, PAGE)
    shown = sluice(*words, "--limit", "2")
    assert shown.code == 0
    assert "--cursor c1" in shown.err
    part = sluice(*words, "--limit", "2", "--cursor", "c0", "--json")
    assert (len(part.json["items"]), part.json["next_cursor"]) == (2, "c1")
    assert (platform.asked[-1].query["limit"], platform.asked[-1].query["cursor"]) == ("2", "c0")
    assert sluice(*words, "--limit", "0").code == ExitCode.USAGE


@pytest.mark.parametrize(
    "words",
    [
        (*ASK, "--purpose", "lending", "s3://lake/\udcff/"),
        (*ASK, "--purpose", "lend\udcffing", "s3://lake/facts/"),
        ("grant", "show", "\udcff"),
        ("data", "list", "--q", "\udcff"),
    ],
)
def test_what_is_not_text_is_refused(sluice: Sluice, words: tuple[str, ...]) -> None:
    told = sluice(*words)
    assert told.code == ExitCode.USAGE
    assert "not text in UTF-8" in told.err


def test_a_terminal_that_cannot_show_an_answer_is_not_taken_for_a_slip_in_typing(
    sluice: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.answers("GET", "/v1/sources", {"items": [{"uri": "s3://lake/a/", "title": "Søknader"}]})
    monkeypatch.setattr("sys.stdout", codecs.getwriter("ascii")(io.BytesIO()))
    told = sluice("data", "list")
    assert told.code == ExitCode.FAILED
    assert "this terminal cannot show it all: it is set to ascii" in told.err
    assert "what was asked may be done" in told.err


@pytest.mark.parametrize(
    "address", ["https://ex ample.com", "https://✓.com", "https://", "nonsense", "http://127.0.0.1:99999"]
)
def test_an_address_that_is_none_is_not_asked(anyone: Sluice, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("SLUICE_TOKEN", "token")
    told = anyone("--api", address, "whoami")
    assert told.code == ExitCode.USAGE
    assert "is not an address" in told.err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not hold an object"),
        (b"- one\n", "does not hold an object"),
        (b"{", "line 1 is not readable YAML"),
        (b"[" * 20_000, "nested too deep"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"a" * (1 << 20) + b"a", "larger than 1 MiB"),
        (b"when: 2026-99-99T00:00:00Z\nn: 0x\n", None),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_no_activity_is_told_with_what_to_do(
    sluice: Sluice, platform: FakePlatform, surroundings: Path, content: bytes | None, why: str | None
) -> None:
    platform.refuses("POST", "/v1/activities", 422, "fields-invalid")
    file = surroundings / "activity.yaml"
    if content is not None:
        file.write_bytes(content)
    told = sluice("activity", "register", "activity.yaml")
    assert told.code == ExitCode.USAGE
    assert why is None or (why in told.err and "next: " in told.err)
    assert bool(platform.asked) is (why is None)


def test_a_folder_in_place_of_a_file_is_told(sluice: Sluice, surroundings: Path) -> None:
    (surroundings / "folder").mkdir()
    for words in (("activity", "register", "folder"), ("contract", "validate", "folder"), ("policy", "form", "folder")):
        told = sluice(*words)
        assert told.code == ExitCode.USAGE
        assert "is a directory" in told.err


@pytest.mark.parametrize("name", ["nowhere", "folder", "binary"])
def test_a_token_file_that_holds_none_is_told(anyone: Sluice, surroundings: Path, name: str) -> None:
    (surroundings / "folder").mkdir()
    (surroundings / "binary").write_bytes(b"\xff\x00")
    told = anyone("--api", "http://127.0.0.1:1", "--token-file", name, "whoami")
    assert told.code == ExitCode.USAGE
    assert "next: name a file that holds the access token alone" in told.err
    assert "Errno" not in told.err


def test_a_short_name_of_a_table_is_looked_up(sluice: Sluice, platform: FakePlatform) -> None:
    uri = "glue://111122223333/eu-central-1/loans/facts"
    beside = "glue://111122223333/eu-central-1/older_loans/facts"
    platform.answers("GET", "/v1/sources", {"items": [{"uri": uri}, {"uri": beside}], "next_cursor": None})
    platform.answers("GET", "/v1/sources/item", {"uri": uri})
    assert sluice("data", "show", "glue:loans.facts").code == 0
    assert platform.asked[-1].query["uri"] == uri
    told = sluice("data", "show", "facts")
    assert told.code == ExitCode.NOT_FOUND
    assert "sluice data list" in told.err


def test_a_short_name_that_two_tables_have_names_both(sluice: Sluice, platform: FakePlatform) -> None:
    uri, elsewhere = (f"glue://{account}/eu-central-1/loans/facts" for account in ("111122223333", "444455556666"))
    platform.answers("GET", "/v1/sources", {"items": [{"uri": uri}, {"uri": elsewhere}], "next_cursor": None})
    told = sluice("data", "show", "glue:loans.facts")
    assert told.code == ExitCode.NOT_FOUND
    assert f"2 sources are glue:loans.facts: {uri}, {elsewhere}" in told.err


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("list", "/v1/sources"),
        ("products", "/v1/catalogue/products"),
        ("databases", "/v1/catalogue/databases"),
    ],
)
def test_an_unknown_contract_is_not_an_empty_catalogue(
    sluice: Sluice, platform: FakePlatform, command: str, path: str
) -> None:
    unknown = NotFound(kind="contract", id="Loan aplications", fix="look for it: `sluice contract list`")
    platform.refuses("GET", path, 404, unknown.code, detail=str(unknown), fix=unknown.fix)
    told = sluice("data", command, "--contract", "Loan aplications")
    assert platform.paths() == [f"GET {path}"]  # the platform knows names as well as ids
    assert platform.asked[-1].query["contract"] == "Loan aplications"
    assert told.code == ExitCode.NOT_FOUND
    assert "no contract Loan aplications" in told.err
    assert "sluice contract list" in told.err


def test_a_mistyped_tier_is_told_with_the_tiers_there_are(sluice: Sluice, platform: FakePlatform) -> None:
    told = sluice(*ASK[:3], "--env", "reserch", "--purpose", "lending", "s3://lake/facts/")
    assert told.code == ExitCode.NOT_FOUND
    assert "reserch is neither a tier nor the id of an environment" in told.err
    assert "research, validation, operation" in told.err
    assert "sluice env list" in told.err
    assert platform.asked == []


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("glue:loans.aplications", "glue://111122223333/eu-central-1/loans/applications"),
        ("dynamodb:loan-event", "dynamodb://111122223333/eu-central-1/loan-events"),
    ],
)
def test_a_name_that_is_nearly_right_is_told_the_right_one(
    sluice: Sluice, platform: FakePlatform, typed: str, near: str
) -> None:
    platform.answers("GET", "/v1/sources", {"items": [], "next_cursor": None})
    other = {"uri": "s3://lake/loans/aplications/"}
    platform.answers("GET", "/v1/sources", {"items": [other, {"uri": near}], "next_cursor": None})
    told = sluice("data", "show", typed)
    assert told.code == ExitCode.NOT_FOUND
    assert f"did you mean {near}" in told.err


def test_an_environment_that_is_not_there_says_how_to_order_it(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/environments", {"items": [], "next_cursor": None})
    told = sluice(*ASK[:3], "--env", "operation", "--purpose", "lending", "s3://lake/facts/")
    assert told.code == ExitCode.NOT_FOUND
    assert "sluice env request ACTIVITY --tier operation" in told.err


def test_an_export_does_not_take_the_place_of_what_is_no_file(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    os.mkfifo(surroundings / "pipe")
    told = sluice("audit", "export", "-o", "pipe")
    assert told.code == ExitCode.USAGE
    assert "not a plain file" in told.err
    assert (surroundings / "pipe").is_fifo()
    assert platform.asked == []


def test_a_state_folder_that_is_a_file_is_told(anyone: Sluice, surroundings: Path) -> None:
    (surroundings / "file").write_text("")
    told = anyone("up", "--state", "file")
    assert told.code == ExitCode.USAGE
    assert "--state" in told.err


def test_what_this_machine_refuses_is_a_sentence(
    sluice: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    platform.answers("GET", "/v1/policies", PAGE | {"next_cursor": None})
    monkeypatch.setattr("cli.render._aligned", full)
    told = sluice("policy", "list")
    assert told.code == ExitCode.FAILED
    assert "no space left on device" in told.err


@pytest.mark.parametrize("command", ["migrate", "work", "serve"])
@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "sqlite:///text.db"])
def test_a_database_that_cannot_be_used_is_told(
    anyone: Sluice, surroundings: Path, monkeypatch: pytest.MonkeyPatch, command: str, url: str
) -> None:
    (surroundings / "text.db").write_text("no database" * 100)
    (surroundings / "settings.toml").write_text(SETTINGS.format(url=url))
    monkeypatch.setenv("SLUICEGATE_SETTINGS", "settings.toml")
    told = anyone("operate", command)
    assert told.code == ExitCode.UNAVAILABLE
    assert "database_url" in told.err


SETTINGS = """
database_url = "{url}"
embedded = true
[[issuers]]
issuer = "http://127.0.0.1:9000"
audience = "sluicegate"
jwks_url = "http://127.0.0.1:9000/jwks.json"
algorithms = ["ES256"]
[aws]
account_id = "000000000000"
region = "us-east-1"
endpoint_url = "http://127.0.0.1:9001"
broker_role_arn = "arn:aws:iam::000000000000:role/sluicegate/sluicegate-broker"
provisioner_role_arn = "arn:aws:iam::000000000000:role/sluicegate/sluicegate-provisioner"
purger_role_arn = "arn:aws:iam::000000000000:role/sluicegate/sluicegate-purger"
external_id = "0123456789abcdef0123456789abcdef"
access_key_id = "AKIA0000000000000000"
secret_access_key = "0000000000000000000000000000000000000000"
"""
