"""Act 8: the tiers' invariants, and a pipeline that works through the API alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import ClientError

from platform_api.embedded.demo.cast import FACTS, LAKE, REPORTING, REPORTS, RESEARCH, Cast
from platform_api.embedded.demo.research import asking, only_verdict, provisioned
from platform_api.embedded.demo.stage import DemoBroken, mapping, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

PIPELINE = "loan-report"
REPORT_PREFIX = "loans/"


def tiers(cast: Cast) -> None:
    """8. Invariants first; then the pipeline in operation and in validation."""
    stage = cast.stage
    stage.act(8, "The tiers: what no contract and no rule can open, and a pipeline in operation.")
    _environments(cast)
    refused = stage.sluice("dana", *asking(cast, "operation", RESEARCH, FACTS), "--json").json()
    _check_invariant(cast, "a person in operation", refused, "inv-operation-is-for-pipelines")
    with _Pipeline(cast) as pipeline:
        refused = pipeline.ask("research", [_insert(cast)], expect=403)
        _check_invariant(
            cast, "a pipeline's write in research", refused, "inv-research-and-validation-write-only-to-workspaces"
        )
        _operation(cast, pipeline)
        _validation(cast, pipeline)


def _environments(cast: Cast) -> None:
    stage = cast.stage
    for tier in ("validation", "operation"):
        made = stage.sluice("dana", "env", "request", cast.activity, "--tier", tier, "--json").json()
        review = mapping(made["review"])
        if review["state"] == "open":
            failed = [str(c["title"]) for c in rows(review["criteria"]) if not c["met"]]
            stage.tell(f"              needs a named reviewer: {'; '.join(failed)}")
            own = stage.sluice("dana", "review", "approve", str(review["id"]), "--comment", "mine")
            stage.check(f"nobody approves their own {tier} environment", True, own.code != 0)
            stage.sluice(
                "ari", "review", "approve", str(review["id"]), "--comment", "Reviewed with the team.", "--json"
            ).json()
        provisioned(cast, tier, str(mapping(made["environment"])["id"]))
    stage.check("three environments are active", ["operation", "research", "validation"], sorted(cast.environments))


def _check_invariant(cast: Cast, what: str, refused: Mapping[str, object], invariant: str) -> None:
    verdict = only_verdict(dict(refused))
    named = [str(rule["id"]) for rule in rows(mapping(verdict["invariants"])["rules"])]
    cast.stage.check(f"{what} is refused by an invariant", invariant, named, ok=invariant in named)
    later = (mapping(verdict["contract"])["consulted"], mapping(verdict["rules"])["consulted"])
    cast.stage.check(f"{what}: neither contract nor rules were asked", (False, False), later)


def _operation(cast: Cast, pipeline: _Pipeline) -> None:
    granted = pipeline.ask("operation", [_insert(cast), _select(cast)], expect=201)
    s3 = pipeline.s3(str(mapping(granted["grant"])["id"]))
    body = json.dumps({"report": "default rates", "loans": 1000}).encode()
    cast.stage.check(
        "the pipeline writes its report", "allowed", _put(s3, REPORTS, f"{REPORT_PREFIX}2026-11/report.json", body)
    )
    cast.stage.check("AWS on its write beside the target", "AccessDenied", _put(s3, REPORTS, "other/report.json", body))
    cast.stage.check("AWS on its write into the lake", "AccessDenied", _put(s3, LAKE, "loans/facts/new.json", body))


def _validation(cast: Cast, pipeline: _Pipeline) -> None:
    refused = pipeline.ask("validation", [_insert(cast)], expect=403)
    _check_invariant(
        cast, "a pipeline's write in validation", refused, "inv-research-and-validation-write-only-to-workspaces"
    )
    granted = pipeline.ask("validation", [_select(cast)], expect=201)
    s3 = pipeline.s3(str(mapping(granted["grant"])["id"]))
    listed = s3.list_objects_v2(Bucket=LAKE, Prefix="loans/facts/").get("KeyCount", 0)
    cast.stage.check("in validation it reads", "at least one file", listed, ok=listed > 0)
    cast.stage.check(
        "AWS on its write in validation", "AccessDenied", _put(s3, REPORTS, f"{REPORT_PREFIX}x.json", b"{}")
    )


def _insert(cast: Cast) -> dict[str, object]:
    return {"kind": "s3-prefix", "bucket": REPORTS, "prefix": REPORT_PREFIX, "operations": ["insert"]}


def _select(cast: Cast) -> dict[str, object]:
    return {"kind": "s3-prefix", "bucket": LAKE, "prefix": "loans/facts/", "operations": ["describe", "select"]}


def _put(s3: S3Client, bucket: str, key: str, body: bytes) -> str:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code"))
    return "allowed"


class _Pipeline:
    """The pipeline as a program: HTTP and a token of its own, no CLI."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        token = httpx.post(f"{cast.platform.issuer_url}/token", json={"login": PIPELINE}, trust_env=False).json()
        self._http = httpx.Client(
            base_url=cast.platform.api_url,
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=90,
            trust_env=False,
        )
        self._asked = 0

    def __enter__(self) -> _Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, tier: str, sources: list[dict[str, object]], *, expect: int) -> dict[str, object]:
        """One access request; raises `DemoBroken` for another status than expected."""
        self._asked += 1
        body = {
            "activity": self._cast.activity,
            "environment": self._cast.environments[tier],
            "purpose": REPORTING,
            "sources": sources,
        }
        key = {"Idempotency-Key": f"loan-report-{self._asked:04d}-{self._cast.activity}"}
        answer = self._http.post("/v1/access-requests", json=body, headers=key)
        self._cast.stage.tell(f"   {PIPELINE} POST /v1/access-requests in {tier}  [{answer.status_code}]")
        if answer.status_code != expect:
            raise DemoBroken(f"the pipeline got {answer.status_code} in {tier}: {answer.text[:1500]}")
        return dict(mapping(answer.json()))

    def s3(self, grant: str) -> S3Client:
        """An S3 client with credentials of the grant."""
        answer = self._http.post(f"/v1/grants/{grant}/credentials", json={})
        if answer.status_code != 200:
            raise DemoBroken(f"the pipeline got no credentials: {answer.text[:800]}")
        keys = mapping(answer.json())
        client: S3Client = boto3.client(
            "s3",
            region_name=str(keys["region"]),
            endpoint_url=str(keys["endpoint_url"]),
            aws_access_key_id=str(keys["access_key_id"]),
            aws_secret_access_key=str(keys["secret_access_key"]),
            aws_session_token=str(keys["session_token"]),
            config=Config(s3={"addressing_style": "path"}),
        )
        return client
