"""A profile that `sluice aws-config` writes, used by ordinary tools on the real platform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Cast, Story, made

pytestmark = [pytest.mark.e2e, pytest.mark.aws]

ROOT = Path(__file__).parents[3]
BOTO3 = """
import boto3, json
s3 = boto3.client("s3")
page = s3.list_objects_v2(Bucket="acme-prod-lake", Prefix="loans/facts/")
print(json.dumps([item["Key"] for item in page["Contents"]]))
"""
PYARROW = """
import pyarrow.parquet as pq, sys
print(pq.read_table(sys.argv[1]).num_rows)
"""


@pytest.fixture
def surroundings(cast: Cast, story: Story, tmp_path: Path) -> dict[str, str]:
    """dana's shell after `sluice aws-config`, without any AWS key in it."""
    token = tmp_path / "token"
    token.write_text(cast.platform.token("dana"), encoding="utf-8")
    token.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE", "AWS_", "CI"))}
    config = tmp_path / "config"
    ours = {
        **kept,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
        "SLUICE_API": cast.platform.api_url,
        "SLUICE_TOKEN_FILE": str(token),
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    words = ("aws-config", grant, "--profile", "loans", "--file", str(config))
    subprocess.run([sys.executable, "-m", "cli.main", *words], env=ours, check=True, capture_output=True)
    assert "AccessKey" not in config.read_text(encoding="utf-8")
    return {**ours, "AWS_PROFILE": "loans"}


def ran(program: str, *words: str, env: dict[str, str]) -> Any:
    done = subprocess.run([sys.executable, "-c", program, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_boto3_and_pyarrow_read_the_lake_through_the_profile_alone(cast: Cast, surroundings: dict[str, str]) -> None:
    keys = ran(BOTO3, env=surroundings)
    assert keys
    # The embedded AWS only: pyarrow takes the keys from a profile, and where AWS is from the environment.
    embedded = {**surroundings, "AWS_ENDPOINT_URL": cast.platform.aws_endpoint_url, "AWS_DEFAULT_REGION": "us-east-1"}
    assert ran(PYARROW, f"s3://acme-prod-lake/{keys[0]}", env=embedded) == 1000


def test_each_use_of_the_profile_is_a_delivery_of_its_own(cast: Cast, surroundings: dict[str, str]) -> None:
    before = len(cast.ines.get("/v1/audit", action="credentials.delivered", limit=200).json()["items"])
    ran(BOTO3, env=surroundings)
    ran(BOTO3, env=surroundings)
    after = cast.ines.get("/v1/audit", action="credentials.delivered", limit=200).json()["items"]
    assert len(after) == before + 2
    assert len({record["details"]["session"] for record in after}) == len(after)
