"""The whole platform for end-to-end tests: one a worker, with the sample's contract, activity and environment."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml

from platform_api.embedded.organisation import filled, sample_text
from platform_api.embedded.platform import EmbeddedPlatform

RESEARCH = "lending/credit-risk-research"
FACTS: dict[str, Any] = {
    "kind": "s3-prefix",
    "bucket": "acme-prod-lake",
    "prefix": "loans/facts/",
    "operations": ["select"],
}
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One of the sample people (or the pipeline), calling the API with a token of their own."""

    platform: EmbeddedPlatform
    login: str
    http: httpx.Client

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Any request; headers that are given win."""
        headers = {"Authorization": f"Bearer {self.platform.token(self.login)}", **given.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **given)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """A GET."""
        return self.call("GET", path, params=query or None)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        """A POST of JSON under a new idempotency key, or under `key`."""
        return self.call("POST", path, json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})

    def send(self, path: str, raw: bytes, content_type: str = "application/json") -> httpx.Response:
        """A POST of these very bytes."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": content_type}
        return self.call("POST", path, content=raw, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The running platform and everybody who may call it."""

    platform: EmbeddedPlatform
    http: httpx.Client

    def __getattr__(self, login: str) -> Somebody:
        return Somebody(platform=self.platform, login=login, http=self.http)

    @property
    def pipeline(self) -> Somebody:
        """The sample's workload."""
        return Somebody(platform=self.platform, login="loan-report", http=self.http)

    def roles(self) -> set[str]:
        """The name of every role under the engine's path, as the AWS has them."""
        return {
            role.name for minter in self.platform.platform.request_access.minters.values() for role in minter.roles()
        }

    def last_rejection(self) -> dict[str, Any]:
        """The newest audit record of a refused request."""
        (newest,) = self.rejections()
        return newest

    def rejections(self) -> list[dict[str, Any]]:
        """That record, or nothing where no request was refused yet."""
        found: list[dict[str, Any]] = self.ines.get("/v1/audit", action="request.rejected", limit=1).json()["items"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Ids of what the sample's story has made: a contract in force, an accepted activity, an active environment."""

    contract: str
    version: str
    activity: str
    environment: str
    validation: str

    def asking(self, **changed: Any) -> dict[str, Any]:
        """A request that would be granted, with these members changed; None leaves one out.

        For a grant of its own, whatever others on the platform hold: `anew`, unless that is changed.
        """
        body: dict[str, Any] = {
            "activity": self.activity,
            "environment": self.environment,
            "purpose": RESEARCH,
            "duration": "PT1H",
            "anew": True,
            "sources": [FACTS],
        }
        return {name: value for name, value in {**body, **changed}.items() if value is not None}


@pytest.fixture(scope="package")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """The platform, running."""
    with (
        EmbeddedPlatform(tmp_path_factory.mktemp("platform"), environment={}) as platform,
        httpx.Client(base_url=platform.api_url, trust_env=False, timeout=60) as http,
    ):
        yield Cast(platform=platform, http=http)


@pytest.fixture(scope="package")
def story(cast: Cast) -> Story:
    """The story up to where access can be asked for."""
    return told(cast)


def told(cast: Cast, document: str | None = None) -> Story:
    """Plays the story up to where access can be asked for, with the sample's contract or that `document`."""
    now = cast.platform.now()
    contract = signed(cast, filled(document or sample_text("loans.odcs.yaml"), now))
    order = yaml.safe_load(filled(sample_text("activity.yaml"), now))
    registered = made(cast.dana.post("/v1/activities", order))
    activity = registered["activity"]["id"]
    accept(cast, contract, activity)
    second = made(cast.dana.post(f"/v1/activities/{activity}/environments", {"tier": "validation"}))
    story = Story(
        contract=contract["id"],
        version=contract["version"],
        activity=activity,
        environment=registered["environment"]["id"],
        validation=second["environment"]["id"],
    )
    for environment in (story.environment, story.validation):
        until(cast.dana, f"/v1/environments/{environment}", "active")
    return story


def given_back(cast: Cast, *grants: str) -> None:
    """Ends these grants of Dana's, or all where none is named: one person holds so many, and other tests ask, too."""
    held = grants or [grant["id"] for grant in cast.dana.get("/v1/grants", state="active").json()["items"]]
    for grant in held:
        made(cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "Done with it."}))


def in_force(cast: Cast, text: str, activity: str) -> dict[str, Any]:
    """The contract that this document proposes: signed by all who have to, and accepted by the activity."""
    contract = signed(cast, text)
    accept(cast, contract, activity)
    return contract


def signed(cast: Cast, text: str) -> dict[str, Any]:
    """The contract that this document proposes, signed by all who have to."""
    contract = made(cast.pat.post("/v1/contracts", {"document_yaml": text}))
    for person, role in ((cast.olga, "data-owner"), (cast.priya, "privacy-office")):
        if role in contract["needed"]:
            made(person.post(f"{_path(contract)}/signatures", {"role": role}))
    return contract


def accept(cast: Cast, contract: dict[str, Any], activity: str) -> None:
    """The activity takes on that version's terms."""
    made(cast.dana.post(f"{_path(contract)}/acceptances", {"activity": activity}))


def _path(contract: dict[str, Any]) -> str:
    return f"/v1/contracts/{contract['id']}/versions/{contract['version']}"


def made(answer: httpx.Response) -> dict[str, Any]:
    """What a request made; fails with the problem when it made nothing."""
    assert answer.status_code in (200, 201, 202), answer.text
    body: dict[str, Any] = answer.json()
    return body


def until(person: Somebody, path: str, state: str) -> dict[str, Any]:
    """The thing at `path` once it is in `state`; fails when it does not get there in time."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found: dict[str, Any] = person.get(path).json()
        if found["state"] == state:
            return found
        assert time.monotonic() < deadline, f"{path} is still {found['state']}: {found.get('last_error')}"
        time.sleep(0.1)
