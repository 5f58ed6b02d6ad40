"""The desk of fakes with a waiting room: who approves, and what the directory knows of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.contracts.terms import ApprovalRule
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import RequestId, SubjectId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.approve import Approve, LookAtWaiting, Looked
from jit_engine.flows.ask import Ask, RequestRules
from jit_engine.flows.mint_waiting import MintWaiting
from tests.fakes import world
from tests.unit.engine.desk import Desk

OWNERS, PRIVACY = world.OWNERS, "privacy-office"


def approver(letter: str, *teams: str) -> Person:
    """Somebody of these teams."""
    return Person(
        id=SubjectId(f"pe_01JABCDEFGHJKMNPQRSTVWXYA{letter}"),
        name=f"Approver {letter}",
        teams=frozenset(teams),
        trainings=frozenset(),
    )


OLGA, OTTO, PRIYA = approver("0", OWNERS), approver("1", OWNERS), approver("2", PRIVACY)


def asking(*groups: str, **changes: object) -> world.FakeFacts:
    """A world whose contract has people of these teams approve everything."""
    rule = ApprovalRule(max_classification=None, stage=None, automatic=False, groups=frozenset(groups or (OWNERS,)))
    rule = replace(rule, **changes)  # type: ignore[arg-type]
    return world.FakeFacts(world.facts(contracts=(world.contract(approvals=(rule,)),)))


@dataclass(slots=True)
class FakeDirectory:
    """`jit_engine.ports.Directory`: everybody by id, and the human behind a login where it is not its own."""

    people: dict[SubjectId, Subject] = field(
        default_factory=lambda: {one.id: one for one in (world.ADA, world.BEN, world.SCORER, OLGA, OTTO, PRIYA)}
    )
    behind: dict[SubjectId, str] = field(default_factory=dict)

    def subject(self, id: SubjectId) -> Subject | None:
        """As the port says."""
        return self.people.get(id)

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        """As the port says."""
        subject = self.people.get(id)
        named = self.behind.get(id, id if isinstance(subject, Person) else None)
        return frozenset() if subject is None or named is None else frozenset({named})


@dataclass(slots=True)
class WaitingDesk:
    """The flows of waiting over the fakes. `barred` are those whom the rules do not let approve."""

    desk: Desk
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    barred: set[SubjectId] = field(default_factory=set)
    rules: RequestRules = field(default_factory=RequestRules)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def look(self) -> LookAtWaiting:
        """What an approver sees."""

        def may(subject: Subject, waiting: WaitingRequest, now: datetime) -> bool:
            return subject.id not in self.barred and subject.id != waiting.request.subject.id

        desk = self.desk
        return LookAtWaiting(
            facts=desk.facts, room=desk.ledger, directory=self.directory, judges=lambda: desk.judges, may=may
        )

    @property
    def deeds(self) -> Approve:
        """Approving, declining, withdrawing."""
        return Approve(room=self.desk.ledger, look=self.look)

    def ask(self, request: AccessRequest | None = None, *, anew: bool = False) -> Grant | WaitingRequest:
        """Asks for access."""
        desk = self.desk
        ask = Ask(request_access=desk.request_access, ledger=desk.ledger, room=desk.ledger, rules=self.rules)
        return ask(request or world.request(), desk.now, anew=anew)

    def waits(self, request: AccessRequest | None = None) -> WaitingRequest:
        """Asks for access that has to wait."""
        found = self.ask(request)
        assert isinstance(found, WaitingRequest)
        return found

    def looked(self, waiting: WaitingRequest) -> Looked:
        """What an approver is shown now."""
        return self.look(self.row(waiting), self.desk.now)

    def approve(self, waiting: WaitingRequest, by: Subject, longest: timedelta | None = None) -> WaitingRequest:
        """A yes to what is shown now."""
        shown = self.looked(waiting).document.sha256
        return self.deeds.approve(waiting.id, by, shown, longest, "as agreed", self.desk.now)

    def row(self, waiting: WaitingRequest) -> WaitingRequest:
        """The request as it is stored."""
        return self.desk.ledger.room[waiting.id]

    def step(self) -> int:
        """Lets the loop tend what is due."""
        desk = self.desk
        loop = MintWaiting(
            request_access=desk.request_access,
            ledger=desk.ledger,
            room=desk.ledger,
            look=self.look,
            new_request_id=lambda _: RequestId(f"rq_01JABCDEFGHJKMNPQRSTVW{next(self._ids):04}"),
        )
        return loop.step(desk.now)

    def grant(self) -> Grant:
        """The only grant."""
        (grant,) = self.desk.ledger.grants.values()
        return grant
