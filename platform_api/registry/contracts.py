"""The contract desk: a contract is proposed, signed by those who answer for the data, accepted by its users, ended."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import rfc8785

from jit_engine.contracts.document import classifications, document_id, has_data_category, read_contract, read_document
from jit_engine.contracts.holds import holds, unenforceable
from jit_engine.contracts.problems import ClauseNotEnforceable
from jit_engine.contracts.terms import CONTRACT_MOVES, Contract, ContractState
from jit_engine.domain.activity import ActivityState
from jit_engine.domain.catalogue import Catalogue, CatalogueItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, ContractId
from jit_engine.domain.source import GlueTable, Source
from jit_engine.domain.subject import Person, Subject
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.ids import id_of_bytes
from platform_api.registry.coverage import overlaps
from platform_api.registry.errors import (
    ContractOverlap,
    FourEyes,
    NotASigner,
    NotTheOwner,
    NotYourContract,
    PeopleOnly,
    VersionTaken,
)
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import Acceptance, ContractRecord, Signature, SignatureRole

PRIVACY_OFFICE: Final = "privacy-office"
PERSONAL: Final = "personal"
"""The catalogue's label of personal data, whatever its classification."""
"""The team whose members sign for the privacy office."""
_HAS_BEEN_IN_FORCE: Final = (ContractState.IN_FORCE, ContractState.SUPERSEDED)


def contract_id_of(odcs_id: str) -> ContractId:
    """The id of the contract whose documents carry this UUID: its 128 bits, spelled as our ids are.

    Derived, so that every version of a document is the same contract without a look-up that could miss.
    """
    return ContractId(id_of_bytes("co", uuid.UUID(odcs_id).bytes))


def document_sha256(document: Mapping[str, Json]) -> str:
    """The SHA-256 (hex) of the document's canonical JSON (RFC 8785): what a signature is bound to."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


class ContractDesk:
    """The life of a contract. Who may come to the desk at all is Cedar's to say; four eyes are kept here."""

    def __init__(self, *, store: RegistryStore) -> None:
        self._store = store

    def propose(self, subject: Subject, document: str | Mapping[str, Json], now: datetime) -> ContractRecord:
        """Records a new version for signature.

        Raises `ContractInvalid`, `VersionTaken`, `NotYourContract` or `ContractOverlap`.
        """
        person = _person(subject, "propose a contract")
        read = read_document(document)
        contract_id = contract_id_of(document_id(read.value))
        contract = read_contract(read.value, contract_id=contract_id, proposer=person.id, lines=read.lines)
        self._check_purposes(contract)
        self._check_alive(contract, now)
        self._check_succession(contract)
        self._check_overlaps(contract, now)
        self._check_owner(contract)
        record = ContractRecord(
            contract=contract,
            document=read.value,
            document_sha256=document_sha256(read.value),
            needed=self._needed(contract, read.value),
            signatures=(),
            holds=holds(contract, read.value),
            created_at=now,
            version=0,
        )
        details: dict[str, Json] = {
            "version": contract.version,
            "sha256": record.document_sha256,
            "needed": [role.value for role in record.needed],
        }
        self._store.propose_contract(record, _event("contract.proposed", person, contract, now, details))
        return record

    def sign(
        self, subject: Subject, id: ContractId, version: str, role: SignatureRole, now: datetime
    ) -> ContractRecord:
        """Adds one signature; the last one that is needed brings the contract into force.

        1. A person signs, in a role that this contract needs, as a member of the team that holds it.
        2. Nobody signs what they proposed, nor twice, whatever their roles; no role signs twice.
        3. The document is the one that was proposed, to the byte of its canonical form.
        4. Every clause is held by something.
        5. It has not ended, nothing later is in force, and no other contract is about the same data.
        """
        person = _person(subject, "sign a contract")
        record = self._record(id, version)
        contract = record.contract
        _check_move(contract, ContractState.IN_FORCE, "only a proposed version can be signed")
        # 1
        if role not in record.needed:
            needed = ", ".join(one.value for one in record.needed)
            raise InvalidValue(field="role", given=role.value, fix=f"this contract needs: {needed}")
        team = contract.owner_team if role is SignatureRole.DATA_OWNER else PRIVACY_OFFICE
        if team not in person.teams:
            raise NotASigner(role=role.value, team=team)
        # 2
        if person.id == contract.proposer:
            raise FourEyes(what="you proposed this contract", fix="have another member of the team sign it")
        if any(signature.by == person.id for signature in record.signatures):
            raise FourEyes(what="you have signed this version", fix="have somebody else sign the other role")
        if any(signature.role is role for signature in record.signatures):
            raise WrongState(
                kind="contract", id=id, state=f"signed by {role.value}", fix="it needs no second signature of that role"
            )
        # 3
        if document_sha256(record.document) != record.document_sha256:
            raise WrongState(
                kind="contract", id=id, state="not the document that was proposed", fix="propose it anew and say so"
            )
        # 4
        unheld = unenforceable(record.document)
        if unheld:
            raise ClauseNotEnforceable(unheld)
        # 5
        self._check_alive(contract, now)
        self._check_latest(contract)
        self._check_overlaps(contract, now)
        signature = Signature(role=role, by=person.id, at=now, document_sha256=record.document_sha256)
        signed = replace(record, signatures=(*record.signatures, signature))
        complete = {one.role for one in signed.signatures} >= set(signed.needed)
        if complete:
            signed = replace(signed, contract=replace(contract, state=ContractState.IN_FORCE))
        event = _event(
            "contract.in-force" if complete else "contract.signed",
            person,
            contract,
            now,
            {"version": version, "role": role.value, "sha256": record.document_sha256},
        )
        return self._store.save_contract(signed, event)

    def accept(self, subject: Subject, activity: ActivityId, id: ContractId, version: str, now: datetime) -> Acceptance:
        """Records that the activity's owner accepts this version and its duties."""
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
        if contract.state is not ContractState.IN_FORCE:
            fix = "accept the version that is in force"
            raise WrongState(kind="contract", id=id, state=contract.state.value, fix=fix)
        self._check_alive(contract, now)
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
        """Ends a version, or withdraws a proposed one. Its grants fail their next decision; revoke them besides."""
        person = _person(subject, "end a contract")
        record = self._record(id, version)
        _check_move(record.contract, ContractState.ENDED, "it has ended already")
        ended = replace(record, contract=replace(record.contract, state=ContractState.ENDED))
        details: dict[str, Json] = {"version": version, "reason": reason}
        return self._store.save_contract(ended, _event("contract.ended", person, record.contract, now, details))

    def _record(self, id: ContractId, version: str) -> ContractRecord:
        record = self._store.contract(id, version)
        if record is None:
            raise NotFound(kind="contract", id=f"{id} version {version}"[:100])
        return record

    def _needed(self, contract: Contract, document: Mapping[str, Json]) -> tuple[SignatureRole, ...]:
        """The privacy office signs for restricted and for personal data, by the document or by the catalogue.

        And when neither tells of any.
        """
        reached = _catalogued(contract, self._store.catalogue())
        levels = classifications(document) | {item.classification for item in reached}
        personal = has_data_category(document) or any(PERSONAL in item.classes for item in reached)
        if not levels or Classification.RESTRICTED in levels or personal:
            return (SignatureRole.DATA_OWNER, SignatureRole.PRIVACY_OFFICE)
        return (SignatureRole.DATA_OWNER,)

    def _check_owner(self, contract: Contract) -> None:
        """The data's own owner has to sign; the decision holds it again, for the catalogue may change."""
        owners = {item.owner_team for item in _catalogued(contract, self._store.catalogue())}
        if owners - {contract.owner_team}:
            raise InvalidValue(
                field="team.name",
                given=contract.owner_team,
                fix="name the team that owns the data in the catalogue: " + ", ".join(sorted(owners)),
            )

    def _check_purposes(self, contract: Contract) -> None:
        known = self._store.purposes()
        unknown = sorted((contract.purposes | contract.denied_purposes) - known.keys())
        if unknown:
            raise InvalidValue(
                field="usageContract.purposes",
                given=", ".join(unknown),
                fix="use purposes that the registry knows: " + ", ".join(sorted(known)),
            )

    def _check_alive(self, contract: Contract, now: datetime) -> None:
        if contract.ends_at <= now:
            raise InvalidValue(
                field="usageContract.effective.until",
                given=contract.ends_at.isoformat(),
                fix="the contract has ended already: propose a version that ends later",
            )

    def _check_succession(self, contract: Contract) -> None:
        before = self._store.contract_versions(contract.id)
        for record in before:
            if record.contract.version == contract.version:
                raise VersionTaken(contract=contract.id, version=contract.version, latest=contract.version)
        self._check_latest(contract)
        # A mere proposal claims nothing: only a contract that was in force is somebody's.
        for record in before:
            owner = record.contract.owner_team
            if record.contract.state in _HAS_BEEN_IN_FORCE and owner != contract.owner_team:
                raise NotYourContract(contract=contract.id, owner_team=owner)

    def _check_latest(self, contract: Contract) -> None:
        later = [
            record.contract.version
            for record in self._store.contract_versions(contract.id)
            if record.contract.state in _HAS_BEEN_IN_FORCE
            and _order(record.contract.version) >= _order(contract.version)
        ]
        if later:
            latest = max(later, key=_order)
            raise VersionTaken(contract=contract.id, version=contract.version, latest=latest)

    def _check_overlaps(self, contract: Contract, now: datetime) -> None:
        others = [record.contract for record in self._store.contracts_in_force()]
        paths = overlaps(contract, others, now)
        if paths:
            raise ContractOverlap(paths=paths)


def _catalogued(contract: Contract, catalogue: Catalogue) -> tuple[CatalogueItem, ...]:
    """Every catalogued item that the contract reaches."""
    sources: list[Source] = list(contract.prefixes)
    for scope in contract.tables:
        for table in scope.tables:
            sources.append(GlueTable(account=scope.account, region=scope.region, database=scope.database, table=table))
    return tuple(item for source in sources for item in catalogue.touching(source))


def _person(subject: Subject, what: str) -> Person:
    if not isinstance(subject, Person):
        raise PeopleOnly(what=what)
    return subject


def _check_move(contract: Contract, state: ContractState, fix: str) -> None:
    if state not in CONTRACT_MOVES[contract.state]:
        raise WrongState(kind="contract", id=contract.id, state=contract.state.value, fix=fix)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _event(action: str, person: Person, contract: Contract, now: datetime, details: Mapping[str, Json]) -> Event:
    return Event(action=action, actor=person.id, at=now, about={"contract": contract.id}, details=details)
