"""Where the data lies, as somebody spells it: what IAM or S3 would read as more than a plain name is refused.

Every case is asked over HTTP at a door without AWS: refused before any call, and nothing kept but the record.
"""

from __future__ import annotations

import pytest

from jit_engine.iam.statement import objects_arn
from tests.abuse.mint.door import Bad, check_refused, source
from tests.abuse.rows import rows
from tests.fakes.world import prefix
from tests.support.platform import FACTS, Cast, Story
from tests.support.standing import Standing


def at(text: object) -> Bad:
    code = "invalid-value" if isinstance(text, str) and len(text) <= 1024 else "fields-invalid"
    return source(prefix=text, field="prefix", code=code)


def bucket(text: str) -> Bad:
    return source(bucket=text, field="bucket")


def account(text: object) -> Bad:
    return source(account=text, field="account", code="invalid-value" if isinstance(text, str) else "fields-invalid")


PREFIXES: dict[str, Bad] = {
    "MINT-001 an asterisk inside": at("team-a/*/raw/"),
    "MINT-001 a question mark inside": at("team-?/raw/"),
    "MINT-001 an asterisk at the end": at("team-a/*"),
    "MINT-002 an asterisk alone": at("*"),
    "MINT-002 an asterisk and a slash": at("*/"),
    "MINT-002 two asterisks": at("**/"),
    "MINT-004 a variable of the user's name": at("home/${aws:username}/"),
    "MINT-004 a variable of a tag": at("home/${aws:PrincipalTag/team}/"),
    "MINT-005 a variable with a wildcard for a default": at("${aws:PrincipalTag/none, '*'}/"),
    "MINT-007 IAM's own escape of an asterisk": at("team-a/${*}/"),
    "MINT-007 IAM's own escape of a dollar": at("team-a/${$}{*}/"),
    "MINT-008 a dollar": at("team-a/$5/"),
    "MINT-008 a brace": at("team-a/{5}/"),
    "MINT-010 null": at(None),
    "MINT-010 the word None": at("None"),
    "MINT-010 nothing": at(""),
    "MINT-010 a list": at([]),
    "MINT-010 a number": at(0),
    "MINT-011 a slash": at("/"),
    "MINT-011 a slash first": at("/team-a/"),
    "MINT-011 slashes": at("///"),
    "MINT-013 a space of no width": at("\u200b"),
    "MINT-013 a joiner": at("team\u200d-a/"),
    "MINT-013 a byte order mark": at("\ufeffteam-a/"),
    "MINT-013 a space that does not break": at("team\u00a0a/"),
    "MINT-013 a change of direction": at("team-a/\u202e/"),
    "MINT-014 no slash at the end": at("team-a"),
    "MINT-014 no slash at the end, deeper": at("team-a/raw"),
    "MINT-016 a way up in per cent": at("team-a/%2e%2e/team-b/"),
    "MINT-016 a way up": at("team-a/../team-b/"),
    "MINT-016 a slash in per cent": at("team-a%2fteam-b/"),
    "MINT-017 a way up in per cent twice": at("team-a/%252e%252e%252fteam-b/"),
    "MINT-017 a way up in overlong UTF-8": at("team-a/%c0%ae%c0%ae/"),
    "MINT-019 two slashes": at("team-a//"),
    "MINT-019 two slashes inside": at("team-a//raw/"),
    "MINT-020 a dot": at("team-a/./"),
    "MINT-020 a dot first": at("./team-a/"),
    "MINT-022 a NUL": at("team-a/\0/"),
    "MINT-022 a line's end": at("team-a/\n"),
    "MINT-022 a line's end inside": at("team-a/\n/"),
    "MINT-022 a return": at("team-a\r/"),
    "MINT-022 a line separator": at("team-a/\u2028/"),
    "MINT-022 a delete character": at("team-a\x7f/"),
    "MINT-023 an end of the JSON": at('team-a/"],"Action":"*","Resource":["*'),
    "MINT-023 a quote": at('team-"a"/'),
    "MINT-023 a backslash": at("team-a\\u002a/"),
    "MINT-025 a full-width asterisk": at("team-a/＊"),
    "MINT-025 a full-width asterisk and a slash": at("team-a/＊/"),
    "MINT-025 a small asterisk": at("team-a/﹡/"),
    "MINT-025 a full-width question mark": at("team-？/"),
    "MINT-025 a full-width slash": at("team-a／"),
    "MINT-025 a full-width dot": at("team-a/．．/"),
    "MINT-124 an accent in one character": at("team-é/"),
    "MINT-124 an accent of its own": at("team-e\u0301/"),
    "MINT-124 a ligature": at("team-ﬁ/"),
    "MINT-124 Arabic digits": at("team-١/"),
}  # fmt: skip

BUCKETS: dict[str, Bad] = {
    "MINT-026 a Cyrillic letter": bucket("cоrp-claims"),
    "MINT-026 a full-width letter": bucket("ｃorp-claims"),
    "MINT-026 capitals": bucket("Corp-claims"),
    "MINT-026 a Turkish letter": bucket("corp-claıms"),
    "MINT-026 a Kelvin sign": bucket("corp-Kclaims"),
    "MINT-028 a wildcard": bucket("corp-*"),
    "MINT-028 a question mark": bucket("corp-claim?"),
    "MINT-028 a variable": bucket("corp-${aws:username}"),
    "MINT-029 a slash": bucket("corp-claims/team-b"),
    "MINT-029 a slash at the end": bucket("corp-claims/"),
    "MINT-031 a colon": bucket("corp-claims:*"),
    "MINT-031 a line's end": bucket("corp-claims\n"),
    "MINT-032 an access point": bucket("arn:aws:s3:eu-west-1:999988887777:accesspoint/ap1"),
    "MINT-032 an access point's alias": bucket("ap1-qwertyuiopasdfghjklzxcvbnm123-s3alias"),
    "MINT-032 an object lambda's alias": bucket("ap1-qwertyuiop--ol-s3"),
    "MINT-032 a directory bucket": bucket("corp-claims--use1-az4--x-s3"),
    "MINT-082 an ARN of another partition": bucket("arn:aws-cn:s3:::corp-claims"),
    "MINT-082 an ARN for a source": Bad(
        given={"sources": [{"kind": "raw-arn", "arn": "arn:aws-cn:s3:::corp-claims/team-a/*"}]},
        field="sources[0]", code="fields-invalid",
    ),
    "MINT-080 an account to override the catalogue's": source(
        field="account_override", code="fields-invalid", account_override="999988887777",
    ),
    "MINT-080 another account": Bad(
        given={"sources": [{**FACTS, "account": "999988887777"}]}, field="sources[0]", code="invalid-value",
    ),
    "MINT-083 Arabic digits": account("١١١١٢٢٢٢٣٣٣٣"),
    "MINT-083 a sign": account("+11112222333"),
    "MINT-083 superscript digits": account("¹11122223333"),
    "MINT-083 full-width digits": account("１１１１２２２２３３３３"),
    "MINT-083 an underscore": account("1111_2222333"),
    "MINT-083 a line's end": account("111122223333\n"),
    "MINT-083 a space": account(" 11122223333"),
    "MINT-083 a number": account(111122223333),
    "MINT-083 eleven digits": account("11112222333"),
}  # fmt: skip

TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe"]}


def table(field: str, text: str) -> Bad:
    return Bad(given={"sources": [{**TABLE, field: text}]}, field=f"sources[0].{field}", code="invalid-value")


TABLES: dict[str, Bad] = {
    "MINT-040 every table": table("table", "*"),
    "MINT-040 tables that begin so": table("table", "appl*"),
    "MINT-040 every database": table("database", "*"),
    "MINT-040 a table of another database": table("table", "applications/../../other/people"),
    "MINT-040 a table's ARN": table("table", "arn:aws:glue:us-east-1:000000000000:table/loans/applicants"),
    "MINT-040 capitals": table("table", "Applications"),
    "MINT-040 a letter that looks Latin": table("table", "аpplications"),
    "MINT-082 a region of another partition": table("region", "cn-north-1*"),
    "MINT-082 an unknown region": Bad(
        given={"sources": [{**TABLE, "region": "cn-north-1"}]}, field="sources[0]", code="invalid-value",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", rows({**PREFIXES, **BUCKETS, **TABLES}))
def test_a_place_that_could_be_another_is_refused_before_aws_hears_of_it(
    without_aws: Cast, story: Story, standing: Standing, bad: Bad
) -> None:
    check_refused(without_aws, story, standing, bad)


@pytest.mark.case("MINT-014")
@pytest.mark.parametrize("given", ["loans/facts", "loans/facts/2026"])
def test_a_forgotten_slash_is_answered_with_the_value_that_has_it(
    without_aws: Cast, story: Story, standing: Standing, given: str
) -> None:
    problem = check_refused(without_aws, story, standing, at(given))
    assert problem["corrected"] == f"{given}/"


@pytest.mark.case("MINT-001", "MINT-008", "MINT-025")
@pytest.mark.parametrize("given", ["team-a/raw/", "dt=2026-01-01/", "it's (1)/", "a/...b/", "A@b,c:d+e!/"])
def test_what_s3_and_iam_read_alike_is_taken_and_rendered_as_it_is(given: str) -> None:
    arn = objects_arn(prefix(given))
    assert arn == f"arn:aws:s3:::sample-lake/{given}*"
    assert arn.count("*") == 1


def test_the_door_of_these_tests_lets_a_good_request_through_to_aws(
    without_aws: Cast, story: Story, standing: Standing
) -> None:
    answer = without_aws.dana.post("/v1/access-requests", story.asking())
    assert (answer.status_code, answer.json()["code"]) == (503, "aws-unavailable")
