"""The platform's own sessions: a Deny is written with the one that holds, whatever becomes of its renewal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ReadTimeoutError

from jit_engine.aws import calls as module
from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.minter import AwsMinter
from jit_engine.aws.own_session import AHEAD, LEAST_LEFT, NOT_AGAIN_WITHIN, OwnSession
from jit_engine.errors import AwsUnavailable
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import ProbeCall, ProbeKind, Probes, SessionPlan
from platform_api.worker import URGENT_PERIOD

ROLE = "arn:aws:iam::000000000000:role/jit/sg-role"
SILENT = ReadTimeoutError(endpoint_url="https://sts.example")


@dataclass
class Sts:
    """What opens sessions: each is named by its number, lasts as long as it says, and fails as it is told."""

    lasts: float = 3600
    error: Exception | None = None
    opened: int = 0
    hangs: threading.Event | None = None
    waiting: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> dict[str, str]:
        self.opened += 1
        if self.hangs is not None:
            self.waiting.set()
            self.hangs.wait(10)
        if self.error is not None:
            raise self.error
        ends = datetime.now(UTC) + timedelta(seconds=self.lasts)
        key = f"ASIA{self.opened}"
        return {"access_key": key, "secret_key": "of-it", "token": "of-it", "expiry_time": ends.isoformat()}


def key_of(session: OwnSession) -> str:
    """The key that a call would be signed with now."""
    return str(session.get_frozen_credentials().access_key)


def test_a_session_is_renewed_ahead_of_its_end_by_a_call_that_may_wait_and_by_no_other() -> None:
    sts = Sts(lasts=AHEAD - 60)
    session = OwnSession(sts)
    session.renew_ahead()
    assert sts.opened == 0
    assert key_of(session) == "ASIA1"
    assert key_of(session) == "ASIA1"
    sts.lasts = 3600
    session.renew_ahead()
    assert key_of(session) == "ASIA2"
    session.renew_ahead()
    assert sts.opened == 2


def test_a_session_that_has_ended_is_left_to_the_call_and_one_opened_that_has_ended_is_no_error_ahead() -> None:
    sts = Sts(lasts=LEAST_LEFT + 30)
    session = OwnSession(sts)
    assert key_of(session) == "ASIA1"
    sts.lasts = -1
    session.renew_ahead()
    assert sts.opened == 2
    session.renew_ahead()
    assert sts.opened == 2
    with pytest.raises(RuntimeError, match="still expired"):
        key_of(session)


def test_a_renewal_that_fails_leaves_what_holds_and_is_not_tried_again_at_once() -> None:
    clock = [0.0]
    sts = Sts(lasts=AHEAD - 60)
    session = OwnSession(sts, monotonic=lambda: clock[0])
    assert key_of(session) == "ASIA1"
    sts.error = SILENT
    session.renew_ahead()
    session.renew_ahead()
    assert (key_of(session), sts.opened) == ("ASIA1", 2)
    clock[0] += NOT_AGAIN_WITHIN
    sts.error = None
    session.renew_ahead()
    assert key_of(session) == "ASIA3"


def test_a_renewal_that_hangs_keeps_nobody_who_signs_waiting() -> None:
    sts = Sts(lasts=AHEAD - 60)
    session = OwnSession(sts)
    assert key_of(session) == "ASIA1"
    sts.hangs = threading.Event()
    renewal = threading.Thread(target=session.renew_ahead)
    renewal.start()
    assert sts.waiting.wait(10)
    assert key_of(session) == "ASIA1"
    session.renew_ahead()
    assert sts.opened == 2
    sts.hangs.set()
    renewal.join()
    assert key_of(session) == "ASIA2"


def test_a_session_at_its_end_is_opened_by_the_call_which_tells_why_it_cannot_be() -> None:
    sts = Sts(lasts=90)
    session = OwnSession(sts)
    key_of(session)
    sts.lasts = 3600
    assert (key_of(session), sts.opened) == ("ASIA1", 1)
    expired = OwnSession(Sts(error=SILENT))
    with pytest.raises(ReadTimeoutError):
        key_of(expired)


@dataclass
class Account:
    """An AWS of one's own where IAM answers, and STS until it is `silent`. `done`: what it was asked, in order."""

    silent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    done: list[str] = field(default_factory=list)

    def answer(self, action: str) -> str:
        """The answer in AWS's query form."""
        self.done.append(action)
        if action != "AssumeRole":
            return f"<{action}Response/>"
        if self.silent.is_set():
            self.over.wait(30)
        ends = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()  # soon enough for a renewal to be due
        keys = "<AccessKeyId>ASIAONE</AccessKeyId><SecretAccessKey>a</SecretAccessKey><SessionToken>a</SessionToken>"
        found = f"<Credentials>{keys}<Expiration>{ends}</Expiration></Credentials>"
        return f"<AssumeRoleResponse><AssumeRoleResult>{found}</AssumeRoleResult></AssumeRoleResponse>"


@contextmanager
def served(account: Account) -> Iterator[str]:
    """The account at an address."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body = account.answer(form["Action"][0]).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # who asked has gone

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        account.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_while_sts_hangs_a_deny_waits_for_it_once_and_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert URGENT_PERIOD + max(module._URGENT_STS) < 5
    monkeypatch.setattr(module, "_URGENT_STS", (0.5, 0.5))
    account = Account()
    plan = SessionPlan(
        role_arn=ROLE,
        session_name="sluicegate-observer.1",
        duration=timedelta(minutes=15),
        source_identity="pe_1",
        tags={},
        policy=None,
    )
    marker = ProbeCall(kind=ProbeKind.GET, bucket="b", key="k")
    with served(account) as url:
        access = AwsAccess(
            region="us-east-1", endpoint_url=url, access_key_id="AKIA", secret_access_key="a", external_id="x" * 16
        )
        minter = AwsMinter(calls=AwsCalls(access, "arn:aws:iam::000000000000:role/broker"), external_id="x" * 16)
        minter.put_policy("sg-role", "{}", urgent=True)  # the session of its own is open by now
        account.silent.set()
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(AwsUnavailable):
                minter.observer(plan, Probes(allowed=marker, denied=()))
            minter.shut("sg-role", TRUST_NOBODY, DENY_EVERYTHING)
        took = time.monotonic() - began
    shut = ["UpdateAssumeRolePolicy", "PutRolePolicy"]
    assert account.done == ["AssumeRole", "PutRolePolicy", "AssumeRole", *shut, *shut]
    assert took < 4
