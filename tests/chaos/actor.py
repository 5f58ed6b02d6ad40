"""The processes of a run: the API at a port of its own, and the worker, each the real platform of its settings."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import uvicorn
from botocore.loaders import JSONFileLoader
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from jit_engine.aws.calls import AwsCalls
from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.minter import AwsMinter
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.domain.artefact import Mechanism
from jit_engine.enforcers.ports import Enforcer
from jit_engine.ports import Minter
from platform_api.app import create_app
from platform_api.db import engine
from platform_api.db.errors import StoreUnavailable
from platform_api.embedded.serving import listening, port_of
from platform_api.logs import log_nowhere
from platform_api.settings import Settings
from platform_api.wiring import Platform, build
from platform_api.worker import Worker
from tests.chaos.lake import Lake
from tests.chaos.part import Part
from tests.chaos.tripwire import FLOW, Tripwire
from tests.chaos.weather import Sky, Weather
from tests.support.minters import with_minters

# The service models of AWS, read once in the process that all others come from: else each reads them for 0.3 s.
JSONFileLoader.load_file = functools.cache(JSONFileLoader.load_file)  # type: ignore[method-assign]
JSONFileLoader.__hash__ = lambda _: 0  # type: ignore[method-assign,assignment]
JSONFileLoader.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]

READY = "port "
_FLOWS = {
    "access-requests": "request",
    "credentials": "deliver",
    "renew": "renew",
    "revoke": "revoke",
    "revocations": "revoke many",
}


class Turns(Worker):
    """The worker, whose parts say what they are about."""

    def _part(self, name: str, work: Callable[[], int]) -> int:
        FLOW.set(name)
        return super()._part(name, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One platform, built once and played by many processes, one after the other and beside each other."""

    platform: Platform
    app: FastAPI
    sky: Sky

    @classmethod
    def build(cls, settings: Settings, lake: Path, wire: Tripwire) -> Stage:
        """Everything but open connections."""
        log_nowhere()
        sky = Sky(wire=wire)
        platform = build(settings, clock=sky.now)

        def in_weather(usual: Minter) -> Minter:
            if not isinstance(usual, AwsMinter) or not isinstance(usual.calls, AwsCalls):
                raise TypeError("the platform mints on AWS")
            usual.calls.sleep, usual.calls.bucket.monotonic = sky.sleep, sky.monotonic
            return replace(usual, calls=Weather(calls=usual.calls, sky=sky), sleep=sky.sleep, monotonic=sky.monotonic)

        minters = {account: in_weather(usual) for account, usual in platform.request_access.minters.items()}
        platform = with_minters(platform, minters)
        served = {(settings.aws.account_id, settings.aws.region): Weather(calls=Lake(path=lake), sky=sky)}
        enforcers = cast("dict[Mechanism, Enforcer]", platform.enforce.enforcers)  # one for all flows
        enforcers[Mechanism.WORKGROUP] = WorkgroupEnforcer(served=served)
        enforcers[Mechanism.LAKE_FORMATION] = LakeFormationEnforcer(served=served)
        return cls(platform=platform, app=create_app(platform), sky=sky)

    def warm(self, token: str, asking: dict[str, Any]) -> None:
        """Plays a life in this process, so that those which come from it have read, compiled and met everything."""
        asyncio.run(self._warm(token, asking))
        worker = Turns(self.platform)
        for ahead in (10.0, 10.5, 11.0, 11.5, 9000.0, 9001.0):
            worker.once(self.platform.database.now() + timedelta(seconds=ahead))
        self.platform.database.close()
        for minter in self.platform.request_access.minters.values():
            _hang_up(cast(AwsMinter, minter))

    def play(self, part: Part, wire: Tripwire) -> None:
        """One process's part, to its end."""
        if part.quick_to_give_up:
            engine.LOCK_WAIT_SECONDS = 1
        wire.arm(part)
        self.sky.begin(part)
        if part.turns:
            self._work(part.turns)
        else:
            self._serve(wire)

    def _work(self, turns: tuple[float, ...]) -> None:
        """One worker, which takes a turn at each of these moments: seconds ahead of now."""
        worker = Turns(self.platform)
        before = 0.0
        for ahead in turns:
            self.sky.sleep(ahead - before)
            before = ahead
            with suppress(StoreUnavailable):  # as its own loop does
                worker.once(self.platform.database.now() + timedelta(seconds=ahead))
        self.platform.close()

    def _serve(self, wire: Tripwire) -> None:
        """The API, until it is killed."""
        bound = listening()
        bound.listen()
        wire.note(f"{READY}{port_of(bound)}")
        config = uvicorn.Config(
            _in_flow(self.app), log_config=None, access_log=False, ws="none", lifespan="off", loop="asyncio"
        )
        uvicorn.Server(config).run(sockets=[bound])

    async def _warm(self, token: str, asking: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app=_in_flow(self.app))
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as http:
            made = await http.post("/v1/access-requests", json=asking, headers={"Idempotency-Key": uuid4().hex})
            if made.status_code != 201:
                raise RuntimeError(f"the warming request was not granted: {made.text}")
            grant = made.json()["grant"]["id"]
            await http.post(f"/v1/grants/{grant}/credentials", json={})
            await http.post(f"/v1/grants/{grant}/renew", json={}, headers={"Idempotency-Key": uuid4().hex})
            await http.post(f"/v1/grants/{grant}/revoke", json={"reason": "warm enough"})


def _in_flow(app: ASGIApp) -> ASGIApp:
    """The application, each request of which is said to be about its own deed."""

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            FLOW.set(_FLOWS.get(str(scope["path"]).rpartition("/")[2], "look"))
        await app(scope, receive, send)

    return named


def _hang_up(minter: AwsMinter) -> None:
    """Closes the connections to AWS: two processes never speak on one."""
    calls = cast(Weather, minter.calls).calls
    for client in cast(AwsCalls, calls)._clients.values():
        client._endpoint.http_session.close()
