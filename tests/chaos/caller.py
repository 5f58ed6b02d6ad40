"""The callers of a run: patient, under the same keys as before, and only on what they were told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from jit_engine.flows.revoke_many import Wide
from platform_api.embedded.serving import HOST
from tests.chaos.boundaries import Shape
from tests.chaos.life import Deed
from tests.support.platform import Story

PATIENCE = 40.0
"""Seconds until a process that does not end, or answer, is a defect of its own."""
LAKE = "acme-prod-lake"
MANY = 100
_TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]}
_SOURCES: dict[Shape, list[dict[str, Any]]] = {
    Shape.ROLE: [_TABLE],
    Shape.SESSION: [{"kind": "s3-prefix", "bucket": LAKE, "prefix": "loans/facts/", "operations": ["select"]}],
    Shape.FILTERED: [{**_TABLE, "operations": ["select"], "columns": ["application_id", "outcome"]}],
    Shape.TWO_ROLES: [
        {"kind": "s3-prefix", "bucket": LAKE, "prefix": f"loans/facts/part-{number:03}/", "operations": ["select"]}
        for number in range(MANY)
    ],
}


class Gone(Exception):
    """The API is not there any more."""


@dataclass(slots=True)
class Told:
    """What callers were told; whatever was told has to be true afterwards."""

    grants: dict[str, str] = field(default_factory=dict)
    """By the key under which it was asked for."""
    profiles: dict[str, list[str]] = field(default_factory=dict)
    credentials: dict[str, int] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    """Grants of which a revocation was sent, whatever came of it."""


def asking(story: Story, shape: Shape) -> dict[str, Any]:
    """The body of a request that is granted in that shape."""
    return story.asking(sources=_SOURCES[shape])


@dataclass(slots=True, kw_only=True)
class Caller:
    """Dana, who asks, and Gus of the governance office, who may revoke anything."""

    http: httpx.Client
    story: Story
    holder: str
    governor: str
    shape: Shape
    wide: Wide
    name: str
    told: Told = field(default_factory=Told)

    def play(self, port: int, deeds: tuple[Deed, ...]) -> None:
        """All deeds, as far as they can be done; raises `Gone` when the API is."""
        with _gone():
            for deed in deeds:
                self._play(f"http://{HOST}:{port}/v1", deed)

    def _play(self, api: str, deed: Deed) -> None:
        first, renewed = self.told.grants.get("request"), self.told.grants.get("renewal")
        match deed:
            case Deed.ASK:
                self._granted(f"{api}/access-requests", asking(self.story, self.shape), "request")
            case Deed.DELIVER if first is not None:
                self._deliver(api, first)
            case Deed.RENEW if first is not None:
                self._granted(f"{api}/grants/{first}/renew", {}, "renewal")
            case Deed.DELIVER_RENEWED if renewed is not None:
                self._deliver(api, renewed)
            case Deed.GIVE_BACK if first is not None:
                self._revoke(api, first, self.holder)
            case Deed.REVOKE if first is not None:
                self._revoke(api, first, self.governor)
            case Deed.REVOKE_RENEWED if renewed is not None:
                self._revoke(api, renewed, self.governor)
            case Deed.REVOKE_MANY if first is not None:
                self._revoke_many(api)
            case _:
                return  # it rests on an answer that never came

    def _granted(self, url: str, body: dict[str, Any], key: str) -> None:
        answer = self._post(url, body, self.holder, f"{self.name}-{key}")
        if answer.status_code == 201:
            grant = answer.json()["grant"]
            self.told.grants.setdefault(key, str(grant["id"]))
            self.told.profiles[str(grant["id"])] = [str(one["profile"]) for one in grant["principals"]]

    def _deliver(self, api: str, grant: str) -> None:
        had = self.told.credentials.get(grant, 0)
        profiles = self.told.profiles[grant]
        body = {"profile": profiles[had % len(profiles)]}
        if self._post(f"{api}/grants/{grant}/credentials", body, self.holder).status_code == 200:
            self.told.credentials[grant] = had + 1

    def _revoke(self, api: str, grant: str, by: str) -> None:
        self.told.sent.add(grant)
        if self._post(f"{api}/grants/{grant}/revoke", {"reason": "chaos"}, by).status_code == 202:
            self.told.revoked.append(grant)

    def _revoke_many(self, api: str) -> None:
        self.told.sent |= set(self.told.grants.values())
        scope = {
            Wide.PERSON: "pe_01K00000000648B0TDJGRE29J6",
            Wide.ACTIVITY: self.story.activity,
            Wide.CONTRACT: self.story.contract,
            Wide.DATASET: f"s3://{LAKE}/loans/facts/",
            Wide.ACCOUNT: "000000000000",
            Wide.EVERYTHING: True,
        }
        body = {self.wide.value: scope[self.wide], "reason": "chaos"}
        answer = self._post(f"{api}/revocations", body, self.governor)
        if answer.status_code == 202:
            self.told.revoked += [str(one["id"]) for one in answer.json()["grants"]]

    def _post(self, url: str, body: dict[str, Any], token: str, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        return self.http.post(url, json=body, headers=headers)


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise Gone from error
