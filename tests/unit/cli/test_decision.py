"""Decisions as they are shown and explained on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.failure import ExitCode
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

DECISION = "de_01JABCDEFGHJKMNPQRSTVWXYZ1"
REQUEST = "rq_01JABCDEFGHJKMNPQRSTVWXYZ2"
GRANT = "gr_01JABCDEFGHJKMNPQRSTVWXYZ3"
PATH = f"/v1/decisions/{DECISION}/explanation"

SOURCE = {
    "source": "s3://lake/loans/",
    "operations": ["select"],
    "passes": False,
    "refused_by": "rules",
    "invariants": {"consulted": True, "passes": True, "why": "permitted", "rules": []},
    "contract": {"consulted": True, "passes": True, "contract": {"id": "co_1", "version": "1.0.0"}, "breaches": []},
    "rules": {
        "consulted": True,
        "passes": False,
        "why": "forbidden",
        "rules": [{"id": "no-personal", "title": "No personal data", "advice": "Ask for the facts."}],
    },
}


def decision(id: str = DECISION, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "request": REQUEST,
        "grant": None,
        "outcome": "refused",
        "reason": None,
        "subject": "pe_1",
        "activity": "ac_1",
        "environment": "en_1",
        "rulebook": "6",
        "decided_at": "2026-11-23T10:00:00Z",
        **more,
    }


def explanation(**more: Any) -> dict[str, Any]:
    version = {"recorded": "1", "today": "1"}
    return {
        "decision": decision(),
        "matches": True,
        "recorded": {"asked": {"purpose": "lending/risk"}, "sources": [SOURCE], "reasons": []},
        "recomputed": {},
        "differences": [],
        "judged_by": {
            "rulebook": {"recorded": "6", "today": "7"},
            "invariants": {"recorded": "invariants-a", "today": "invariants-a"},
            "policy_schema": version,
        },
        "notes": [],
        "facts": {
            "recorded": {},
            "today": {},
            "differing": [
                {"path": "subject.teams", "recorded": ["science"], "today": []},
                {"path": "contracts.co_1 1.0.0", "recorded": {"id": "co_1"}, "today": None},
            ],
        },
        "rules": [
            {
                "id": "no-personal", "title": "No personal data", "effect": "forbid", "owner": "privacy-office",
                "advice": None, "version": "6", "editable": True, "text": "forbid (principal, action, resource);",
            },
        ],
        **more,
    }  # fmt: skip


def test_a_decision_is_explained_with_its_gates_rules_and_facts(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", PATH, explanation())
    told = sluice("policy", "explain", DECISION)
    assert told.code == ExitCode.DONE
    for shown in (
        "lending/risk", "s3://lake/loans/", "within co_1 1.0.0", "forbidden by no-personal", "6 (today 7)",
        "exactly the same", "No personal data (forbid, privacy-office; 6)", "forbid (principal, action, resource);",
    ):  # fmt: skip
        assert shown in told.out
    rows = [line.split() for line in told.out.splitlines()]
    assert ["subject.teams", '["science"]', "[]"] in rows
    assert ["contracts.co_1", "1.0.0", "there", "none"] in rows


def test_a_decision_that_differs_fails_the_command(sluice: Sluice, platform: FakePlatform) -> None:
    difference = {"path": "sources[0].passes", "recorded": False, "recomputed": True}
    platform.answers("GET", PATH, explanation(matches=False, differences=[difference], notes=["the schema changed"]))
    told = sluice("policy", "explain", DECISION)
    assert told.code == ExitCode.FAILED
    assert "IT DIFFERS" in told.out
    assert ["sources[0].passes", "false", "true"] in [line.split() for line in told.out.splitlines()]
    assert "the schema changed" in told.out


def test_a_decision_that_cannot_be_taken_again_says_why(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", PATH, explanation(matches=False, recomputed=None, notes=["rulebook 6 is not stored"]))
    told = sluice("policy", "explain", DECISION)
    assert (told.code, "COULD NOT BE TAKEN AGAIN" in told.out) == (ExitCode.FAILED, True)
    assert "rulebook 6 is not stored" in told.out


@pytest.mark.parametrize(("of", "kind"), [(REQUEST, "request"), (GRANT, "grant")])
def test_of_a_request_or_grant_the_newest_decision_is_explained(
    sluice: Sluice, platform: FakePlatform, of: str, kind: str
) -> None:
    older = decision("de_01JABCDEFGHJKMNPQRSTVWXYZ0")
    platform.answers("GET", "/v1/decisions", {"items": [decision(), older], "next_cursor": None})
    platform.answers("GET", PATH, explanation())
    told = sluice("policy", "explain", of)
    assert told.code == ExitCode.DONE
    assert platform.asked[0].query[kind] == of
    assert platform.paths()[1] == f"GET {PATH}"
    assert older["id"] in told.err


def test_what_nothing_was_decided_about_is_not_found(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/decisions", {"items": [], "next_cursor": None})
    assert sluice("policy", "explain", GRANT).code == ExitCode.NOT_FOUND
    told = sluice("policy", "explain", "co_1")
    assert (told.code, "de_, rq_ or gr_" in told.err) == (ExitCode.USAGE, True)


def test_the_json_is_the_api_s_own(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", PATH, explanation())
    assert json.loads(sluice("policy", "explain", DECISION, "--json").out) == explanation()


def test_decisions_are_listed_by_what_was_asked_for(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/decisions", {"items": [decision()], "next_cursor": None})
    told = sluice(
        "policy", "decisions", "--outcome", "refused", "--rulebook", "6", "--since", "2026-11-01T00:00:00+01:00"
    )
    assert DECISION in told.out
    query = platform.asked[0].query
    assert (query["outcome"], query["rulebook"]) == ("refused", "6")
    assert query["since"].startswith("2026-")
    assert sluice("policy", "decisions", "--until", "yesterday").code == ExitCode.USAGE


def test_decisions_are_listed_with_gate_purpose_sources_and_names(sluice: Sluice, platform: FakePlatform) -> None:
    dana = "pe_01JABCDEFGHJKMNPQRSTVWXYZ4"
    passing = {**SOURCE, "source": "s3://lake/facts/", "passes": True}
    more = {**SOURCE, "source": "s3://lake/people/"}
    recorded = {"asked": {"purpose": "lending/risk"}, "sources": [passing, SOURCE, more]}
    item = decision(subject=dana, refused_by="rules", decision=recorded)
    platform.answers("GET", "/v1/decisions", {"items": [item], "next_cursor": None})
    platform.answers("GET", "/v1/subjects", {"items": [{"id": dana, "name": "Dana Quist"}], "next_cursor": None})
    told = sluice("policy", "decisions", "--subject", "dana quist", "--outcome", "refused")
    assert platform.asked[1].query["subject"] == dana
    for shown in ("GATE", "rules", "Dana Quist", "lending/risk", "s3://lake/loans/ and 1 more"):
        assert shown in told.out
    assert dana not in told.out
    assert "waiting" in sluice("policy", "decisions", "--help").out
    unknown = sluice("policy", "decisions", "--subject", "Dana Quits")
    assert unknown.code == ExitCode.NOT_FOUND
