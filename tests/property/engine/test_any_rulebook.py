"""Whatever the editable rules permit, nothing is minted that an invariant forbids."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.contracts.terms import StageTerms, WriteTarget
from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.classification import Classification
from jit_engine.domain.request import AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import Operation, S3Prefix, Source
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.role import grant_policy
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from tests.fakes import world

_ACTIONS = ("read", "query", "readClear", "write", "remove", "share")
_PRINCIPALS = (
    "principal",
    "principal is Person",
    "principal is Pipeline",
    'principal in Team::"lending-science"',
    'principal in Team::"lending-pipelines"',
)
_RESOURCES = {
    "read": "resource",
    "query": "resource is GlueTable",
    "readClear": "resource is ColumnGroup",
    "write": "resource is S3Prefix",
    "remove": "resource is S3Prefix",
    "share": "resource",
}
ANYTHING = StageTerms(operations=frozenset(Operation), writes_production=True, interactive=True)
"""A contract that allows all, so that only the invariants are left to refuse."""
SOURCES: tuple[Source, ...] = (
    world.FACTS_PREFIX,
    world.PERSONAL_PREFIX,
    world.REPORT_PREFIX,
    world.prefix("lending/facts/2026/"),
    world.LOANS,
    world.PEOPLE,
)

_SUBJECTS: tuple[Subject, ...] = (world.ADA, world.BEN, world.STRANGER, world.SCORER, world.SCORER)


@st.composite
def rulebooks(draw: st.DrawFn) -> str:
    """Up to five rules of any principal, action and resource; mostly one that permits everything."""
    rules = [world.PERMIT_ALL] if draw(st.integers(0, 3)) else []
    for number in range(draw(st.integers(0, 5))):
        action = draw(st.sampled_from(_ACTIONS))
        effect = draw(st.sampled_from((*["permit"] * 15, "forbid")))
        scope = f'{draw(st.sampled_from(_PRINCIPALS))}, action == Action::"{action}", {_RESOURCES[action]}'
        rules.append(f'@id("rule-{number}") @title("A rule") @owner("somebody")\n{effect} ({scope});')
    return "\n".join(rules)


@st.composite
def situations(draw: st.DrawFn) -> tuple[AccessRequest, Facts]:
    """Anybody asking for anything in any environment, in order or not."""
    tier = draw(st.sampled_from(Tier))
    everybody = frozenset({world.ADA.id, world.BEN.id, world.SCORER.id})
    members = draw(st.just(everybody) | st.frozensets(st.sampled_from(sorted(everybody))))
    stages = dict.fromkeys(Tier, ANYTHING)
    every = tuple(
        WriteTarget(stage=t, source=p, max_classification=Classification.RESTRICTED, requires=frozenset())
        for t in Tier
        for p in (world.LENDING, world.REPORT_PREFIX)
    )
    known = world.facts(
        tier,
        activity=world.activity(
            members=members,
            state=draw(st.sampled_from([ActivityState.ACTIVE] * 20 + list(ActivityState))),
            ends_at=draw(st.sampled_from([world.NOW + timedelta(days=9)] * 8 + [world.NOW])),
        ),
        environment=world.environment(
            tier, state=draw(st.sampled_from([EnvironmentState.ACTIVE] * 30 + list(EnvironmentState)))
        ),
        contracts=(
            world.contract(stages=stages, targets=tuple(t for t in every if t.stage is tier), teams=frozenset({"*"})),
        ),
    )
    asks = draw(
        st.lists(
            st.tuples(
                st.sampled_from(SOURCES),
                st.frozensets(st.sampled_from([Operation.SELECT, Operation.INSERT]), min_size=1),
            ),
            min_size=1,
            max_size=3,
            unique_by=lambda pair: pair[0],
        )
    )
    request = world.request(
        *(
            SourceAsk(source=s, operations=ops if isinstance(s, S3Prefix) else frozenset({Operation.SELECT}))
            for s, ops in asks
        ),
        tier=tier,
        by=draw(st.sampled_from(_SUBJECTS)),
        mode=draw(st.sampled_from(Mode)),
        duration=timedelta(minutes=30),
    )
    return request, known


def test_no_rulebook_mints_what_an_invariant_forbids() -> None:
    minted = dict.fromkeys(Tier, 0)

    @settings(max_examples=600, derandomize=True, database=None)
    @given(situations(), rulebooks())
    def judged(situation: tuple[AccessRequest, Facts], rules: str) -> None:
        request, known = situation
        verdict = clear(request, known, world.judges(rules), world.NOW)
        if not isinstance(verdict, Clearance):
            return
        tier = verdict.environment.tier
        minted[tier] += 1
        assert known.activity is not None
        assert known.activity.state is ActivityState.ACTIVE
        assert known.activity.ends_at > world.NOW
        assert request.subject.id in known.activity.members | {known.activity.owner}
        assert verdict.environment.state is EnvironmentState.ACTIVE
        if tier is Tier.OPERATION:
            assert not isinstance(request.subject, Person)
        else:
            assert _written(verdict) <= {f"arn:aws:s3:::{world.place_of(verdict).workspace_bucket}"}

    judged()
    assert min(minted.values()) >= 10, minted
    print(minted)


def test_the_invariants_are_what_holds_it_back() -> None:
    """The same without them does mint a write in research: the property above can fail."""
    stage = {Tier.RESEARCH: ANYTHING}
    target = WriteTarget(
        stage=Tier.RESEARCH,
        source=world.REPORT_PREFIX,
        max_classification=Classification.RESTRICTED,
        requires=frozenset(),
    )
    known = world.facts(contracts=(world.contract(stages=stage, targets=(target,)),))
    request = world.request(world.ask(world.REPORT_PREFIX, Operation.INSERT))
    judges = world.judges(world.PERMIT_ALL)
    assert not isinstance(clear(request, known, judges, world.NOW), Clearance)
    without = clear(request, known, replace(judges, invariants=judges.rulebook), world.NOW)
    assert isinstance(without, Clearance)


def _written(clearance: Clearance) -> set[str]:
    policy = json.loads(grant_policy(clearance, world.place_of(clearance), world.GRANT)[0])
    return {
        resource.split("/")[0]
        for statement in policy["Statement"]
        for resource in statement.get("Resource", ())
        if statement["Effect"] == "Allow" and {"s3:PutObject", "s3:DeleteObject"} & set(statement["Action"])
    }
