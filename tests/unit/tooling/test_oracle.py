"""The evaluator that judges minted roles knows IAM: allowed and denied points of small, clear policies.

Each case follows a rule of the AWS documentation, "IAM JSON policy reference" and "Policy evaluation logic".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.oracle.install import install, packaged_node
from tests.oracle.oracle import Decision, Oracle, OracleError, Question

pytestmark = pytest.mark.oracle

ROLE = "arn:aws:sts::123456789012:assumed-role/grant-1/alice"
USER = "arn:aws:iam::123456789012:user/alice"
Statement = Mapping[str, object]
Point = tuple[str, str, Mapping[str, str | list[str]], bool]
"""Action, resource, context, and whether IAM allows it."""


def policy(*statements: Statement) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str | list[str], **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str], **more: object) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    identity: tuple[Statement, ...]
    points: tuple[Point, ...]
    boundary: Statement | None = None
    session: Statement | None = None
    principal: str = ROLE
    context: Mapping[str, str] = field(default_factory=dict)


LAKE = "arn:aws:s3:::lake"
GET, PUT, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"

CASES = (
    Case(
        name="what is not allowed is denied",
        identity=(allow(GET, f"{LAKE}/a/*"),),
        points=(
            (GET, f"{LAKE}/a/x", {}, True),
            (GET, f"{LAKE}/b/x", {}, False),
            (PUT, f"{LAKE}/a/x", {}, False),
        ),
    ),
    Case(
        name="a deny wins over an allow",
        identity=(allow("s3:*", "*"), deny("s3:*", f"{LAKE}/pii/*")),
        points=((GET, f"{LAKE}/pii/x", {}, False), (GET, f"{LAKE}/a/x", {}, True)),
    ),
    Case(
        name="actions ignore case, resources do not, ? is one character",
        identity=(allow("S3:getobj*", f"{LAKE}/?/x*"),),
        points=(
            (GET, f"{LAKE}/a/x1", {}, True),
            (GET, f"{LAKE}/aa/x1", {}, False),
            (GET, "arn:aws:s3:::LAKE/a/x1", {}, False),
        ),
    ),
    Case(
        name="NotAction allows every other action",
        identity=({"Effect": "Allow", "NotAction": ["s3:DeleteObject", "iam:*"], "Resource": "*"},),
        points=((GET, f"{LAKE}/a/x", {}, True), ("s3:DeleteObject", f"{LAKE}/a/x", {}, False)),
    ),
    Case(
        name="a closing deny with NotResource keeps a role inside",
        identity=(
            allow("s3:*", "*"),
            {"Effect": "Deny", "Action": "s3:*", "NotResource": [LAKE, f"{LAKE}/*"]},
        ),
        points=((GET, f"{LAKE}/a", {}, True), (GET, "arn:aws:s3:::other/a", {}, False)),
    ),
    Case(
        name="a user's name fills its variable",
        principal=USER,
        context={"aws:username": "alice"},
        identity=(allow(GET, "arn:aws:s3:::lake/home/${aws:username}/*"),),
        points=((GET, f"{LAKE}/home/alice/f", {}, True), (GET, f"{LAKE}/home/bob/f", {}, False)),
    ),
    Case(
        name="ForAllValues holds for no value at all",
        identity=(
            allow("iam:TagRole", "*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "owner"]}}),
        ),
        points=(
            ("iam:TagRole", "arn:aws:iam::123456789012:role/r", {"aws:TagKeys": ["env"]}, True),
            ("iam:TagRole", "arn:aws:iam::123456789012:role/r", {"aws:TagKeys": ["env", "x"]}, False),
            ("iam:TagRole", "arn:aws:iam::123456789012:role/r", {}, True),
        ),
    ),
    Case(
        name="Null false demands that a key is there",
        identity=(allow(PUT, "*", Condition={"Null": {"s3:x-amz-server-side-encryption": "false"}}),),
        points=(
            (PUT, f"{LAKE}/a", {"s3:x-amz-server-side-encryption": "aws:kms"}, True),
            (PUT, f"{LAKE}/a", {}, False),
        ),
    ),
    Case(
        name="IfExists holds where the key is missing",
        identity=(allow(GET, "*", Condition={"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}}),),
        points=(
            (GET, f"{LAKE}/a", {}, True),
            (GET, f"{LAKE}/a", {"aws:PrincipalTag/team": "blue"}, False),
            (GET, f"{LAKE}/a", {"aws:PrincipalTag/team": "red"}, True),
        ),
    ),
    Case(
        name="a permissions boundary only narrows",
        identity=(allow("s3:*", "*"),),
        boundary=allow("s3:Get*", f"{LAKE}/*"),
        points=(
            (GET, f"{LAKE}/a", {}, True),
            (PUT, f"{LAKE}/a", {}, False),
            (GET, "arn:aws:s3:::other/a", {}, False),
        ),
    ),
    Case(
        name="a session policy only narrows",
        identity=(allow([GET, PUT], f"{LAKE}/*"),),
        session=allow(GET, f"{LAKE}/a/*"),
        points=(
            (GET, f"{LAKE}/a/1", {}, True),
            (PUT, f"{LAKE}/a/1", {}, False),
            (GET, f"{LAKE}/b/1", {}, False),
        ),
    ),
    Case(
        name="every condition must hold: address and time",
        identity=(
            allow(
                GET,
                "*",
                Condition={
                    "IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]},
                    "DateLessThan": {"aws:CurrentTime": "2026-12-01T00:00:00Z"},
                },
            ),
        ),
        points=(
            (GET, f"{LAKE}/a", {"aws:SourceIp": "10.1.2.3", "aws:CurrentTime": "2026-11-23T00:00:00Z"}, True),
            (
                GET,
                f"{LAKE}/a",
                {"aws:SourceIp": "11.1.2.3", "aws:CurrentTime": "2026-11-23T00:00:00Z"},
                False,
            ),
            (
                GET,
                f"{LAKE}/a",
                {"aws:SourceIp": "10.1.2.3", "aws:CurrentTime": "2027-01-01T00:00:00Z"},
                False,
            ),
        ),
    ),
    Case(
        name="a listing is bound to its prefix",
        identity=(allow(LIST, LAKE, Condition={"StringLike": {"s3:prefix": ["a/*", ""]}}),),
        points=(
            (LIST, LAKE, {"s3:prefix": "a/x"}, True),
            (LIST, LAKE, {"s3:prefix": "b/"}, False),
            (LIST, LAKE, {}, False),
        ),
    ),
    Case(
        name="a session's tag fills its variable, and without the tag nothing matches",
        identity=(allow(GET, LAKE + "/team/${aws:PrincipalTag/team}/*"),),
        points=(
            (GET, f"{LAKE}/team/red/f", {"aws:PrincipalTag/team": "red"}, True),
            (GET, f"{LAKE}/team/blue/f", {"aws:PrincipalTag/team": "red"}, False),
            (GET, f"{LAKE}/team/red/f", {}, False),
        ),
    ),
    Case(
        name="StringNotEquals with a list means none of them, and holds where the key is missing",
        identity=(
            allow(GET, "*"),
            deny(
                "s3:*",
                "*",
                Condition={"StringNotEquals": {"aws:SourceVpce": ["vpce-00000001", "vpce-00000002"]}},
            ),
        ),
        points=(
            (GET, f"{LAKE}/a", {}, False),
            (GET, f"{LAKE}/a", {"aws:SourceVpce": "vpce-00000002"}, True),
            (GET, f"{LAKE}/a", {"aws:SourceVpce": "vpce-00000009"}, False),
        ),
    ),
    Case(
        name="a session issued before the cut-off is revoked, one after it is not",
        identity=(
            allow(GET, "*"),
            deny("*", "*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T03:00:00Z"}}),
        ),
        points=(
            (GET, f"{LAKE}/a", {"aws:TokenIssueTime": "2026-11-23T02:00:00Z"}, False),
            (GET, f"{LAKE}/a", {"aws:TokenIssueTime": "2026-11-23T04:00:00Z"}, True),
        ),
    ),
)


def questions(case: Case) -> list[Question]:
    return [
        Question(
            principal=case.principal,
            action=action,
            resource=resource,
            identity=[policy(*case.identity)],
            boundary=policy(case.boundary) if case.boundary else None,
            session=policy(case.session) if case.session else None,
            context={**case.context, **context},
        )
        for action, resource, context, _ in case.points
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_evaluator_decides_as_iam_does(oracle: Oracle, case: Case) -> None:
    allowed = [decision == "Allowed" for decision in oracle.ask_many(questions(case))]
    assert allowed == [expected for *_, expected in case.points]
    assert {True, False} == set(allowed)


@pytest.mark.parametrize(
    ("resource", "decision"),
    [
        (f"{LAKE}/a/x", "Allowed"),
        (f"{LAKE}/b/x", "ImplicitlyDenied"),
        (f"{LAKE}/a/pii/x", "ExplicitlyDenied"),
    ],
)
def test_a_single_question_tells_an_implicit_from_an_explicit_denial(
    oracle: Oracle, resource: str, decision: Decision
) -> None:
    rules = policy(allow(GET, f"{LAKE}/a/*"), deny("s3:*", f"{LAKE}/a/pii/*"))
    assert oracle.ask(ROLE, GET, resource, [rules]) == decision


def test_a_misspelt_action_is_an_error_and_not_a_denial(oracle: Oracle) -> None:
    with pytest.raises(OracleError, match="GetObjekt"):
        oracle.ask(ROLE, "s3:GetObjekt", f"{LAKE}/a", [policy(allow("s3:*", "*"))])


def test_a_misspelt_operator_is_an_error_and_not_a_denial(oracle: Oracle) -> None:
    broken = policy(allow(GET, "*", Condition={"StringEquls": {"aws:PrincipalTag/a": "b"}}))
    with pytest.raises(OracleError, match="StringEquls"):
        oracle.ask(ROLE, GET, f"{LAKE}/a", [broken])


def test_a_thousand_questions_come_back_in_order(oracle: Oracle) -> None:
    rules = policy(allow(GET, f"{LAKE}/even/*"))
    many = [
        Question(principal=ROLE, action=GET, resource=f"{LAKE}/{'odd' if i % 2 else 'even'}/{i}", identity=[rules])
        for i in range(1000)
    ]
    expected: list[Decision] = ["ImplicitlyDenied" if i % 2 else "Allowed" for i in range(1000)]
    assert oracle.ask_many(many) == expected


def test_the_lock_names_each_package_by_hash_and_no_host() -> None:
    text = (Path(__file__).parents[2] / "oracle" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert fetched
    assert all(entry["integrity"].startswith("sha512-") for entry in fetched.values())
    assert "://" not in text


@pytest.mark.slow
def test_the_evaluator_runs_on_the_node_of_the_virtual_environment(tmp_path: Path) -> None:
    node = packaged_node()
    assert node is not None
    with Oracle(install(node, cache=tmp_path)) as bridged:
        assert bridged.ask(ROLE, GET, f"{LAKE}/a", [policy(allow(GET, "*"))]) == "Allowed"
        assert bridged.ask(ROLE, PUT, f"{LAKE}/a", [policy(allow(GET, "*"))]) == "ImplicitlyDenied"
