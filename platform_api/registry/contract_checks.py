"""What a contract is held against at the desk: the catalogue, the purposes, its own versions and other contracts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jit_engine.contracts.document import classifications, has_data_category
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.terms import HAS_BOUND, Contract, ContractState, name_reference, version_order
from jit_engine.domain.catalogue import Catalogue, CatalogueItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.source import GlueTable, Source
from jit_engine.errors import InvalidValue
from platform_api.ids import id_of_bytes
from platform_api.registry.coverage import overlaps
from platform_api.registry.errors import ContractOverlap, NotYourContract, NotYourDraft, RegistryError, VersionTaken
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import ContractRecord, SignatureRole

PERSONAL: Final = "personal"
"""The catalogue's label of personal data, whatever its classification."""


def contract_id_of(odcs_id: str) -> ContractId:
    """The id of the contract whose documents carry this UUID: its 128 bits, spelled as our ids are.

    Derived, so that every version of a document is the same contract without a look-up that could miss.
    """
    return ContractId(id_of_bytes("co", uuid.UUID(odcs_id).bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractChecks:
    """Each check raises what is wrong, or returns."""

    store: RegistryStore

    def to_propose(self, contract: Contract, now: datetime) -> None:
        """All that a proposal has to pass, one after another."""
        for check in self._of_proposal(contract, now):
            check()

    def obstacles(self, contract: Contract, now: datetime) -> tuple[str, ...]:
        """What would stand in a proposal's way, all of it."""
        found: list[str] = []
        for check in self._of_proposal(contract, now):
            try:
                check()
            except (InvalidValue, RegistryError) as error:
                found.append(str(error))
        try:
            self.forbidden(contract)
        except InvalidValue as error:
            found.append(str(error))
        return tuple(found)

    def _of_proposal(self, contract: Contract, now: datetime) -> tuple[Callable[[], None], ...]:
        return (
            lambda: self.purposes(contract),
            lambda: self.alive(contract, now),
            lambda: self.succession(contract),
            lambda: self.overlaps(contract, now),
            lambda: self.owner(contract),
        )

    def needed(self, contract: Contract, document: Mapping[str, DocumentJson]) -> tuple[SignatureRole, ...]:
        """The privacy office signs for restricted and for personal data, by the document or by the catalogue.

        And when neither tells of any.
        """
        reached = _catalogued(contract, self.store.catalogue())
        levels = classifications(document) | {item.classification for item in reached}
        personal = has_data_category(document) or any(PERSONAL in item.classes for item in reached)
        if not levels or Classification.RESTRICTED in levels or personal:
            return (SignatureRole.DATA_OWNER, SignatureRole.PRIVACY_OFFICE)
        return (SignatureRole.DATA_OWNER,)

    def uncatalogued(self, contract: Contract) -> tuple[str, ...]:
        """What the contract names and the catalogue lacks, by URI: nobody can ask for it, nor is it classified."""
        catalogue = self.store.catalogue()
        named = (*_named(contract), *(target.source for target in contract.targets))
        return tuple(sorted({s.uri for s in named if catalogue.item(s) is None and not catalogue.touching(s)}))

    def owner(self, contract: Contract) -> None:
        """The data's own owner has to sign; the decision holds it again, for the catalogue may change."""
        owners = {item.owner_team for item in _catalogued(contract, self.store.catalogue())}
        if owners - {contract.owner_team}:
            raise InvalidValue(
                field="team.name",
                given=contract.owner_team,
                fix="name the team that owns the data in the catalogue: " + ", ".join(sorted(owners)),
            )

    def purposes(self, contract: Contract) -> None:
        """Every purpose is one of the tree."""
        known = self.store.purposes()
        unknown = sorted((contract.purposes | contract.denied_purposes) - known.keys())
        if unknown:
            raise InvalidValue(
                field="usageContract.purposes",
                given=", ".join(unknown),
                fix="use purposes that the registry knows: " + ", ".join(sorted(known)),
            )

    def alive(self, contract: Contract, now: datetime) -> None:
        """It has not ended."""
        if contract.ends_at <= now:
            raise InvalidValue(
                field="usageContract.effective.until",
                given=contract.ends_at.isoformat(),
                fix="the contract has ended already: propose a version that ends later",
            )

    def succession(self, contract: Contract) -> None:
        """The version is new (but for the proposer's own draft), the latest, and the contract stays its owner's."""
        before = self.store.contract_versions(contract.id)
        for record in before:
            if record.contract.version == contract.version:
                own_draft(record, contract.proposer)
        self.latest(contract)
        # A mere proposal claims nothing: only a contract that was signed is somebody's.
        for record in before:
            owner = record.contract.owner_team
            if record.contract.state in HAS_BOUND and owner != contract.owner_team:
                raise NotYourContract(contract=contract.id, owner_team=owner)

    def latest(self, contract: Contract) -> None:
        """Nothing as late or later was signed, but this very version."""
        later = [
            record.contract.version
            for record in self.store.contract_versions(contract.id)
            if record.contract.state in HAS_BOUND
            and record.contract.key != contract.key
            and version_order(record.contract.version) >= version_order(contract.version)
        ]
        if later:
            raise VersionTaken(contract=contract.id, version=contract.version, latest=max(later, key=version_order))

    def overlaps(self, contract: Contract, now: datetime) -> None:
        """No other contract that is signed or in force is about the same data; the store holds it again."""
        paths = overlaps(contract, [record.contract for record in self.store.contracts_committed()], now)
        if paths:
            raise ContractOverlap(paths=paths)

    def forbidden(self, contract: Contract) -> frozenset[str]:
        """What the contract forbids, with the id of each: a later change of name does not undo it."""
        names = self.store.contract_names()
        found = set(contract.forbidden)
        for reference in sorted(contract.forbidden):
            id_meant = _of_document(reference) or reference
            ids = {id_ for id_, name in names if id_meant == id_ or reference == name_reference(name)} - {contract.id}
            if not ids:
                raise InvalidValue(
                    field="usageContract.combination.forbidWith",
                    given=f"contract:{reference}",
                    fix="name another contract that the registry knows (`sluice contract list`)",
                )
            found |= ids
        return frozenset(found)


def own_draft(record: ContractRecord, person: SubjectId) -> None:
    """Raises unless `record` is a draft of `person`, which alone may be written over."""
    contract = record.contract
    if contract.state is not ContractState.DRAFT:
        raise VersionTaken(contract=contract.id, version=contract.version, latest=contract.version)
    if contract.proposer != person:
        raise NotYourDraft(contract=contract.id, version=contract.version, author=contract.proposer)


def _of_document(reference: str) -> ContractId | None:
    try:
        return contract_id_of(reference) if len(reference) == 36 else None
    except ValueError:
        return None


def _catalogued(contract: Contract, catalogue: Catalogue) -> tuple[CatalogueItem, ...]:
    """Every catalogued item that the contract reaches."""
    reached: list[CatalogueItem] = []
    for source in _named(contract):
        own = catalogue.item(source) if source in contract.services else None
        reached += catalogue.touching(source) or ((own,) if own is not None else ())
    return tuple(reached)


def _named(contract: Contract) -> tuple[Source, ...]:
    """The data that the contract names, without what may be written under it."""
    tables = [
        GlueTable(account=scope.account, region=scope.region, database=scope.database, table=table)
        for scope in contract.tables
        for table in sorted(scope.tables)
    ]
    return (*contract.prefixes, *tables, *contract.services)
