"""What a minted role consists of: its statements and why, its trust, its tags, its sessions, its probes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.grant import role_name
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import LimitExceeded, PolicyTooLarge
from jit_engine.iam.limits import SESSION_POLICY_LIMIT, policy_size
from jit_engine.iam.role import (
    DENY_EVERYTHING,
    TRUST_NOBODY,
    grant_policy,
    grant_tags,
    probe_session_policy,
    probes_for,
    role_plan,
    session_plan,
    trust_policy,
)
from jit_engine.ports import ProbeCall, ProbeKind
from tests.fakes.world import (
    ACCOUNT,
    BROKER,
    FACTS_PREFIX,
    GRANT,
    LENDING,
    LOANS,
    REGION,
    REPORT_PREFIX,
    REPORTS,
    ask,
    catalogue,
    cleared,
    contract,
    facts,
    place_of,
    prefix,
    prefix_item,
    table,
    table_item,
)
from tests.unit.engine.desk import Desk


def _of(clearance: Clearance) -> list[dict[str, object]]:
    statements = json.loads(grant_policy(clearance, place_of(clearance), GRANT)[0])["Statement"]
    assert isinstance(statements, list)
    return statements


def _wide(*prefixes: S3Prefix, tier: Tier = Tier.RESEARCH) -> Clearance:
    """A clearance of these prefixes, each catalogued and under one contract."""
    known = facts(
        tier,
        contracts=(contract(prefixes=prefixes),),
        catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in prefixes)),
    )
    return cleared(*(ask(each) for each in prefixes), tier=tier, known=known)


# ---- statements


def test_the_policy_of_a_prefix_reads_like_this() -> None:
    """The whole of it, once: what a person sees with `sluice grant show`."""
    clearance = cleared()
    work = "arn:aws:s3:::sg-ws-01jabcdefghjkmnpqrstvwxyz2"
    time = {"DateLessThan": {"aws:CurrentTime": "2026-03-02T10:30:00Z"}}
    bound = {"StringEquals": {"aws:ResourceAccount": "000000000000"}, **time}
    by_name = {str(statement["Sid"]): statement for statement in _of(clearance)}
    assert list(by_name) == [
        "ReadObjects000000000000",
        "ListBucket",
        "Workspace",
        "ListWorkspace",
        "WorkspaceKey",
        "Marker",
        "NothingElse",
        "NowhereElse",
        "NoOtherList1",
        "NoOtherList2",
        "TierWrites",
        "SignedInHeaderOnly",
        "NoAccessPoints",
        "AfterTheEnd",
    ]
    assert by_name["ReadObjects000000000000"] == {
        "Sid": "ReadObjects000000000000",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::sample-lake/lending/facts/*"],
        "Condition": bound,
    }
    assert by_name["ListBucket"]["Resource"] == ["arn:aws:s3:::sample-lake"]
    assert by_name["ListBucket"]["Condition"] == {**bound, "StringLike": {"s3:prefix": ["lending/facts/*"]}}
    assert by_name["Workspace"]["Resource"] == [f"{work}/work/*"]
    assert by_name["NowhereElse"]["NotResource"] == [
        place_of(clearance).workspace_key_arn,
        "arn:aws:s3:::sample-lake",
        "arn:aws:s3:::sample-lake/lending/facts/*",
        work,
        f"{work}/.sluicegate/probe",
        f"{work}/work/*",
    ]
    assert by_name["AfterTheEnd"]["Condition"] == {"DateGreaterThanEquals": {"aws:CurrentTime": "2026-03-02T10:30:00Z"}}


def test_every_statement_says_why_it_is_there() -> None:
    clearance = cleared(ask(LOANS), ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION)
    _, notes = grant_policy(clearance, place_of(clearance), GRANT)
    assert [name for name, _ in notes] == [statement["Sid"] for statement in _of(clearance)]
    assert all(why for _, why in notes)


def test_no_allow_negates_or_uses_a_wildcard_beyond_its_last_character() -> None:
    for tier in Tier:
        for statement in _of(cleared(ask(LOANS), ask(FACTS_PREFIX), tier=tier)):
            if statement["Effect"] == "Allow":
                assert set(statement) == {"Sid", "Effect", "Action", "Resource", "Condition"}
                assert not any("*" in action for action in _texts(statement["Action"]))
                assert not any("*" in arn[:-1] for arn in _texts(statement["Resource"]))


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(text) for text in value]


def test_only_operation_has_a_write_beyond_the_workspace_and_only_to_what_was_asked() -> None:
    def writable(clearance: Clearance) -> set[str]:
        return {
            arn
            for statement in _of(clearance)
            if statement["Effect"] == "Allow" and "s3:PutObject" in _texts(statement["Action"])
            for arn in _texts(statement["Resource"])
        }

    own = "arn:aws:s3:::sg-ws-01jabcdefghjkmnpqrstvwxyz4/work/*"
    assert writable(cleared(ask(FACTS_PREFIX), tier=Tier.OPERATION)) == {own}
    both = cleared(ask(FACTS_PREFIX), ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION)
    assert writable(both) == {own, "arn:aws:s3:::sample-reports/monthly/*"}


def test_buckets_whose_names_differ_by_a_hyphen_get_statements_of_their_own_name() -> None:
    alike = [prefix("x/", name) for name in ("lake-1", "lake1", "la-ke1", "workspace", "work-space")]
    names = [statement["Sid"] for statement in _of(_wide(*alike))]
    assert len({str(name).lower() for name in names}) == len(names)
    assert all(str(name).isalnum() for name in names)


def test_a_query_locates_only_the_buckets_that_it_reads() -> None:
    clearance = cleared(ask(LOANS), ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION)
    (locate,) = [statement for statement in _of(clearance) if statement["Sid"] == "Locate"]
    assert _texts(locate["Resource"]) == [
        "arn:aws:s3:::sample-lake",
        f"arn:aws:s3:::{place_of(clearance).workspace_bucket}",
    ]


def test_a_hundred_long_prefixes_are_refused_with_the_sizes_and_never_cut() -> None:
    many = [prefix(f"activity/{'a' * 40}/source-{number:03}/v1/") for number in range(100)]
    clearance = _wide(*many)
    with pytest.raises(PolicyTooLarge) as refusal:
        grant_policy(clearance, place_of(clearance), GRANT)
    assert refusal.value.size > refusal.value.limit == 10_240 - 512
    assert refusal.value.sources == 100
    assert str(refusal.value.size) in str(refusal.value)


def test_every_source_of_the_largest_policy_that_fits_is_in_it() -> None:
    for count in range(60, 0, -10):
        many = [prefix(f"activity/source-{number:03}/v1/") for number in range(count)]
        clearance = _wide(*many)
        try:
            text, _ = grant_policy(clearance, place_of(clearance), GRANT)
        except PolicyTooLarge:
            continue
        assert policy_size(text) <= 10_240 - 512
        assert all(f"arn:aws:s3:::sample-lake/{each.prefix}*" in text for each in many)
        assert count >= 30
        return
    pytest.fail("not even ten fit")


# ---- trust, tags, sessions


def test_only_the_broker_with_our_external_id_may_open_a_session() -> None:
    assert json.loads(trust_policy(BROKER, "ours"))["Statement"] == [
        {
            "Sid": "BrokerOnly",
            "Effect": "Allow",
            "Principal": {"AWS": BROKER},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": "ours"}},
        }
    ]


def test_a_trust_policy_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        trust_policy(BROKER, "x" * 2_048)


def test_what_a_revoked_role_carries_always_fits_and_denies_everything_to_everybody() -> None:
    (deny,) = json.loads(DENY_EVERYTHING)["Statement"]
    assert (deny["Effect"], deny["Action"], deny["Resource"]) == ("Deny", "*", "*")
    assert set(deny) == {"Sid", "Effect", "Action", "Resource"}
    assert policy_size(DENY_EVERYTHING) < 512
    (nobody,) = json.loads(TRUST_NOBODY)["Statement"]
    assert (nobody["Effect"], nobody["Principal"], nobody["Action"]) == ("Deny", "*", "sts:AssumeRole")


def test_two_parts_and_two_attempts_never_share_a_role_name() -> None:
    names = {role_name(GRANT, *parts) for parts in ((1, 1), (1, 2), (1, 11), (11, 1), (2, 1))}
    assert len({name.lower() for name in names}) == 5
    assert all(name.startswith("sg-gr_") and len(name) <= 64 for name in names)


def test_a_role_and_its_sessions_carry_what_ties_them_to_the_grant() -> None:
    grant = Desk().ask()
    tags = grant_tags(grant, grant.sole)
    assert tags == {
        "sluicegate:grant": grant.id,
        "sluicegate:part": "1",
        "sluicegate:account": ACCOUNT,
        "sluicegate:region": REGION,
        "sluicegate:activity": grant.activity,
        "sluicegate:environment": grant.environment,
        "sluicegate:tier": "research",
        "sluicegate:subject": grant.subject,
        "sluicegate:managed-by": "sluicegate",
    }
    plan = session_plan(grant, grant.sole, name="a-session", duration=timedelta(hours=1), policy=None)
    assert (plan.tags, plan.source_identity) == (tags, grant.subject)


def test_a_role_is_planned_under_the_environments_boundary() -> None:
    grant = Desk().ask()
    place = place_of(cleared())
    plan = role_plan(grant, grant.sole, place, "ours")
    assert plan.boundary_arn == place.boundary_arn
    assert plan.policy == grant.policy
    assert grant.id in plan.description


def test_a_role_name_or_subject_that_aws_would_not_take_is_refused_before_aws() -> None:
    grant = Desk().ask()
    long = replace(grant.sole, roles=(replace(grant.role, name="x" * 65),))
    with pytest.raises(LimitExceeded):
        role_plan(grant, long, place_of(cleared()), "ours")
    with pytest.raises(LimitExceeded):
        session_plan(
            replace(grant, subject=SubjectId("aws:ada")),
            grant.sole,
            name="a-session",
            duration=timedelta(hours=1),
            policy=None,
        )


# ---- probes


def test_root_sibling_and_a_write_beside_are_probed() -> None:
    clearance = cleared()
    probes = probes_for(clearance, place_of(clearance))
    assert probes.allowed.key == ".sluicegate/probe"
    assert probes.denied == (
        ProbeCall(kind=ProbeKind.LIST, bucket="sample-lake", key=""),
        ProbeCall(kind=ProbeKind.LIST, bucket="sample-lake", key="lending/facts-sluicegate-probe/"),
        ProbeCall(kind=ProbeKind.WRITE, bucket="sample-lake", key="lending/facts/-sluicegate-probe"),
    )


def test_a_target_is_probed_beside_itself() -> None:
    clearance = cleared(ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION)
    probes = probes_for(clearance, place_of(clearance))
    assert ProbeCall(kind=ProbeKind.WRITE, bucket=REPORTS, key="monthly-sluicegate-probe") in probes.denied


def test_what_lies_in_another_source_of_the_grant_is_no_probe() -> None:
    """Asked for together with the prefix around it, a prefix has a sibling that may be listed."""
    known = facts(contracts=(contract(),), catalogue=Catalogue(generation=1, items=(prefix_item(LENDING),)))
    clearance = cleared(ask(FACTS_PREFIX), ask(LENDING), known=known)
    listed = {call.key for call in probes_for(clearance, place_of(clearance)).denied if call.kind is ProbeKind.LIST}
    assert listed == {"", "lending-sluicegate-probe/"}


def test_a_key_that_another_target_of_the_grant_holds_is_no_probe() -> None:
    inner = prefix("monthly/2026/", REPORTS)
    clearance = cleared(ask(REPORT_PREFIX, Operation.INSERT), ask(inner, Operation.INSERT), tier=Tier.OPERATION)
    writes = {call.key for call in probes_for(clearance, place_of(clearance)).denied if call.kind is ProbeKind.WRITE}
    assert writes == {"monthly-sluicegate-probe"}


@pytest.mark.parametrize("length", [10, 200, 500, 510])
def test_a_probe_session_fits_however_long_the_prefixes_are(length: int) -> None:
    clearance = _wide(*(prefix(f"{'p' * length}{number}/", f"{'b' * 60}-{number}") for number in range(4)))
    probes = probes_for(clearance, place_of(clearance))
    assert len(probe_session_policy(probes)) <= SESSION_POLICY_LIMIT
    assert {call.kind for call in probes.denied} == {ProbeKind.LIST, ProbeKind.WRITE}


def test_a_table_is_read_through_its_files_and_described_without_them() -> None:
    described = cleared(ask(LOANS, Operation.DESCRIBE))
    text, _ = grant_policy(described, place_of(described), GRANT)
    assert "sample-lake" not in text
    assert "athena:" not in text
    assert "glue:GetTable" in text


def test_tables_of_two_databases_open_no_third() -> None:
    other = table_item(table("loans", "archive"), prefix("lending/archive/"))
    scope = contract().tables[0]
    known = facts(contracts=(contract(tables=(scope, replace(scope, database="archive"))),), catalogue=catalogue(other))
    clearance = cleared(ask(LOANS), ask(table("loans", "archive")), known=known)
    text, _ = grant_policy(clearance, place_of(clearance), GRANT)
    assert "table/archive/loans" in text
    assert "table/archive/*" not in text


def test_each_grant_has_a_place_of_its_own_for_query_results_and_none_without_queries() -> None:
    clearance = cleared(ask(LOANS))
    own = f"arn:aws:s3:::{place_of(clearance).workspace_bucket}/athena/{GRANT}/*"
    statements = _of(clearance)
    (workspace,) = [s["Resource"] for s in statements if s["Sid"] == "Workspace"]
    assert workspace == [f"arn:aws:s3:::{place_of(clearance).workspace_bucket}/work/*", own]
    assert not any("/athena/" in json.dumps(s) for s in _of(cleared(ask(FACTS_PREFIX))))
