"""What somebody submits as rules over HTTP: refused with its reason and line, kept nowhere, what is live untouched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.abuse.rows import rows
from tests.support.platform import Cast, made
from tests.support.rulebook_steps import act, drafted, said, withdrawn
from tests.support.standing import Standing

pytestmark = pytest.mark.usefixtures("untouched")

HEAD = '@id("{}") @title("t") @owner("o") '
PERMIT = 'permit (principal in Team::"x", action == Action::"read", resource)'
GOOD = HEAD.format("a") + PERMIT
TEMPLATE = '{"templates": {"t": {"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, '
SLOT = TEMPLATE + '"resource": {"op": "in", "slot": "?principal"}, "conditions": []}}}'

TEXTS: dict[str, tuple[str, int, str]] = {
    "POL-013 sets a thousand deep": (f"{GOOD} when {{ {'[' * 1000}{']' * 1000} == [] }};", 422, "rulebook-invalid"),
    "POL-013 without annotations": (
        f"permit(principal,action,resource) when {{ {'[' * 1000}{']' * 1000} == [] }};", 422, "rulebook-invalid",
    ),
    "POL-013 parentheses": (f"{GOOD} when {{ {'(' * 5000}true{')' * 5000} }};", 422, "rulebook-invalid"),
    "POL-013 records": (f"{GOOD} when {{ {'{a: ' * 1000}1{'}' * 1000}.a == 1 }};", 422, "rulebook-invalid"),
    "POL-013 negations": (f"{GOOD} when {{ {'!' * 5000}true }};", 422, "rulebook-invalid"),
    "POL-013 minus signs": (f"{GOOD} when {{ {'-' * 5000}1 == 1 }};", 422, "rulebook-invalid"),
    "POL-013 attributes": (f"{GOOD} when {{ principal{'.a' * 5000} == 1 }};", 422, "rulebook-invalid"),
    "POL-014 five thousand ifs": (
        f"{GOOD} when {{ {'if true then ' * 5000}true{' else false' * 5000} }};", 422, "rulebook-invalid",
    ),
    "POL-014 a chain of and": (f"{GOOD} when {{ {' && '.join(['true'] * 5000)} }};", 422, "rulebook-invalid"),
    "POL-014 a chain of plus": (f"{GOOD} when {{ {' + '.join(['1'] * 5000)} > 0 }};", 422, "rulebook-invalid"),
    "POL-014 five thousand conditions": (GOOD + " when { true }" * 5000 + ";", 422, "rulebook-invalid"),
    "POL-014 one huge rule": (f'{GOOD} when {{ "{"x" * 70_000}" == "" }};', 422, "rulebook-invalid"),
    "POL-014 ten thousand rules in one line": (
        "".join(HEAD.format(n) + PERMIT + ";" for n in range(10_000)), 413, "body-too-large",
    ),
    "POL-016 a slot in the scope": (GOOD.replace('Team::"x"', "?principal") + ";", 422, "rulebook-invalid"),
    "POL-016 a slot where the other belongs": (
        GOOD.replace("resource)", "resource in ?principal)") + ";", 422, "rulebook-invalid",
    ),
    "POL-016 a template in Cedar's JSON": (SLOT, 422, "rulebook-invalid"),
    "POL-017 everything to everyone": ("permit(principal, action, resource);", 422, "rulebook-invalid"),
    "POL-017 with annotations": (HEAD.format("a") + "permit(principal, action, resource);", 422, "rulebook-invalid"),
    "POL-017 spread over lines": (
        HEAD.format("a") + "permit\n(\nprincipal\n,\naction,\n// all\nresource\n)\n;", 422, "rulebook-invalid",
    ),
    "POL-017 by a condition that always holds": (
        HEAD.format("a") + "permit(principal, action, resource) when { true };", 422, "rulebook-invalid",
    ),
    "POL-019 a guardrail said otherwise": (
        HEAD.format("inv-only-members-use-data") + PERMIT + ";", 403, "guardrail",
    ),
    "POL-019 a guardrail of one's own": (HEAD.format("inv-everything-goes") + PERMIT + ";", 403, "guardrail"),
    "POL-019 a guardrail among good rules": (
        f"{GOOD};\n{HEAD.format('inv-only-members-use-data')}{PERMIT};", 403, "guardrail",
    ),
    "POL-020 arithmetic on what is not there": (
        f"{GOOD} when {{ context.n + 9223372036854775807 > 0 }};", 422, "rulebook-invalid",
    ),
    "POL-020 a number beyond 64 bits": (f"{GOOD} when {{ 9223372036854775808 > 0 }};", 422, "rulebook-invalid"),
    "POL-011 an annotation that ends early": (
        f'@id("a") @title("x\n}}; permit(principal,action,resource); //") @owner("o") {PERMIT};',
        422, "rulebook-invalid",
    ),
    "POL-007 an id with a Cyrillic letter": (HEAD.format("аll") + PERMIT + ";", 422, "rulebook-invalid"),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(TEXTS))
def test_a_text_that_is_unfit_is_refused_and_kept_by_no_way(
    cast: Cast, standing: Standing, case: tuple[str, int, str]
) -> None:
    text, status, code = case
    before = made(cast.gus.get("/v1/rulebooks", limit=200))
    refused = cast.gus.post("/v1/rulebooks", {"title": "Unfit", "text": text})
    assert said(refused) == (status, code), refused.text[:500]
    if code == "rulebook-invalid":
        assert all(fault["line"] >= 1 and fault["message"] for fault in refused.json()["errors"])
    assert cast.last_rejection()["details"]["code"] == code
    for path in ("validate", "test"):
        assert said(cast.gus.post(f"/v1/rulebooks/{path}", {"text": text})) == (status, code)
    assert made(cast.gus.get("/v1/rulebooks", limit=200)) == before


@pytest.mark.case("POL-019")
def test_a_rulebook_without_any_rule_leaves_the_guardrails_to_refuse(cast: Cast, standing: Standing) -> None:
    run = made(cast.gus.post("/v1/rulebooks/test", {"text": GOOD + ";"}))
    held = [one for one in run["results"] if one["suite"] == "invariants"]
    assert run["passed"]
    assert {one["expected"] for one in held} == {"allow", "deny"}


@pytest.mark.case("POL-019")
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
def test_no_request_takes_a_guardrail_out(cast: Cast, standing: Standing, method: str) -> None:
    rules = made(cast.gus.get("/v1/policies", limit=200))
    assert {"inv-only-members-use-data"} <= {rule["id"] for rule in rules["items"]}
    refused = cast.gus.call(method, "/v1/policies/inv-only-members-use-data", json={})
    assert refused.status_code == 405
    assert made(cast.gus.get("/v1/policies", limit=200)) == rules


# ---- forms

FORM: dict[str, Any] = {
    "id": "science-reads-facts",
    "title": "Lending science reads the facts",
    "owner": "governance-office",
    "effect": "may",
    "who": {"is": "of-teams", "teams": ["lending-science"]},
    "actions": ["read"],
    "data": {"is": "within", "kind": "data-product", "ids": ["loan-applications"]},
}
INJECTED = 'A-0001" || true || principal == User::"x'
SWALLOW = "x\n}; permit(principal,action,resource); //"


def activity(text: str) -> dict[str, Any]:
    return {"conditions": [{"is": "for-activity", "value": text}]}


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "POL-010 in the activity": (activity(INJECTED), "conditions[0].value"),
    "POL-010 in an exception": ({"exceptions": activity(INJECTED)["conditions"]}, "exceptions[0].value"),
    "POL-010 in a team": ({"who": {"is": "of-teams", "teams": [f'x"] || true || ["{INJECTED}']}}, "who.teams[0]"),
    "POL-010 in a product": (
        {"data": {"is": "within", "kind": "data-product", "ids": ['x") when { true }; //']}}, "data.ids[0]",
    ),
    "POL-010 in a purpose": ({"purposes": ['lending" || true || "']}, "purposes[0]"),
    "POL-010 with an escape of Cedar's": (activity(r"A-0001\" || true || \""), "conditions[0].value"),
    "POL-010 with a line separator": (activity("A-0001\u2028"), "conditions[0].value"),
    "POL-011 in the title": ({"title": SWALLOW}, "title"),
    "POL-011 in the owner": ({"owner": SWALLOW}, "owner"),
    "POL-011 in the advice": ({"advice": SWALLOW}, "advice"),
    "POL-011 in the id": ({"id": SWALLOW}, "id"),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(FORMS))
def test_cedar_in_a_field_of_a_form_is_refused_by_the_field(
    cast: Cast, standing: Standing, case: tuple[dict[str, Any], str]
) -> None:
    changed, field = case
    made(cast.gus.post("/v1/rulebooks/forms", {"form": FORM}))
    refused = cast.gus.post("/v1/rulebooks/forms", {"form": {**FORM, **changed}})
    assert said(refused) == (422, "rule-form-invalid"), refused.text
    assert field in {fault["field"] for fault in refused.json()["errors"]}, refused.text


@pytest.mark.case("POL-010", "POL-011")
@pytest.mark.parametrize("title", ['say "no"', "back\\slash", "a // comment", "é; permit", "@id(x)"])
def test_what_a_form_may_hold_stays_inside_of_its_string(cast: Cast, standing: Standing, title: str) -> None:
    answer = cast.gus.post("/v1/rulebooks/forms", {"form": {**FORM, "title": title}})
    written = made(answer)
    (rule,) = made(cast.gus.post("/v1/rulebooks/validate", {"text": written["cedar"]}))["rules"]
    assert (rule["title"], rule["form"]) == (title, {**FORM, "title": title})


# ---- bytes and look-alikes

BYTES: dict[str, tuple[bytes, int, str]] = {
    "POL-013 bytes of no encoding": (b'{"title": "t", "text": "\xff\xfe"}', 422, "body-invalid"),
    "POL-013 half a character": (b'{"title": "t", "text": "\xc3"}', 422, "body-invalid"),
    "POL-013 an overlong slash": (b'{"title": "t", "text": "\xc0\xaf"}', 422, "body-invalid"),
    "POL-013 UTF-16": ('{"title": "t", "text": "x"}'.encode("utf-16"), 422, "body-invalid"),
    "POL-013 a byte order mark": (b'\xef\xbb\xbf{"title": "t", "text": "x"}', 422, "body-invalid"),
    "POL-013 more than fits": (b" " * (1024 * 1024 + 1), 413, "body-too-large"),
    "POL-022 the text twice": (b'{"title": "t", "text": "x", "text": "y"}', 422, "body-invalid"),
}


@pytest.mark.parametrize("case", rows(BYTES))
def test_bytes_that_can_be_read_in_two_ways_are_refused(
    cast: Cast, standing: Standing, case: tuple[bytes, int, str]
) -> None:
    raw, status, code = case
    assert said(cast.gus.send("/v1/rulebooks", raw)) == (status, code)


@pytest.mark.case("POL-013")
@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\u0000b"'])
def test_characters_that_no_rule_can_hold_are_refused(cast: Cast, standing: Standing, text: str) -> None:
    raw = b'{"title": "t", "text": ' + text.encode() + b"}"
    assert cast.gus.send("/v1/rulebooks", raw).status_code == 422


@pytest.mark.case("POL-007")
@pytest.mark.parametrize("team", ["lending-sсience", "lending-science\u200b", "ｌending-science"])
def test_a_name_that_only_looks_like_another_is_never_proposed(cast: Cast, standing: Standing, team: str) -> None:
    text = GOOD.replace('Team::"x"', f'Team::"{team}"') + ";"
    refused = cast.gus.post("/v1/rulebooks", {"title": "Look-alike", "text": text})
    if refused.status_code == 422:
        assert refused.json()["code"] == "rulebook-invalid"
        return
    draft = made(refused)
    warnings = made(cast.gus.post("/v1/rulebooks/validate", {"text": text}))["warnings"]
    assert ("look-alike", 1) in {(warning["concern"], warning["line"]) for warning in warnings}
    assert said(act(cast.gus, "propose", draft)) == (422, "rulebook-invalid")
    withdrawn(cast.gus, draft["version"])


def test_the_good_rule_of_these_tests_is_kept(cast: Cast, standing: Standing) -> None:
    draft = drafted(cast.gus, GOOD + ";")
    assert draft["state"] == "draft"
    withdrawn(cast.gus, draft["version"])
