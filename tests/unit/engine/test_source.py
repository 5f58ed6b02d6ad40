"""Sources are parsed strictly, because they end in ARNs: what IAM would expand, fold or cut short is refused."""

import pytest

from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.errors import InvalidValue
from jit_engine.iam.statement import objects_arn
from jit_engine.sources.kinds import cedar_action, source_of_uri
from tests.fakes.world import ACCOUNT, FACTS_PREFIX, LOANS, REGION, ask, prefix, request

PREFIXES = {
    "an asterisk inside": "team-a/*/raw/",
    "an asterisk alone": "*",
    "an asterisk at the end": "team-a/*",
    "a question mark": "team-?/",
    "a policy variable": "home/${aws:username}/",
    "a policy variable with a default": "${aws:PrincipalTag/none, '*'}/",
    "an escape of IAM's": "team-a/${*}/",
    "a dollar": "team-a/$5/",
    "nothing": "",
    "a slash": "/",
    "a slash first": "/team-a/",
    "two slashes": "team-a//",
    "a space of no width": "\u200b",
    "a space of no width in a segment": "team\u200b-a/",
    "a dot segment": "team-a/./",
    "a way up": "team-a/../team-b/",
    "a way up in per cent": "team-a/%2e%2e/team-b/",
    "a way up in per cent twice": "team-a/%252e%252e%252fteam-b/",
    "a NUL": "team-a/\x00/",
    "a line feed": "team-a/\n",
    "a line feed after the slash": "team-a/\n/",
    "a tab": "team\ta/",
    "a carriage return": "team-a\r/",
    "a delete character": "team-a\x7f/",
    "an end of JSON": 'team-a/"],"Action":"*","Resource":["*',
    "a double quote": 'team-"a"/',
    "a backslash": "team-a\\team-b/",
    "a full-width asterisk": "team-a/＊/",
    "a full-width slash": "team-a／",
    "a letter that looks Latin": "teаm-a/",
    "an accent, composed": "team-é/",
    "an accent, apart": "team-e\u0301/",
    "Arabic digits": "team-١/",
    "a character beyond the plane": "team-\U0001f600/",
    "a lone surrogate": "team-\ud800/",
    "more than 512 characters": "a" * 512 + "/",
}


@pytest.mark.parametrize("case", PREFIXES)
def test_a_prefix_is_a_plain_literal_that_ends_in_a_slash(case: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        prefix(PREFIXES[case])
    assert refusal.value.field == "prefix"
    assert refusal.value.corrected is None
    assert refusal.value.fix


@pytest.mark.parametrize("given", ["team-a", "team-a/raw", "a b/c=1"])
def test_a_prefix_without_its_slash_is_refused_with_the_corrected_value(given: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        prefix(given)
    assert refusal.value.corrected == f"{given}/"
    assert prefix(refusal.value.corrected).prefix == f"{given}/"


@pytest.mark.parametrize("given", ["team-a/../x", "a//b", "team-*", "./a", "a/.", "..", "/a"])
def test_what_is_wrong_in_other_ways_too_has_no_corrected_value(given: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        prefix(given)
    assert refusal.value.corrected is None


@pytest.mark.parametrize("given", ["a/", "team-a/raw/", "dt=2026-01-01/", "it's (1)/", "a/...b/", "A@b,c:d+e!/"])
def test_what_s3_and_iam_read_alike_is_a_prefix_and_its_arn_says_the_same(given: str) -> None:
    assert objects_arn(prefix(given)) == f"arn:aws:s3:::sample-lake/{given}*"


BUCKETS = {
    "a wildcard": "corp-*",
    "a part of a key": "corp-claims/team-b",
    "an ARN's colon": "corp-claims:*",
    "an access point": "arn:aws:s3:eu-west-1:999988887777:accesspoint/ap1",
    "an access point's alias": "ap1-qwertyuiopasdfghjklzxcvbnm123-s3alias",
    "an object lambda's alias": "ap1-qwertyuiop--ol-s3",
    "a letter that looks Latin": "cоrp-claims",
    "capitals": "Corp-claims",
    "an underscore": "corp_claims",
    "a dot, which breaks TLS names": "corp.claims",
    "two letters": "co",
    "64 letters": "c" * 64,
    "a hyphen first": "-corp",
    "a hyphen last": "corp-",
    "a line feed": "corp-claims\n",
    "a variable": "${aws:username}",
    "nothing": "",
}


@pytest.mark.parametrize("case", BUCKETS)
def test_a_bucket_is_a_literal_name(case: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        S3Prefix(account=ACCOUNT, bucket=BUCKETS[case], prefix="team-a/")
    assert refusal.value.field == "bucket"


@pytest.mark.parametrize(
    "account", ["", "*", "11112222333", "1111222233334", "+11112222333", "١١١١٢٢٢٢٣٣٣٣", "111122223333\n", "aws"]
)
def test_an_account_is_twelve_ascii_digits(account: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        S3Prefix(account=account, bucket="sample-lake", prefix="team-a/")
    assert refusal.value.field == "account"
    with pytest.raises(InvalidValue):
        GlueTable(account=account, region=REGION, database="lending", table="loans")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("table", "*"),
        ("table", "loans*"),
        ("table", "loans/../people"),
        ("table", "Loans"),
        ("table", "loans-2"),
        ("table", "lоans"),
        ("table", "loans\n"),
        ("table", ""),
        ("table", "l" * 256),
        ("database", "*"),
        ("database", "lending/x"),
        ("database", "${aws:username}"),
        ("region", "*"),
        ("region", "us-east-1\n"),
        ("region", "US-EAST-1"),
        ("region", "us-east-1:999988887777"),
    ],
)
def test_a_table_is_named_by_plain_names(field: str, value: str) -> None:
    names = {"region": REGION, "database": "lending", "table": "loans", field: value}
    with pytest.raises(InvalidValue) as refusal:
        GlueTable(account=ACCOUNT, **names)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "action",
    [
        "s3:*",
        "*",
        "S3:getobject",
        "s3:GetObject ",
        "s3:?etObject",
        's3:GetObject","s3:DeleteObject',
        "iam:PassRole",
        "sts:AssumeRole",
        "s3:PutBucketPolicy",
        "lakeformation:GetDataAccess",
        "Select",
        "select\n",
        "read",
    ],
)
def test_an_operation_comes_from_a_closed_list_and_is_never_an_aws_action(action: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Operation"):
        Operation(action)


@pytest.mark.parametrize(
    ("source", "operation"),
    [(FACTS_PREFIX, Operation.DELETE), (LOANS, Operation.DELETE), (LOANS, Operation.INSERT)],
)
def test_an_operation_that_a_kind_does_not_offer_is_refused_with_those_it_does(
    source: S3Prefix | GlueTable, operation: Operation
) -> None:
    with pytest.raises(InvalidValue, match="offers describe") as refusal:
        cedar_action(source, operation)
    assert refusal.value.field == "operations"


@pytest.mark.parametrize(
    "uri", ["s3://sample-lake", "s3:///x/", "glue://a/b/c", "http://sample-lake/x/", "sample-lake/x/", ""]
)
def test_a_uri_that_names_no_source_is_refused(uri: str) -> None:
    with pytest.raises(InvalidValue):
        source_of_uri(uri, account=ACCOUNT)


@pytest.mark.parametrize("source", [FACTS_PREFIX, LOANS])
def test_a_uri_names_its_source(source: S3Prefix | GlueTable) -> None:
    assert source_of_uri(source.uri, account=ACCOUNT) == source


def test_a_prefix_holds_what_lies_beneath_it_and_not_its_siblings() -> None:
    own = prefix("team-a/")
    assert own.contains(own)
    assert own.contains(prefix("team-a/raw/"))
    assert not own.contains(prefix("team-ab/"))
    assert not own.contains(prefix("team-a/", "sample-reports"))
    assert not prefix("team-a/raw/").contains(own)
    assert prefix("team-a/raw/").overlaps(own)
    assert not own.overlaps(prefix("team-a-archive/"))


def test_a_request_names_one_to_a_hundred_sources_each_once_with_an_operation() -> None:
    many = [ask(prefix(f"team-{n}/")) for n in range(101)]
    assert len(request(*many[:100]).asks) == 100
    with pytest.raises(InvalidValue, match="1 to 100 sources"):
        request(*many)
    with pytest.raises(InvalidValue, match="each source once"):
        request(ask(FACTS_PREFIX, Operation.SELECT), ask(FACTS_PREFIX, Operation.DESCRIBE))
    with pytest.raises(InvalidValue, match="at least one"):
        SourceAsk(source=FACTS_PREFIX, operations=frozenset())
    with pytest.raises(InvalidValue, match="1 to 100 sources"):
        _asking_for_nothing()


def _asking_for_nothing() -> AccessRequest:
    whole = request()
    return AccessRequest(
        id=whole.id,
        subject=whole.subject,
        activity=whole.activity,
        environment=whole.environment,
        purpose=whole.purpose,
        duration=None,
        ends_at=None,
        mode=whole.mode,
        asks=(),
        justification="",
    )
