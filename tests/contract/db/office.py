"""A platform whose flows are real over the real stores, and whose world is a fake that a test changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from jit_engine.domain.classification import Classification
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId, RequestId, SubjectId
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.subject import Subject
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.outcome import AccessRefused
from jit_engine.flows.request_access import RequestAccess
from jit_engine.rules.clearance import Judges
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.decision_rows import digest
from platform_api.db.decisions import SqlDecisions, StoredDecision
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.db.tables.decisions import DecisionRow
from platform_api.explaining import Explainer, Explanation
from platform_api.ids import new_id
from platform_api.paging import PageAsk
from platform_api.recorded_questions import RecordedQuestions
from tests.contract.db.samples import event
from tests.fakes import world
from tests.fakes.artefacts import enforcement
from tests.fakes.minter import FakeMinter
from tests.fakes.world import ADA, FACTS_PREFIX, LOANS, NOW, facts

HOUR = timedelta(hours=1)
EXTERNAL_IDS = {world.ACCOUNT: "sluicegate-tests"}


@dataclass(slots=True)
class Office:
    """The flows over the real stores and a world of fakes."""

    database: Database
    facts: world.FakeFacts = field(default_factory=world.FakeFacts)
    people: dict[str, Subject] = field(default_factory=lambda: {person.id: person for person in (ADA, world.SCORER)})
    judges: Judges = field(default_factory=world.judges)
    minter: FakeMinter = field(default_factory=FakeMinter)

    def __post_init__(self) -> None:
        self.rulebooks.put_rulebook("sample-1", world.RULES, event("rulebook.put"))

    def subject_of(self, subject: SubjectId) -> Subject | None:
        return self.people.get(subject)

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.database)

    @property
    def decisions(self) -> SqlDecisions:
        return SqlDecisions(self.database)

    @property
    def rulebooks(self) -> SqlRulebooks:
        return SqlRulebooks(self.database)

    @property
    def questions(self) -> RecordedQuestions:
        return RecordedQuestions(
            decisions=self.decisions, grants=self.ledger, facts=self.facts, subject_of=self.subject_of
        )

    def ask(self, *asks: SourceAsk, after: timedelta = timedelta(0), **changes: Any) -> Grant:
        now = NOW + after
        request: AccessRequest = world.request(*asks, id=RequestId(new_id("rq", now)), **changes)
        return RequestAccess(
            facts=self.facts,
            ledger=self.ledger,
            minters=(minters := {world.ACCOUNT: self.minter}),
            bases=BaseRoles(store=SqlBaseRoles(self.database), minters=minters, external_ids=EXTERNAL_IDS),
            judges=lambda: self.judges,
            external_ids=EXTERNAL_IDS,
            new_grant_id=lambda at: GrantId(new_id("gr", at)),
            token=lambda: "token",
            enforce=enforcement(self.ledger),
        )(request, now)

    def refused(self, *asks: SourceAsk, after: timedelta = timedelta(0), **changes: Any) -> None:
        with pytest.raises(AccessRefused):
            self.ask(*asks, after=after, **changes)

    def listed(self, **filters: str) -> Sequence[StoredDecision]:
        return self.decisions.page(PageAsk(filters=filters), None).items

    def last(self) -> StoredDecision:
        return self.listed()[0]

    def explained(self, stored: StoredDecision | None = None) -> Explanation:
        explain = Explainer(
            decisions=self.decisions,
            rulebooks=self.rulebooks,
            facts=self.facts,
            subject_of=self.subject_of,
            judges=lambda: self.judges,
        )
        return explain(stored or self.last(), NOW + timedelta(days=40))

    def altered(self, **columns: Any) -> None:
        with self.database.write() as connection:
            connection.execute(sa.update(DecisionRow).values(**columns))

    def text(self, column: str = "evidence") -> str:
        with self.database.read() as connection:
            text: str = connection.execute(sa.select(sa.column(column)).select_from(DecisionRow)).scalar_one()
        return text

    def rewritten(self, document: Any) -> None:
        """The evidence is another, and whoever wrote it knew about both digests."""
        text, before = json.dumps(document), self.last().evidence_sha256
        self.altered(evidence=text, evidence_sha256=digest(text))
        with self.database.write() as connection:
            found = "UPDATE audit_records SET record = :record WHERE seq = :seq"
            for row in connection.execute(sa.text("SELECT seq, record FROM audit_records")).all():
                record = bytes(row.record).replace(before.encode(), digest(text).encode())
                connection.execute(sa.text(found), {"seq": row.seq, "record": record})


def change_everything(office: Office) -> None:
    """Other rules are live, the contract has ended, the data is of another class, and Ada has changed teams."""
    office.rulebooks.put_rulebook("sample-2", world.PERMIT_ALL, event("rulebook.put"))
    office.judges = world.judges(world.PERMIT_ALL, "sample-2")
    office.people[ADA.id] = replace(ADA, teams=frozenset({"marketing"}))
    items = tuple(
        replace(item, classification=Classification.PUBLIC) if item.source == FACTS_PREFIX else item
        for item in world.catalogue().items
        if item.source != LOANS
    )
    office.facts.now_known = facts(
        contracts=(world.contract(version="2.0.0"),), catalogue=replace(world.catalogue(), generation=8, items=items)
    )
