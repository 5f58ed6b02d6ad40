"""What everybody sees first: help, usage errors, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.failure import ExitCode
from cli.main import COMMANDS
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

HEAVY = {"rich", "httpx", "fastapi", "boto3", "botocore", "sqlalchemy", "yaml", "platform_api", "cedarpy"}


@pytest.mark.parametrize("words", [["--help"], ["grant", "--help"], ["activity", "register", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys, atexit\n"
        "from cli.main import main\n"
        "atexit.register(lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr))\n"
        f"main({words!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = set(done.stderr.split())
    assert "typer" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_list_has_help(anyone: Sluice, name: str) -> None:
    told = anyone(name, "--help")
    assert told.code == 0
    assert f"Usage: sluice {name}" in told.out


def test_the_list_names_every_command_and_every_exit_code(anyone: Sluice) -> None:
    told = anyone("--help")
    assert [name for name in COMMANDS if f"\n  {name} " not in told.out] == []
    assert [code for code in ExitCode if f"\n    {code.value}  " not in told.out] == []


def test_a_typing_error_is_answered_with_the_command_that_was_meant(anyone: Sluice) -> None:
    told = anyone("activty", "list")
    assert told.code == ExitCode.USAGE
    assert "activity" in told.err
    assert told.out == ""


@pytest.mark.case("CLI-013")
def test_a_token_is_not_taken_as_an_argument_and_not_repeated(anyone: Sluice) -> None:
    told = anyone("--token", "eyJhbGciOi.secret", "grant", "list")
    assert told.code == ExitCode.USAGE
    assert "secret" not in told.err + told.out


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (401, "token-invalid", ExitCode.SIGNED_OUT),
        (403, "forbidden", ExitCode.REFUSED),
        (404, "not-found", ExitCode.NOT_FOUND),
        (409, "wrong-state", ExitCode.REFUSED),
        (422, "fields-invalid", ExitCode.USAGE),
        (500, "internal-error", ExitCode.FAILED),
        (503, "aws-unavailable", ExitCode.UNAVAILABLE),
    ],
)
def test_each_problem_ends_with_its_documented_code(
    sluice: Sluice, platform: FakePlatform, status: int, code: str, ends: ExitCode
) -> None:
    platform.refuses("POST", "/v1/grants/gr_1/revoke", status, code)
    told = sluice("grant", "revoke", "gr_1", "--reason", "over")
    assert told.code == ends
    assert told.out == ""
    assert code in told.err
    assert "req-12345678" in told.err


def test_every_error_of_a_body_is_told_with_its_mending(sluice: Sluice, platform: FakePlatform) -> None:
    errors = [
        {"field": "duration", "message": "too long", "fix": "ask for PT8H at most"},
        {"field": "sources.0.prefix", "message": "lacks its slash", "fix": "end it with a slash"},
    ]
    platform.refuses("POST", "/v1/grants/gr_1/revoke", 422, "fields-invalid", errors=errors, corrected="loans/")
    told = sluice("grant", "revoke", "gr_1", "--reason", "over")
    for expected in ("duration: too long", "ask for PT8H at most", "sources.0.prefix", "end it with a slash", "loans/"):
        assert expected in told.err


def test_a_platform_that_is_not_there_is_unavailable_and_says_how_to_start_it(
    anyone: Sluice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_API", "http://127.0.0.1:1")
    monkeypatch.setenv("SLUICE_TOKEN", "token")
    told = anyone("whoami")
    assert told.code == ExitCode.UNAVAILABLE
    assert "sluice up" in told.err


def test_what_could_steer_a_terminal_is_spelled_out(sluice: Sluice, platform: FakePlatform) -> None:
    title = "loans\x1b]0;owned\x07 \u202eevil"
    platform.answers("GET", "/v1/activities", {"items": [{"name": "a", "title": title}], "next_cursor": None})
    told = sluice("activity", "list")
    assert "\x1b" not in told.out
    assert "\u202e" not in told.out
    assert "\\u001b" in told.out


def test_json_is_the_answer_of_the_api(sluice: Sluice, platform: FakePlatform) -> None:
    answer = {"id": "pe_1", "name": "Dana", "kind": "person", "teams": ["risk"], "activities": []}
    platform.answers("GET", "/v1/me", answer)
    assert sluice("whoami", "--json").json == answer
    assert platform.asked[0].headers["Authorization"] == "Bearer token-of-dana"


def test_a_list_is_read_to_its_last_page(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/policies", {"items": [{"id": "one"}], "next_cursor": "c1"})
    platform.answers("GET", "/v1/policies", {"items": [{"id": "two"}], "next_cursor": None})
    assert sluice("policy", "list", "--json").json == {"items": [{"id": "one"}, {"id": "two"}], "next_cursor": None}
    assert [one.query.get("cursor") for one in platform.asked] == [None, "c1"]


def test_a_terminal_gets_a_fitted_table(
    sluice: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.render._on_terminal", lambda: True)
    platform.answers("GET", "/v1/policies", {"items": [{"id": "[red]one", "title": "T"}], "next_cursor": None})
    told = sluice("policy", "list")
    assert "[red]one" in told.out
    assert "━" in told.out or "─" in told.out
