"""Credentials: where they may be printed, how they are quoted, and what a profile holds."""

from __future__ import annotations

import configparser
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.answer import Doc
from cli.config_file import with_profile
from cli.delivery import exports, surroundings
from cli.failure import ExitCode, InputInvalid
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

GRANT = "gr_01J00000000000000000000000"
PATH = f"/v1/grants/{GRANT}/credentials"


def credentials(**changes: Any) -> dict[str, Any]:
    return {
        "access_key_id": "ASIA1",
        "secret_access_key": "s/+e=",
        "session_token": "t/+o=",
        "expires_at": "2100-01-01T00:00:00Z",
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:4566",
        "grant": GRANT,
        "session": "s1",
        **changes,
    }


@pytest.fixture
def ready(platform: FakePlatform) -> FakePlatform:
    platform.answers("POST", PATH, credentials())
    platform.answers("GET", f"/v1/grants/{GRANT}", {"id": GRANT, "principals": [principal("main")]})
    return platform


def principal(profile: str) -> dict[str, Any]:
    return {"profile": profile, "sources": [f"s3://lake/{profile}/"]}


@pytest.mark.parametrize(
    ("words", "ci", "terminal", "may"),
    [
        ((), None, True, True),
        ((), None, False, False),
        (("--format", "env"), None, False, True),
        (("--format", "json"), None, False, True),
        (("--format", "env"), "true", False, False),
        (("--format", "env"), "1", True, False),
        (("--format", "env", "--allow-ci"), "true", False, True),
        (("--allow-ci",), "true", False, False),
        ((), "false", True, True),
    ],
)
@pytest.mark.case("CLI-001")
def test_credentials_are_printed_only_where_they_are_meant_to_be(
    sluice: Sluice,
    ready: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    ci: str | None,
    terminal: bool,
    may: bool,
) -> None:
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("cli.delivery._on_terminal", lambda: terminal)
    told = sluice("grant", "creds", GRANT, *words)
    assert told.code == (ExitCode.DONE if may else ExitCode.USAGE)
    assert ("ASIA1" in told.out) is may
    assert bool(ready.asked) is may  # a refusal asks for none


def test_each_delivery_is_a_post_without_a_key(sluice: Sluice, ready: FakePlatform) -> None:
    sluice("grant", "creds", GRANT, "--format", "json")
    sluice("grant", "creds", GRANT, "--format", "json")
    assert ready.paths() == [f"POST {PATH}"] * 2
    assert "Idempotency-Key" not in ready.asked[0].headers


@pytest.mark.parametrize(
    "evil", ["x; rm -rf ~", "$(id)", "`id`", "a'b\"c", "a\nexport PATH=/evil", "\\", "-n", "a b", "${IFS}", "!x"]
)
@pytest.mark.case("CLI-002")
def test_whatever_the_platform_answers_a_shell_reads_as_one_value(evil: str) -> None:
    script = exports(Doc(credentials(region=evil))) + '\nprintf %s "$AWS_REGION"'
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
    assert done.stdout == evil


@pytest.mark.case("CLI-002")
def test_exports_are_quoted(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", PATH, credentials(region="x; rm -rf ~"))
    told = sluice("grant", "creds", GRANT, "--format", "env")
    assert "export AWS_REGION='x; rm -rf ~'\n" in told.out


def test_the_process_answer_has_its_version_and_its_end(
    sluice: Sluice, ready: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sluice("grant", "credential-process", GRANT).json == {
        "Version": 1,
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "s/+e=",
        "SessionToken": "t/+o=",
        "Expiration": "2100-01-01T00:00:00Z",
    }
    monkeypatch.setenv("CI", "true")
    assert sluice("grant", "credential-process", GRANT).code == ExitCode.USAGE
    assert sluice("grant", "credential-process", GRANT, "--allow-ci").code == 0


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": None}, {"expires_at": "soon"}, {"session_token": ""}, {"endpoint_url": "http://evil.example"}],
)
def test_an_answer_that_cannot_be_trusted_is_not_delivered(
    sluice: Sluice, platform: FakePlatform, changes: dict[str, Any]
) -> None:
    platform.answers("POST", PATH, credentials(**changes))
    told = sluice("grant", "creds", GRANT, "--format", "json")
    assert told.code == ExitCode.FAILED
    assert told.out == ""


def test_a_program_gets_the_grants_credentials_and_nothing_of_the_callers() -> None:
    before = {
        "PATH": "/bin",
        "AWS_PROFILE": "admin",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_CONFIG_FILE": "/x",
        "AWS_ENDPOINT_URL_S3": "http://evil",
        "SLUICE_TOKEN": "t",
        "SLUICE_TOKEN_FILE": "f",
    }
    after = surroundings(before, Doc(credentials()))
    assert after == {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "ASIA1",
        "AWS_SECRET_ACCESS_KEY": "s/+e=",
        "AWS_SESSION_TOKEN": "t/+o=",
        "AWS_CREDENTIAL_EXPIRATION": "2100-01-01T00:00:00Z",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    }


def test_real_aws_needs_no_endpoint() -> None:
    assert "AWS_ENDPOINT_URL" not in surroundings({}, Doc(credentials(endpoint_url=None)))


@pytest.mark.case("CLI-004")
def test_a_profile_fetches_by_absolute_path_and_holds_no_secret(
    sluice: Sluice, ready: FakePlatform, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_HOME", "my home")
    file = surroundings / "aws" / "config"
    assert sluice("aws-config", GRANT, "--profile", "loans", "--file", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    parser = configparser.RawConfigParser()
    parser.read(file)
    profile = dict(parser["profile loans"])
    words = shlex.split(profile.pop("credential_process"))
    assert profile == {"region": "us-east-1", "endpoint_url": "http://127.0.0.1:4566"}
    assert Path(words[0]).is_absolute()
    assert words[-7:] == ["--api", ready.url, "grant", "credential-process", GRANT, "--profile", "main"]
    assert words[words.index("--home") + 1] == str(surroundings / "my home")
    assert "ASIA1" not in file.read_text()
    assert "token-of-dana" not in file.read_text()


def test_several_profiles_of_a_grant_become_as_many_aws_profiles(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    several = {"id": GRANT, "principals": [principal("main"), principal("main-2")]}
    platform.answers("GET", f"/v1/grants/{GRANT}", several)
    platform.answers("POST", PATH, credentials())
    platform.answers("POST", PATH, credentials(region="eu-west-1"))
    file = surroundings / "config"
    told = sluice("aws-config", GRANT, "--profile", "loans", "--file", str(file))
    assert told.code == 0
    assert "loans-main-2" in told.out
    assert "s3://lake/main-2/" in told.out
    parser = configparser.RawConfigParser()
    parser.read(file)
    assert parser["profile loans-main-2"]["region"] == "eu-west-1"
    assert parser["profile loans-main"]["credential_process"].endswith("--profile main")
    assert [asked.body for asked in platform.asked[1:]] == [{"profile": "main"}, {"profile": "main-2"}]


def test_a_profile_name_of_the_platform_cannot_bring_its_own_lines(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    evil = {"id": GRANT, "principals": [principal("main"), principal("x]\ncredential_process = evil")]}
    platform.answers("GET", f"/v1/grants/{GRANT}", evil)
    for _ in range(2):
        platform.answers("POST", PATH, credentials())
    told = sluice("aws-config", GRANT, "--file", str(surroundings / "config"))
    assert told.code != 0
    assert not (surroundings / "config").exists()


OTHERS = "[default]\nregion = eu-west-1\n\n[profile other]\nrole_arn = arn:x   ; keep me\n"


def test_other_profiles_stay_byte_for_byte_and_ours_is_replaced() -> None:
    first = with_profile(OTHERS, "loans", [("region", "us-east-1")], Path("f"))
    assert first.startswith(OTHERS)
    again = with_profile(first + "[profile last]\nx = 1\n", "loans", [("region", "eu-north-1")], Path("f"))
    assert again.startswith(OTHERS)
    assert again.endswith("[profile last]\nx = 1\n")
    assert again.count("[profile loans]") == 1
    assert "us-east-1" not in again


def test_a_profile_of_another_program_is_not_overwritten() -> None:
    with pytest.raises(InputInvalid, match="other"):
        with_profile(OTHERS, "other", [("region", "us-east-1")], Path("f"))


def test_a_value_cannot_bring_its_own_lines() -> None:
    with pytest.raises(InputInvalid):
        with_profile("", "loans", [("region", "x\n[default]\ncredential_process = evil")], Path("f"))


@pytest.mark.parametrize("name", ["a]\n[default", "a b", "", "x" * 129, "ü"])
def test_a_profiles_name_cannot_be_anything_else(sluice: Sluice, ready: FakePlatform, name: str) -> None:
    told = sluice("aws-config", GRANT, "--profile", name or " ")
    assert told.code == ExitCode.USAGE
    assert ready.asked == []


@pytest.mark.case("CLI-005")
def test_a_linked_configuration_is_left_alone(sluice: Sluice, ready: FakePlatform, surroundings: Path) -> None:
    target = surroundings / "target"
    target.write_text("mine")
    (surroundings / "config").symlink_to(target)
    told = sluice("aws-config", GRANT, "--file", str(surroundings / "config"))
    assert told.code == ExitCode.FAILED
    assert target.read_text() == "mine"
    assert ready.asked == []


def test_no_program_no_credentials(sluice: Sluice, ready: FakePlatform, surroundings: Path) -> None:
    assert sluice("run", "--grant", GRANT, "--", "no-such-program-here").code == 127
    (surroundings / "plain").write_text("text")
    assert sluice("run", "--grant", GRANT, "--", "./plain").code == 126
    assert ready.asked == []


def test_botocore_reads_the_process_answer_of_the_profile(
    sluice: Sluice, ready: FakePlatform, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.session

    file = surroundings / "config"
    assert sluice("aws-config", GRANT, "--profile", "loans", "--file", str(file)).code == 0
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setattr(sys, "argv", ["python"])
    found = botocore.session.Session(profile="loans").get_credentials()
    assert found is not None
    assert found.get_frozen_credentials()[:3] == ("ASIA1", "s/+e=", "t/+o=")
