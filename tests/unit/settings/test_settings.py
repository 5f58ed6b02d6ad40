"""Settings come from the environment over a file, and cannot contradict each other."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from platform_api.settings import SettingsInvalid, check, load
from platform_api.shown_settings import shown

SECRET = "aVeryPrivateKey"
ISSUER = {
    "issuer": "https://idp.bank.example",
    "audience": "sluicegate",
    "jwks_url": "https://idp.bank.example/jwks.json",
    "algorithms": ["RS256", "ES256"],
}
REAL = {
    "SLUICEGATE_DATABASE_URL": "postgresql+psycopg://sluicegate:aDatabaseWord@db/sluicegate",
    "SLUICEGATE_ISSUERS": json.dumps([ISSUER]),
    "SLUICEGATE_AWS__ACCOUNT_ID": "111122223333",
    "SLUICEGATE_AWS__REGION": "eu-west-1",
    "SLUICEGATE_AWS__BROKER_ROLE_ARN": "arn:aws:iam::111122223333:role/sluicegate/sluicegate-broker",
    "SLUICEGATE_AWS__PROVISIONER_ROLE_ARN": "arn:aws:iam::111122223333:role/provisioner",
    "SLUICEGATE_AWS__PURGER_ROLE_ARN": "arn:aws:iam::111122223333:role/purger",
    "SLUICEGATE_AWS__EXTERNAL_ID": "0123456789abcdef",
}
LOCAL_ISSUER = ISSUER | {"issuer": "http://127.0.0.1:9000", "jwks_url": "http://127.0.0.1:9000/jwks.json"}
EMBEDDED = {
    "SLUICEGATE_EMBEDDED": "true",
    "SLUICEGATE_DATABASE_URL": "sqlite:///var/sluicegate.db",
    "SLUICEGATE_ISSUERS": json.dumps([LOCAL_ISSUER]),
    "SLUICEGATE_AWS__ACCOUNT_ID": "000000000000",
    "SLUICEGATE_AWS__REGION": "us-east-1",
    "SLUICEGATE_AWS__ENDPOINT_URL": "http://127.0.0.1:4566",
    "SLUICEGATE_AWS__BROKER_ROLE_ARN": "arn:aws:iam::000000000000:role/sluicegate/sluicegate-broker",
    "SLUICEGATE_AWS__PROVISIONER_ROLE_ARN": "arn:aws:iam::000000000000:role/provisioner",
    "SLUICEGATE_AWS__PURGER_ROLE_ARN": "arn:aws:iam::000000000000:role/purger",
    "SLUICEGATE_AWS__EXTERNAL_ID": "0123456789abcdef",
    "SLUICEGATE_AWS__ACCESS_KEY_ID": "AKIAEMBEDDED",
    "SLUICEGATE_AWS__SECRET_ACCESS_KEY": SECRET,
}


def test_settings_for_a_real_account_and_for_the_embedded_platform_are_accepted() -> None:
    assert check(REAL) == []
    assert check(EMBEDDED) == []
    settings = load(REAL)
    assert settings.aws.region == "eu-west-1"
    assert settings.embedded is False
    assert settings.limits.max_sources == 100
    assert [algorithm.value for algorithm in settings.issuers[0].algorithms] == ["RS256", "ES256"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"SLUICEGATE_AWS__ENDPOINT_URL": "http://127.0.0.1:4566"}, "aws.endpoint_url is for the embedded"),
        ({"SLUICEGATE_PUBLIC_URL": "http://gate.bank.example"}, "public_url has to be like https://"),
        ({"SLUICEGATE_PUBLIC_URL": "https://gate.bank.example/"}, "no slash at its end"),
        ({"SLUICEGATE_PUBLIC_URL": "https://gate.bank.example?x=1"}, "public_url has to be like"),
        ({"SLUICEGATE_PUBLIC_URL": "https://ann:word@gate.bank.example"}, "public_url has to be like"),
        ({"SLUICEGATE_AWS__ACCESS_KEY_ID": "AKIA"}, "aws.access_key_id is for the embedded"),
        ({"SLUICEGATE_AWS__SECRET_ACCESS_KEY": SECRET}, "go together"),
        ({"SLUICEGATE_AWS__ACCOUNT_ID": "999988887777"}, "aws.broker_role_arn is of another account"),
        ({"SLUICEGATE_AWS__ACCOUNT_ID": "11112222333"}, "aws.account_id"),
        ({"SLUICEGATE_AWS__ACCOUNT_ID": "111122223333\n"}, "aws.account_id"),
        ({"SLUICEGATE_AWS__EXTERNAL_ID": "short"}, "aws.external_id"),
        ({"SLUICEGATE_AWS__COLOUR": "red"}, "aws.colour"),
        (
            {
                "SLUICEGATE_AWS__PROVISIONER_ROLE_ARN": REAL["SLUICEGATE_AWS__BROKER_ROLE_ARN"],
            },
            "three roles",
        ),
        ({"SLUICEGATE_ISSUERS": json.dumps([LOCAL_ISSUER])}, "has to be https"),
        (
            {"SLUICEGATE_ISSUERS": json.dumps([ISSUER | {"jwks_url": "http://idp.bank.example/jwks"}])},
            "the jwks_url",
        ),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER, ISSUER])}, "names https://idp.bank.example twice"),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER | {"algorithms": ["HS256"]}])}, "issuers.0.algorithms"),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER | {"algorithms": ["none"]}])}, "issuers.0.algorithms"),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER | {"algorithms": []}])}, "issuers.0.algorithms"),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER | {"audience": ["a"]}])}, "issuers.0.audience"),
        ({"SLUICEGATE_ISSUERS": "[]"}, "issuers"),
        ({"SLUICEGATE_ISSUERS": "["}, "JSON"),
        ({"SLUICEGATE_API_PORT": "84_00"}, "api_port"),
        ({"SLUICEGATE_API_PORT": "65536"}, "api_port"),
        ({"SLUICEGATE_EMBEDDED": "yes"}, "embedded"),
        ({"SLUICEGATE_LIMITS__RECONCILER_PERIOD": "5"}, "limits.reconciler_period"),
        ({"SLUICEGATE_LIMITS__MAX_SOURCES": "0"}, "limits.max_sources"),
        ({"SLUICEGATE_DATABSE_URL": "x"}, "did you mean SLUICEGATE_DATABASE_URL?"),
        ({"SLUICEGATE_SETTINGS": "nowhere.toml"}, "nowhere.toml cannot be read"),
    ],
)
@pytest.mark.case("AUTHN-046")
def test_what_does_not_hold_for_a_real_account_is_named(change: dict[str, str], problem: str) -> None:
    assert problem in "\n".join(check(REAL | change))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"SLUICEGATE_API_HOST": "192.0.2.1"}, "api_host has to be 127.0.0.1"),
        ({"SLUICEGATE_API_HOST": "localhost.evil.example"}, "api_host has to be 127.0.0.1"),
        (
            {"SLUICEGATE_AWS__ENDPOINT_URL": "https://sts.eu-west-1.amazonaws.com"},
            "has to be on this machine",
        ),
        ({"SLUICEGATE_AWS__ENDPOINT_URL": "http://127.0.0.1@evil.example"}, "has to be on this machine"),
        ({"SLUICEGATE_ISSUERS": json.dumps([ISSUER])}, "the issuer https://idp.bank.example has to be on"),
        (
            {"SLUICEGATE_ISSUERS": json.dumps([LOCAL_ISSUER, ISSUER])},
            "the issuer https://idp.bank.example has to be on",
        ),
        ({"SLUICEGATE_AWS__ACCOUNT_ID": "111122223333"}, "aws.account_id has to be 000000000000"),
    ],
)
@pytest.mark.case("AUTHN-046")
def test_the_embedded_platform_stays_on_this_machine(change: dict[str, str], problem: str) -> None:
    assert problem in "\n".join(check(EMBEDDED | change))


def test_an_embedded_platform_without_an_endpoint_would_be_real_and_is_refused() -> None:
    without = {k: v for k, v in EMBEDDED.items() if k != "SLUICEGATE_AWS__ENDPOINT_URL"}
    assert "aws.endpoint_url has to be on this machine" in "\n".join(check(without))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sluicegate.toml"
    file.write_text(
        'log_level = "debug"\napi_port = 9000\n'
        '[aws]\nregion = "us-west-2"\n'
        '[limits]\nmax_sources = 7\nreconciler_period = "PT30S"\n'
    )
    settings = load(REAL | {"SLUICEGATE_SETTINGS": str(file), "SLUICEGATE_LIMITS__MAX_SOURCES": "9"})
    assert settings.api_port == 9000
    assert settings.log_level.value == "debug"
    assert settings.aws.region == "eu-west-1"
    assert settings.limits.max_sources == 9
    assert settings.limits.reconciler_period == timedelta(seconds=30)


def test_a_key_of_the_file_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sluicegate.toml"
    file.write_text("colour = 1\n")
    assert "colour" in "\n".join(check(REAL | {"SLUICEGATE_SETTINGS": str(file)}))


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICEGATE_API_PORT", "1")
    assert load(REAL).api_port == 8400


def test_every_problem_is_told_at_once() -> None:
    problems = check(REAL | {"SLUICEGATE_API_PORT": "x", "SLUICEGATE_AWS__REGION": "moon"})
    assert len(problems) == 2


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load(REAL).api_port = 1  # type: ignore[misc]


def test_secrets_are_hidden_where_settings_are_shown_or_printed() -> None:
    settings = load(EMBEDDED | {"SLUICEGATE_DATABASE_URL": "postgresql+psycopg://u:aDatabaseWord@h/d"})
    lines = dict(shown(settings))
    assert lines["aws.region"] == "us-east-1"
    assert lines["issuers[0].issuer"] == "http://127.0.0.1:9000"
    for text in (str(lines), repr(settings), str(settings)):
        assert SECRET not in text
        assert "aDatabaseWord" not in text


def test_a_refused_secret_is_not_in_the_message() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(REAL | {"SLUICEGATE_AWS__SECRET_ACCESS_KEY": SECRET, "SLUICEGATE_AWS__EXTERNAL_ID": "ext-word"})
    assert SECRET not in str(refused.value)
    assert "ext-word" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "http://127.0.0.1:8400"),
        ({"SLUICEGATE_API_HOST": "::1", "SLUICEGATE_API_PORT": "9"}, "http://[::1]:9"),
        (
            {"SLUICEGATE_PUBLIC_URL": "https://gate.bank.example:8443/sluicegate"},
            "https://gate.bank.example:8443/sluicegate",
        ),
        ({"SLUICEGATE_PUBLIC_URL": "https://gate.bank.example"}, "https://gate.bank.example"),
    ],
)
def test_others_reach_the_api_at_its_public_url_else_where_it_listens(change: dict[str, str], expected: str) -> None:
    assert load(REAL | change).base_url == expected


def test_the_embedded_platforms_public_url_is_on_this_machine() -> None:
    assert check(EMBEDDED | {"SLUICEGATE_PUBLIC_URL": "http://127.0.0.1:8400"}) == []
    (problem,) = check(EMBEDDED | {"SLUICEGATE_PUBLIC_URL": "http://gate.bank.example"})
    assert "public_url has to be on this machine" in problem
