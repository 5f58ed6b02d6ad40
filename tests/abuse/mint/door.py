"""Asking for access at a door behind which no AWS answers: what is refused there took no call to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_api.db.audit import AuditTrail
from platform_api.db.ledger import SqlLedger
from platform_api.paging import PageAsk
from tests.support.platform import FACTS, Cast, Story
from tests.support.standing import Standing

ASK = "/v1/access-requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Members of a request, and how it is refused: with this status and code, by this field."""

    given: Mapping[str, Any]
    field: str
    code: str = "fields-invalid"
    status: int = 422


def source(*, code: str = "invalid-value", field: str, **changed: Any) -> Bad:
    """A request for the sample's facts with these members of its only source changed."""
    return Bad(given={"sources": [{**FACTS, **changed}]}, field=f"sources[0].{field}", code=code)


def fields_of(problem: Mapping[str, Any]) -> set[str]:
    """Every field that a problem names."""
    named = {str(error["field"]) for error in problem.get("errors", [])}
    return named | ({str(problem["field"])} if "field" in problem else set())


def check_refused(people: Cast, story: Story, standing: Standing, bad: Bad) -> dict[str, Any]:
    """Refused by its field, with what to do; nothing remains of it but the record that it was refused."""
    roles, dana = standing.roles(), str(people.dana.get("/v1/me").json()["id"])
    before = newest(standing, dana)
    answer = people.dana.post(ASK, {**story.asking(), **bad.given})
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (bad.status, bad.code), problem
    assert bad.field in fields_of(problem), problem
    told = [problem, *problem.get("errors", [])]
    assert all(one["fix"] for one in told if "fix" in one), problem
    grant, record = newest(standing, dana)
    assert grant == before[0]
    assert record != before[1]
    entry = AuditTrail(standing.database).record(record)
    assert entry is not None
    assert entry.record["action"] == "request.rejected"
    assert entry.record["details"]["code"] == bad.code  # type: ignore[index, call-overload]
    assert set(standing.roles()) <= set(roles)
    return problem


def newest(standing: Standing, person: str) -> tuple[str, int]:
    """Somebody's newest grant, and their newest audit record."""
    grants = SqlLedger(standing.database).grants(PageAsk(limit=1, filters={"subject": person}), None).items
    records = AuditTrail(standing.database).page(PageAsk(limit=1, filters={"actor": person})).items
    return (grants[0].id if grants else "", records[0].seq if records else 0)
