"""AWS's limits, kept in front of AWS: a table of the longest that passes and the first that does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from jit_engine.errors import LimitExceeded, PolicyTooLarge
from jit_engine.iam.limits import (
    check_inline_policy,
    check_role_name,
    check_session,
    check_tags,
    check_trust_policy,
    policy_size,
)


def _session(
    name: str = "a-session", identity: str = "pe_1", seconds: float = 900, policy: str | None = None
) -> Callable[[], None]:
    span = timedelta(seconds=seconds)
    return lambda: check_session(name=name, source_identity=identity, duration=span, policy=policy)


def _tags(tags: dict[str, str]) -> Callable[[], None]:
    return lambda: check_tags(tags)


PASS: dict[str, Callable[[], None]] = {
    "a role name of 64": lambda: check_role_name("r" * 64),
    "a role name of every sign": lambda: check_role_name("aZ09_+=,.@-"),
    "an inline policy with the reserve kept": lambda: check_inline_policy("x" * 9_728, 1),
    "white space does not count": lambda: check_inline_policy("x" * 9_728 + " \n\t" * 999, 1),
    "a trust policy of 2,048": lambda: check_trust_policy("x" * 2_048),
    "characters up to U+00FF": lambda: check_inline_policy("{\u00ff}", 1),
    "a session name of 2": _session(name="ab"),
    "a session name of 64": _session(name="s" * 64),
    "a session of 900 s": _session(seconds=900),
    "a session of an hour": _session(seconds=3_600),
    "a session policy of 2,048": _session(policy="x" * 2_048),
    "50 tags": _tags({f"k{n}": "v" for n in range(50)}),
    "a tag key of 128": _tags({"k" * 128: "v"}),
    "a tag value of 256": _tags({"k": "v" * 256}),
    "an empty tag value": _tags({"k": ""}),
}
FAIL: dict[str, Callable[[], None]] = {
    "a role name of 65": lambda: check_role_name("r" * 65),
    "an empty role name": lambda: check_role_name(""),
    "a role name with a slash": lambda: check_role_name("a/b"),
    "a role name with a Cyrillic letter": lambda: check_role_name("rоle"),
    "a role name with a line feed at its end": lambda: check_role_name("role\n"),
    "a trust policy of 2,049": lambda: check_trust_policy("x" * 2_049),
    "a character beyond U+00FF": lambda: check_inline_policy("{\u0100}", 1),
    "a NUL": lambda: check_inline_policy("{\x00}", 1),
    "a trust policy with a line separator": lambda: check_trust_policy("{\u2028}"),
    "an empty policy": lambda: check_inline_policy("", 1),
    "a session name of 1": _session(name="a"),
    "a session name of 65": _session(name="s" * 65),
    "a session name with a space": _session(name="a b"),
    "a session name with a line feed": _session(name="ab\n"),
    "an identity of 1": _session(identity="a"),
    "an identity of AWS's own": _session(identity="aws:ada"),
    "an identity of AWS's own in capitals": _session(identity="AWS:ada"),
    "a session of 899 s": _session(seconds=899),
    "a session of an hour and a second": _session(seconds=3_601),
    "a session of a fraction": _session(seconds=900.5),
    "a session policy of 2,049": _session(policy="x" * 2_049),
    "a session policy beyond U+00FF": _session(policy="\u0100"),
    "51 tags": _tags({f"k{n}": "v" for n in range(51)}),
    "a tag key of 129": _tags({"k" * 129: "v"}),
    "an empty tag key": _tags({"": "v"}),
    "a tag key of AWS's own": _tags({"aws:createdBy": "x"}),
    "a tag key of AWS's own in capitals": _tags({"AWS:createdBy": "x"}),
    "a tag key twice but for case": _tags({"Tier": "research", "tier": "operation"}),
    "a tag value of 257": _tags({"k": "v" * 257}),
    "a tag value with a line feed": _tags({"k": "v\n"}),
    "a tag value beyond ASCII": _tags({"k": "é"}),
}


@pytest.mark.parametrize("case", PASS)
def test_what_aws_takes_passes(case: str) -> None:
    PASS[case]()


@pytest.mark.parametrize("case", FAIL)
def test_what_aws_would_refuse_is_refused_before(case: str) -> None:
    with pytest.raises(LimitExceeded):
        FAIL[case]()


def test_an_inline_policy_that_leaves_no_room_for_a_deny_is_refused_with_its_size() -> None:
    with pytest.raises(PolicyTooLarge) as refusal:
        check_inline_policy("x" * 9_729, 7)
    assert (refusal.value.size, refusal.value.limit, refusal.value.sources) == (9_729, 9_728, 7)


def test_a_policy_is_measured_without_its_white_space() -> None:
    assert policy_size('{ "a" :\n\t"b c" }\r\n') == len('{"a":"bc"}')
