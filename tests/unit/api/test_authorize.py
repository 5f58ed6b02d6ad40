"""The platform's own actions: what the sample's rules and the invariants say of people and their things."""

from datetime import timedelta
from typing import Any

import pytest

from jit_engine.domain.activity import Activity
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person, Subject, Workload
from jit_engine.domain.tier import Tier
from jit_engine.errors import NotFound
from jit_engine.rules.clearance import Judges
from platform_api.authorize import (
    AContract,
    AGrant,
    AnActivity,
    AnEnvironment,
    AReview,
    Authorizer,
    Forbidden,
    ThePlatform,
)
from platform_api.embedded.organisation import sample_text
from policy import Engine, Rulebook, invariants
from tests.fakes.registry import MemoryRegistry
from tests.fakes.world import NOW, activity


def person(letter: str, *teams: str) -> Person:
    """Somebody of these teams."""
    subject = SubjectId(f"pe_01JABCDEFGHJKMNPQRSTVWXYZ{letter}")
    return Person(id=subject, name=letter, teams=frozenset(teams), trainings=frozenset())


OWNER = person("A", "lending-science")
MEMBER = person("B", "lending-science")
COLLEAGUE = person("C", "lending-science")
GOVERNANCE = person("D", "governance-office")
BOARD = person("E", "architecture-board")
PRODUCER = person("F", "lending-data-products")
DATA_OWNER = person("G", "lending-data-owners")
PIPELINE = Workload(
    id=SubjectId("wl_01JABCDEFGHJKMNPQRSTVWXYZH"), name="report", teams=frozenset({"lending-pipelines"})
)
RULES = Engine.load(Rulebook(version="sample", text=sample_text("rules.cedar")))


class Directory(MemoryRegistry):
    """Knows these and nobody else."""

    def __init__(self, *known: Subject) -> None:
        super().__init__(purposes={"lending": None, "lending/credit-risk-research": "lending"})
        self.known = {subject.id: subject for subject in known}

    def subject(self, id: SubjectId) -> Subject | None:
        return self.known.get(id)


def authorizer(*known: Subject) -> Authorizer:
    """With the sample's rules."""
    everybody = known or (OWNER, MEMBER, COLLEAGUE, GOVERNANCE, BOARD, PRODUCER, DATA_OWNER, PIPELINE)
    judges = Judges(invariants=invariants(), rulebook=RULES)
    return Authorizer(people=Directory(*everybody), judges=lambda: judges)


def theirs(**changes: Any) -> Activity:
    """An activity of OWNER's, with MEMBER and PIPELINE."""
    members = frozenset({OWNER.id, MEMBER.id, PIPELINE.id})
    return activity(**{"owner": OWNER.id, "members": members, **changes})


def a_grant(holder: Subject) -> AGrant:
    """A grant of that holder's."""
    return AGrant(id="gr_01JABCDEFGHJKMNPQRSTVWXYZ6", holder=holder.id, tier=Tier.RESEARCH, activity=theirs())


def allowed(subject: Subject, action: str, thing: Any) -> bool:
    """What the rules say."""
    return authorizer().is_allowed(subject, action, thing, NOW)


def test_members_people_and_pipelines_work_in_their_activity_and_nobody_else() -> None:
    mine = AnActivity(activity=theirs())
    for action in ("viewActivity", "requestAccess"):
        assert all(allowed(one, action, mine) for one in (OWNER, MEMBER, PIPELINE))
        assert not allowed(COLLEAGUE, action, mine)
    assert allowed(MEMBER, "requestEnvironment", mine)
    assert not allowed(PIPELINE, "requestEnvironment", mine)
    assert allowed(OWNER, "acceptContract", mine)
    assert not allowed(MEMBER, "acceptContract", mine)


def test_what_may_not_be_seen_is_not_found_and_what_may_be_seen_is_forbidden() -> None:
    mine = AnActivity(activity=theirs())
    with pytest.raises(NotFound):
        authorizer().check(COLLEAGUE, "requestAccess", mine, NOW)
    with pytest.raises(Forbidden) as caught:
        authorizer().check(GOVERNANCE, "requestAccess", mine, NOW)
    assert caught.value.action == "requestAccess"
    assert str(caught.value).startswith("You may not request access: ")
    authorizer().check(MEMBER, "requestAccess", mine, NOW)


def test_a_grants_credentials_are_its_holders_alone() -> None:
    mine = a_grant(MEMBER)
    assert allowed(MEMBER, "deliverCredentials", mine)
    assert not allowed(OWNER, "deliverCredentials", mine)
    with pytest.raises(Forbidden) as caught:
        authorizer().check(GOVERNANCE, "deliverCredentials", mine, NOW)
    assert [rule.id for rule in caught.value.rules] == ["inv-credentials-go-to-the-holder"]
    assert "credentials are never handed on" in str(caught.value)


def test_governance_can_take_back_a_grant_of_somebody_who_left() -> None:
    without_owner = authorizer(GOVERNANCE)
    assert without_owner.is_allowed(GOVERNANCE, "revokeGrant", a_grant(MEMBER), NOW)
    assert without_owner.is_allowed(GOVERNANCE, "viewActivity", AnActivity(activity=theirs()), NOW)


def test_a_purpose_that_left_the_tree_closes_nothing() -> None:
    mine = AnActivity(activity=theirs(purposes=frozenset({"lending/of-the-past"})))
    assert allowed(MEMBER, "viewActivity", mine)


def test_nobody_decides_a_review_that_is_theirs_nor_signs_what_they_proposed() -> None:
    def review(author: Person) -> AReview:
        return AReview(id="rv_01JABCDEFGHJKMNPQRSTVWXYZ8", author=author.id, activity=theirs())

    assert allowed(BOARD, "approveReview", review(OWNER))
    assert not allowed(BOARD, "approveReview", review(BOARD))
    assert not allowed(OWNER, "approveReview", review(BOARD))

    def contract(proposer: Person) -> AContract:
        return AContract(id="co_01JABCDEFGHJKMNPQRSTVWXYZ9", proposer=proposer.id, owner_team="lending-data-owners")

    assert allowed(DATA_OWNER, "signContract", contract(PRODUCER))
    assert not allowed(DATA_OWNER, "signContract", contract(DATA_OWNER))
    assert not allowed(PRODUCER, "signContract", contract(PRODUCER))


def test_only_who_sees_everybodys_things_sees_a_strangers() -> None:
    for action, kind in (
        ("viewActivity", AnActivity),
        ("viewEnvironment", AnEnvironment),
        ("viewReview", AReview),
        ("viewGrant", AGrant),
    ):
        assert authorizer().sees_strangers(GOVERNANCE, action, kind, NOW), action
        assert not authorizer().sees_strangers(OWNER, action, kind, NOW), action
        assert not authorizer().sees_strangers(PIPELINE, action, kind, NOW), action
    assert authorizer().sees_strangers(BOARD, "viewReview", AReview, NOW)
    assert not authorizer().sees_strangers(BOARD, "viewGrant", AGrant, NOW)


def test_many_things_are_asked_at_once_and_each_gets_its_own_answer() -> None:
    ended = theirs(ends_at=NOW - timedelta(days=1))
    other = activity(id="ac_01JABCDEFGHJKMNPQRSTVWXYZ2", owner=COLLEAGUE.id, members=frozenset({COLLEAGUE.id}))
    things = [AnActivity(activity=one) for one in (ended, other)]
    assert authorizer().visible(MEMBER, "viewActivity", things, NOW) == [True, False]
    assert authorizer().visible(COLLEAGUE, "viewActivity", things, NOW) == [False, True]
    assert authorizer().visible(MEMBER, "viewActivity", [], NOW) == []


def test_an_unknown_action_is_refused() -> None:
    assert not allowed(GOVERNANCE, "rule-the-world", ThePlatform())
