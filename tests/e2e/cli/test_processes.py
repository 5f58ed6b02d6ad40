"""`sluice` as people start it: whole processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.fake_platform import FakePlatform, serving

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[3]
SLUICE = (sys.executable, "-m", "cli.main")
GRANT = "gr_01J00000000000000000000000"
CREDENTIALS = {
    "access_key_id": "ASIA1",
    "secret_access_key": "secret",
    "session_token": "token",
    "expires_at": "2100-01-01T00:00:00Z",
    "region": "us-east-1",
    "endpoint_url": None,
}


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with serving() as fake:
        fake.answers("POST", f"/v1/grants/{GRANT}/credentials", CREDENTIALS)
        yield fake


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE", "AWS_", "CI"))}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "SLUICE_HOME": str(home / "sluice"), **more}


def run_words(*command: str) -> list[str]:
    return [*SLUICE, "run", "--grant", GRANT, "--", *command]


def test_a_program_sees_the_grants_credentials_and_its_exit_code_is_the_commands(
    platform: FakePlatform, tmp_path: Path
) -> None:
    program = "import os, json; print(json.dumps(dict(os.environ))); raise SystemExit(7)"
    ours = environment(tmp_path, SLUICE_API=platform.url, SLUICE_TOKEN="mine", AWS_PROFILE="admin", KEPT="yes")
    done = subprocess.run(
        run_words(sys.executable, "-c", program), env=ours, capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["AWS_ACCESS_KEY_ID"], seen["AWS_REGION"], seen["KEPT"]) == ("ASIA1", "us-east-1", "yes")
    assert {"AWS_PROFILE", "SLUICE_TOKEN", "AWS_ENDPOINT_URL"} & set(seen) == set()
    assert not (tmp_path / "sluice").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_program_itself(platform: FakePlatform, tmp_path: Path, number: signal.Signals) -> None:
    program = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "print('ready', flush=True)\n"
        "time.sleep(30)\n"
    )
    ours = environment(tmp_path, SLUICE_API=platform.url, SLUICE_TOKEN="mine")
    with subprocess.Popen(
        run_words(sys.executable, "-c", program), env=ours, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(number)
        assert running.wait(timeout=20) == 42


def test_a_reader_that_goes_away_is_no_error_to_speak_of(platform: FakePlatform, tmp_path: Path) -> None:
    items = [{"id": f"rule-{number}", "title": "t" * 100} for number in range(2000)]
    platform.answers("GET", "/v1/policies", {"items": items, "next_cursor": None})
    ours = environment(tmp_path, SLUICE_API=platform.url, SLUICE_TOKEN="mine")
    with subprocess.Popen(
        [*SLUICE, "policy", "list"], env=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert "Traceback" not in running.stderr.read()
        running.wait(timeout=20)


@pytest.mark.aws
def test_the_platform_of_this_machine_is_up_knows_its_people_and_stops_whole(tmp_path: Path) -> None:
    state = tmp_path / "state"
    ours = environment(tmp_path, SLUICE_PROFILE=str(state / "profile.json"))

    def sluice(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*SLUICE, *words], env=ours, capture_output=True, text=True, check=False)

    with subprocess.Popen(
        [*SLUICE, "up", "--state", str(state)], env=ours, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as up:
        try:
            assert up.stdout is not None
            told = ""
            while "Stop with Ctrl-C" not in told:
                row = up.stdout.readline()
                assert row, told
                told += row
            assert "sluice login --as dana" in told
            assert sluice("whoami").returncode == 4
            assert sluice("login", "--as", "dana").returncode == 0
            assert json.loads(sluice("whoami", "--json").stdout)["kind"] == "person"
            assert "s3://acme-prod-lake/loans/facts/" in sluice("data", "list").stdout
            assert sluice("audit", "root").returncode == 3
            assert sluice("grant", "show", "gr_01J00000000000000000000000").returncode == 6
            ours["SLUICEGATE_SETTINGS"] = str(state / "settings.toml")
            worked = sluice("operate", "work", "--once")
            assert worked.returncode == 0, worked.stderr
            doctor = sluice("operate", "doctor")
            assert doctor.returncode == 0, doctor.stdout
            profile = json.loads((state / "profile.json").read_text())
        finally:
            up.send_signal(signal.SIGTERM)
            assert up.wait(timeout=30) == 0
    ended = time.monotonic()
    assert sluice("whoami").returncode == 5
    assert time.monotonic() - ended < 20
    assert profile["api_url"].startswith("http://127.0.0.1:")
