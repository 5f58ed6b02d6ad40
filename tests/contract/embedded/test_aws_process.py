"""The embedded AWS as a process: where it listens, what it sees, how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from platform_api.embedded.aws_bootstrap import bootstrap
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.aws_process import REGION, EmbeddedAws, child_environment
from platform_api.embedded.errors import EmbeddedRefused, EmbeddedUnavailable
from tests.support.sources import ROOT

pytestmark = pytest.mark.aws

PATH = {"PATH": os.environ["PATH"]}
PROC = Path("/proc")
LISTENING = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1 as the kernel writes them on a little-endian machine."""

needs_proc = pytest.mark.skipif(not (PROC / "net" / "tcp").exists(), reason="lists sockets through /proc")


def listening_addresses(pid: int) -> set[tuple[str, int]]:
    """(address as the kernel writes it, port) of every socket that `pid` listens on, UDP included."""
    inodes = set()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        source = PROC / str(pid) / "net" / table
        for line in source.read_text().splitlines()[1:] if source.exists() else ():
            fields = line.split()
            if fields[9] in inodes and (table.startswith("udp") or fields[3] == LISTENING):
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@needs_proc
def test_it_listens_on_loopback_only(world: Any) -> None:
    world.root("s3").list_buckets()
    found = listening_addresses(world.aws.pid)
    assert {address for address, _ in found} <= LOOPBACK
    assert world.aws.port in {port for _, port in found}


@needs_proc
def test_the_listing_would_show_a_socket_on_every_interface() -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket; s = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen()\nprint(flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert "00000000" in {address for address, _ in listening_addresses(child.pid)}
        child.communicate(b"\n")


def test_the_child_sees_nothing_of_the_persons_own_aws() -> None:
    persons = PATH | {
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "DOCKER_HOST": "tcp://10.0.0.1:2375",
        "HOME": "/persons",
    }
    seen = child_environment(Path("state"), 4566, persons)
    assert not [name for name in seen if name.startswith("AWS_")]
    assert "persons" not in seen["HOME"]
    assert "10.0.0.1" not in seen["DOCKER_HOST"]
    assert seen["AUTH"] == "true"
    assert seen["BIND_HOST"] == "127.0.0.1"


@pytest.mark.parametrize(
    "configured",
    [
        {"SLUICEGATE_AWS__ACCOUNT_ID": "111122223333"},
        {"SLUICEGATE_AWS__ENDPOINT_URL": "https://sts.amazonaws.com"},
        {"SLUICEGATE_AWS__BROKER_ROLE_ARN": "arn:aws:iam::111122223333:role/sluicegate/sluicegate-broker"},
        {"SLUICEGATE_ISSUERS": "[]"},
        {"SLUICEGATE_SETTINGS": "/etc/sluicegate.toml"},
    ],
)
@pytest.mark.case("AUTHN-046")
def test_it_does_not_start_beside_anything_real(tmp_path: Path, configured: dict[str, str]) -> None:
    aws = EmbeddedAws(state_dir=tmp_path / "aws", environment=PATH | configured)
    with pytest.raises(EmbeddedRefused):
        aws.start()
    assert not (tmp_path / "aws").exists()


def test_two_on_one_state_directory_are_refused(world: Any) -> None:
    with pytest.raises(EmbeddedUnavailable, match="already runs"):
        EmbeddedAws(state_dir=world.aws.state_dir, environment=PATH).start()


def test_what_it_holds_survives_a_restart(tmp_path: Path) -> None:
    with EmbeddedAws(state_dir=tmp_path, environment=PATH) as aws:
        port = aws.port
        before = bootstrap(endpoint_url=aws.endpoint_url, state_dir=tmp_path)
        assert bootstrap(endpoint_url=aws.endpoint_url, state_dir=tmp_path) == before
        s3 = root_session(REGION).client("s3", endpoint_url=aws.endpoint_url, config=CONFIG)
        s3.create_bucket(Bucket="kept-bucket")
        s3.put_object(Bucket="kept-bucket", Key="a", Body=b"kept")
    with pytest.raises(EmbeddedUnavailable):
        _ = aws.pid
    with EmbeddedAws(state_dir=tmp_path, environment=PATH, port=port) as aws:
        assert aws.port == port
        assert bootstrap(endpoint_url=aws.endpoint_url, state_dir=tmp_path) == before
        s3 = root_session(REGION).client("s3", endpoint_url=aws.endpoint_url, config=CONFIG)
        assert s3.get_object(Bucket="kept-bucket", Key="a")["Body"].read() == b"kept"
    secrets = tmp_path / "platform-key.json"
    assert secrets.stat().st_mode & 0o077 == 0
    assert before.secret_access_key not in repr(before)


@needs_proc
def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from platform_api.embedded.aws_process import EmbeddedAws\n"
        "aws = EmbeddedAws(state_dir=pathlib.Path(sys.argv[1]), environment={'PATH': os.environ['PATH']})\n"
        "print(aws.start().pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 20
        while is_alive(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_alive(child)
