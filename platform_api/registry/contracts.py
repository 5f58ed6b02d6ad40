"""The contract desk: a contract is drafted, proposed, signed by those who answer for the data, accepted, ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import rfc8785

from jit_engine.contracts.document import document_id, read_contract, read_document
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.holds import holds, unenforceable
from jit_engine.contracts.problems import ClauseNotEnforceable, ContractInvalid, Problem
from jit_engine.contracts.terms import COMMITTED, Contract, ContractState
from jit_engine.domain.activity import ActivityState
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, ContractId, SubjectId
from jit_engine.domain.subject import Person, Subject
from jit_engine.errors import InvalidValue, NotFound, WrongState
from jit_engine.ports import LostRace
from platform_api.registry.contract_checks import ContractChecks, contract_id_of, own_draft
from platform_api.registry.errors import FourEyes, NotASigner, NotTheOwner, PeopleOnly, RegistryError
from platform_api.registry.four_eyes import is_somebody_else
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import Acceptance, ContractRecord, Signature, SignatureRole

PRIVACY_OFFICE: Final = "privacy-office"
"""The team whose members sign for the privacy office."""
CLOCK: Final = "system:clock"
"""Who brings a signed version into force when its time comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the desk would say of a document: its problems, what the registry objects to, and what nobody can hold.

    `uncatalogued` is data that it names and the catalogue lacks; that is said, and keeps nobody from signing.
    """

    contract: Contract | None
    problems: tuple[Problem, ...]
    obstacles: tuple[str, ...]
    unenforceable: tuple[Problem, ...]
    needed: tuple[SignatureRole, ...]
    uncatalogued: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A version with its new signature, and what was `uncatalogued` of it, as the signature's record says."""

    record: ContractRecord
    uncatalogued: tuple[str, ...]


def document_sha256(document: Mapping[str, DocumentJson]) -> str:
    """The SHA-256 (hex) of the document's canonical JSON (RFC 8785): what a signature is bound to."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


class ContractDesk:
    """The life of a contract. Who may come to the desk at all is Cedar's to say; four eyes are kept here."""

    def __init__(self, *, store: RegistryStore) -> None:
        self._store = store
        self._checks = ContractChecks(store=store)

    def examine(self, subject: Subject, document: str | Mapping[str, DocumentJson], now: datetime) -> Examined:
        """All that is wrong with a document; nothing is stored."""
        try:
            record = self._read(subject.id, document, ContractState.PROPOSED, now)
        except ContractInvalid as error:
            return Examined(contract=None, problems=error.problems, obstacles=(), unenforceable=(), needed=())
        return Examined(
            contract=record.contract,
            problems=(),
            obstacles=self._checks.obstacles(record.contract, now),
            unenforceable=unenforceable(record.document),
            needed=record.needed,
            uncatalogued=self._checks.uncatalogued(record.contract),
        )

    def uncatalogued(self, contract: Contract) -> tuple[str, ...]:
        """The data that it names and that the catalogue lacks today, by URI."""
        return self._checks.uncatalogued(contract)

    def draft(self, subject: Subject, document: str | Mapping[str, DocumentJson], now: datetime) -> ContractRecord:
        """Saves a draft, over the author's own of that version. It reads as a contract; the rest is for its proposal.

        Raises `ContractInvalid`, `VersionTaken` or `NotYourDraft`.
        """
        person = _person(subject, "draft a contract")
        record = self._read(person.id, document, ContractState.DRAFT, now)
        self._checks.succession(record.contract)
        return self._put(record, _event("contract.drafted", person.id, record, now))

    def propose(self, subject: Subject, document: str | Mapping[str, DocumentJson], now: datetime) -> ContractRecord:
        """Records a new version, or the author's own draft of it, for signature.

        Raises `ContractInvalid`, `VersionTaken`, `NotYourDraft`, `NotYourContract` or `ContractOverlap`.
        """
        person = _person(subject, "propose a contract")
        record = self._read(person.id, document, ContractState.PROPOSED, now)
        self._checks.to_propose(record.contract, now)
        needed: list[Json] = [role.value for role in record.needed]
        return self._put(record, _event("contract.proposed", person.id, record, now, {"needed": needed}))

    def propose_draft(self, subject: Subject, id: ContractId, version: str, now: datetime) -> ContractRecord:
        """Proposes the author's own draft as it stands."""
        record = self._record(id, version)
        record.contract.moved(ContractState.PROPOSED)
        own_draft(record, subject.id)
        return self.propose(subject, record.document, now)

    def sign(self, subject: Subject, id: ContractId, version: str, role: SignatureRole, now: datetime) -> Signed:
        """Adds one signature; the last one that is needed brings the contract into force once its time has come.

        1. A person signs, in a role that this contract needs, as a member of the team that holds it.
        2. Nobody signs what they proposed, nor twice, whatever their roles and logins; no role signs twice.
        3. The document is the one that was proposed, to the byte of its canonical form.
        4. Every clause is held by something, and every contract that it forbids is known.
        5. It has not ended, nothing later is in force, and no other contract is about the same data.
        """
        person = _person(subject, "sign a contract")
        record = self._record(id, version)
        contract = record.contract
        signed = contract.moved(ContractState.SIGNED)
        # The catalogue may know more by now than when it was proposed.
        wanted = {*record.needed, *self._checks.needed(contract, record.document)}
        record = replace(record, needed=tuple(one for one in SignatureRole if one in wanted))
        self._check_signer(record, person, role)  # 1, 2
        if document_sha256(record.document) != record.document_sha256:  # 3
            raise WrongState(
                kind="contract", id=id, state="not the document that was proposed", fix="propose it anew and say so"
            )
        unheld = unenforceable(record.document)  # 4
        if unheld:
            raise ClauseNotEnforceable(unheld)
        forbidden = self._checks.forbidden(contract)
        self._checks.alive(contract, now)  # 5
        self._checks.latest(contract)
        self._checks.overlaps(contract, now)
        signature = Signature(role=role, by=person.id, at=now, document_sha256=record.document_sha256)
        record = replace(record, signatures=(*record.signatures, signature))
        if {one.role for one in record.signatures} >= wanted:
            signed = replace(signed, forbidden=forbidden)
            record = replace(record, contract=_in_force(signed) if signed.starts_at <= now else signed)
        action = "contract.in-force" if record.contract.state is ContractState.IN_FORCE else "contract.signed"
        told: dict[str, Json] = {"role": role.value}
        if lacking := self._checks.uncatalogued(contract):
            told["uncatalogued"] = list(lacking)
        saved = self._store.save_contract(record, _event(action, person.id, record, now, told))
        return Signed(record=saved, uncatalogued=lacking)

    def enter(self, now: datetime) -> tuple[ContractRecord, ...]:
        """Brings every signed version whose time has come into force; those that did.

        One that cannot, since its data has another contract by now, stays signed until somebody ends either.
        """
        entered: list[ContractRecord] = []
        for record in self._store.contracts_signed():
            terms = record.contract
            if not terms.starts_at <= now < terms.ends_at:
                continue
            in_force = replace(record, contract=_in_force(terms))
            try:
                saved = self._store.save_contract(in_force, _event("contract.in-force", CLOCK, in_force, now))
            except (LostRace, RegistryError):
                continue
            entered.append(saved)
        return tuple(entered)

    def accept(self, subject: Subject, activity: ActivityId, id: ContractId, version: str, now: datetime) -> Acceptance:
        """Records that the activity's owner accepts this version and its duties.

        A signed version can be accepted ahead of its time: then nothing stops when it comes into force.
        """
        person = _person(subject, "accept a contract")
        found = self._store.activity(activity)
        if found is None:
            raise NotFound(kind="activity", id=activity)
        if found.activity.owner != person.id:
            raise NotTheOwner(what="accept a contract for this activity", owner=found.activity.owner)
        if found.activity.state is not ActivityState.ACTIVE:
            fix = "contracts are accepted for active activities"
            raise WrongState(kind="activity", id=activity, state=found.activity.state.value, fix=fix)
        record = self._record(id, version)
        contract = record.contract
        if contract.state not in COMMITTED:
            fix = "accept the version that is in force, or one that everybody needed has signed"
            raise WrongState(kind="contract", id=id, state=contract.state.value, fix=fix)
        self._checks.alive(contract, now)
        if contract.key in found.activity.accepted:
            raise WrongState(kind="contract", id=id, state="accepted", fix="there is nothing left to do")
        acceptance = Acceptance(
            activity=activity,
            contract=contract.key,
            by=person.id,
            at=now,
            document_sha256=record.document_sha256,
        )
        event = Event(
            action="contract.accepted",
            actor=person.id,
            at=now,
            about={"contract": id, "activity": activity},
            details={"version": version, "sha256": record.document_sha256},
        )
        self._store.accept(acceptance, event)
        return acceptance

    def end(self, subject: Subject, id: ContractId, version: str, reason: str, now: datetime) -> ContractRecord:
        """Ends a version, withdraws a proposed one, or drops a draft. The same commit makes its live grants due."""
        person = _person(subject, "end a contract")
        record = self._record(id, version)
        ended = replace(record, contract=record.contract.moved(ContractState.ENDED))
        return self._store.save_contract(ended, _event("contract.ended", person.id, record, now, {"reason": reason}))

    def _read(
        self, author: SubjectId, given: str | Mapping[str, DocumentJson], state: ContractState, now: datetime
    ) -> ContractRecord:
        read = read_document(given)
        contract_id = contract_id_of(document_id(read.value))
        contract = read_contract(read.value, contract_id=contract_id, proposer=author, lines=read.lines)
        return ContractRecord(
            contract=replace(contract, state=state),
            document=read.value,
            document_sha256=document_sha256(read.value),
            needed=self._checks.needed(contract, read.value),
            signatures=(),
            holds=holds(contract, read.value),
            created_at=now,
            version=0,
        )

    def _put(self, record: ContractRecord, event: Event) -> ContractRecord:
        """Stores a new version, or writes over the draft that stands in its place."""
        draft = self._store.contract(*record.contract.key)
        if draft is not None:
            return self._store.save_contract(replace(record, version=draft.version), event)
        self._store.propose_contract(record, event)
        return record

    def _record(self, id: ContractId, version: str) -> ContractRecord:
        record = self._store.contract(id, version)
        if record is None:
            raise NotFound(kind="contract", id=f"{id} version {version}"[:100])
        return record

    def _check_signer(self, record: ContractRecord, person: Person, role: SignatureRole) -> None:
        contract = record.contract
        if role not in record.needed:
            needed = ", ".join(one.value for one in record.needed)
            raise InvalidValue(field="role", given=role.value, fix=f"this contract needs: {needed}")
        team = contract.owner_team if role is SignatureRole.DATA_OWNER else PRIVACY_OFFICE
        if team not in person.teams:
            raise NotASigner(role=role.value, team=team)
        if not is_somebody_else(person.id, [contract.proposer], self._store):
            raise FourEyes(what="you proposed this contract", fix="have another member of the team sign it")
        if not is_somebody_else(person.id, [signature.by for signature in record.signatures], self._store):
            raise FourEyes(what="you have signed this version", fix="have somebody else sign the other role")
        if any(signature.role is role for signature in record.signatures):
            fix = "it needs no second signature of that role"
            raise WrongState(kind="contract", id=contract.id, state=f"signed by {role.value}", fix=fix)


def _in_force(contract: Contract) -> Contract:
    return contract.moved(ContractState.IN_FORCE)


def _person(subject: Subject, what: str) -> Person:
    if not isinstance(subject, Person):
        raise PeopleOnly(what=what)
    return subject


def _event(
    action: str, actor: str, record: ContractRecord, now: datetime, details: Mapping[str, Json] | None = None
) -> Event:
    contract = record.contract
    said = {"version": contract.version, "sha256": record.document_sha256, **(details or {})}
    return Event(action=action, actor=actor, at=now, about={"contract": contract.id}, details=said)
