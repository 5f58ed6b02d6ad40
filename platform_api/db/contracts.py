"""The store of data contracts: versions, signatures, acceptances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.contracts.column_labels import data_labels
from jit_engine.contracts.terms import COMMITTED, HAS_BOUND, Contract, ContractState, HeldContract, version_order
from jit_engine.domain.event import Event
from jit_engine.domain.ids import ActivityId, ContractId, SubjectId
from jit_engine.ports import LostRace
from platform_api.db.audit import recorded
from platform_api.db.catalogue import classify_under
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.generations import Changing, raise_generation
from platform_api.db.paging import AnyRow, Listing, is_exactly, is_one_of, page_of
from platform_api.db.tables.contracts import AcceptanceRow, ContractRow, SignatureRow
from platform_api.db.waking import wake_grants_under
from platform_api.paging import Page, PageAsk
from platform_api.registry.coverage import overlaps
from platform_api.registry.errors import ContractOverlap
from platform_api.registry.records import Acceptance, ContractRecord, Signature, SignatureRole

_CONTRACTS = sa.select(ContractRow.table())
_SAVE = fenced(ContractRow.table()).where(ContractRow.contract_version == sa.bindparam("fence_contract_version"))
_IN_FORCE = ContractRow.state == ContractState.IN_FORCE.value
_TERMS_IN_FORCE = sa.select(ContractRow.terms).where(_IN_FORCE).order_by(ContractRow.id)
_COMMITTED = ContractRow.state.in_(sorted(COMMITTED))
_VERSIONS = sa.select(ContractRow.contract_version, ContractRow.state).where(
    ContractRow.id == sa.bindparam("contract"), ContractRow.contract_version != sa.bindparam("but")
)
_SUPERSEDED = {"state": ContractState.SUPERSEDED.value, "version": ContractRow.version + 1}
_SIGNATURES = sa.select(SignatureRow.table()).order_by(SignatureRow.place)
_LISTING = Listing(
    name="contracts",
    keys=(ContractRow.id, ContractRow.contract_version),
    filters={
        "state": is_one_of(ContractRow.state, ContractState),
        "id": is_exactly(ContractRow.id),
        "name": is_exactly(ContractRow.name),
        "owner_team": is_exactly(ContractRow.owner_team),
    },
)


class SqlContracts:
    """The part of `platform_api.registry.ports.RegistryStore` that is about contracts, and their list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contract(self, id: ContractId, version: str) -> ContractRecord | None:
        """That version, or None."""
        which = (ContractRow.id == id, ContractRow.contract_version == version)
        return next(iter(self._contracts(_CONTRACTS.where(*which))), None)

    def contract_versions(self, id: ContractId) -> Sequence[ContractRecord]:
        """Every version of a contract, in the order in which they were proposed."""
        return self._contracts(_CONTRACTS.where(ContractRow.id == id).order_by(ContractRow.created_at))

    def contracts_in_force(self) -> Sequence[ContractRecord]:
        """The version in force of every contract that has one; its times may lie before or after now."""
        return self._contracts(_CONTRACTS.where(_IN_FORCE).order_by(ContractRow.id))

    def contracts_committed(self) -> Sequence[ContractRecord]:
        """Every version in force, and every one that is signed and waits for its time."""
        return self._contracts(_CONTRACTS.where(_COMMITTED).order_by(ContractRow.id, ContractRow.created_at))

    def contracts_signed(self) -> Sequence[ContractRecord]:
        """Every version that is signed and waits for its time, the first signed version first."""
        signed = ContractRow.state == ContractState.SIGNED.value
        return self._contracts(_CONTRACTS.where(signed).order_by(ContractRow.created_at))

    def contract_names(self) -> Sequence[tuple[ContractId, str]]:
        """The id and name of every version that is or was signed by everybody needed."""
        query = sa.select(ContractRow.id, ContractRow.name).where(
            ContractRow.state.in_(sorted(HAS_BOUND | {ContractState.ENDED}))
        )
        with self._database.read() as connection:
            return [(ContractId(row.id), row.name) for row in connection.execute(query.distinct())]

    def contracts(self, ask: PageAsk) -> Page[ContractRecord]:
        """Contracts by version, newest first. Filters: state, id, name, owner_team."""
        with self._database.read() as connection:
            return page_of(connection, _LISTING, _CONTRACTS, ask, lambda rows: _records(connection, rows))

    def propose_contract(self, contract: ContractRecord, event: Event) -> None:
        """Commits a new version; `LostRace` when that version exists."""
        with recorded(self._database, event) as connection:
            key = {"id": contract.contract.id, "contract_version": contract.contract.version}
            connection.execute(sa.insert(ContractRow), {**key, **_values(contract), "version": contract.version})
            _save_signatures(connection, contract)
            raise_generation(connection, Changing.CONTRACTS)

    def save_contract(self, contract: ContractRecord, event: Event) -> ContractRecord:
        """Commits the version and its signatures, or raises `LostRace`.

        1. Contracts change in turn: the generation's row is the lock.
        2. A signed version finds no other contract about its data (`ContractOverlap`) and no later version of its own.
        3. One that comes into force supersedes those before it.
        4. When a contract comes into force or ends, its live grants, and those of contracts that it forbids, are due to
           be decided anew.
        5. The catalogue takes over what it says about columns; last, for that may add a record of its own.
        """
        terms = contract.contract
        with recorded(self._database, event) as connection:
            raise_generation(connection, Changing.CONTRACTS)  # 1
            if terms.state in COMMITTED:
                _check_room(connection, terms, event)  # 2
            if terms.state is ContractState.IN_FORCE:
                _supersede(connection, terms)  # 3
            values = {**_values(contract), "fence_contract_version": terms.version}
            update_one(connection, _SAVE, terms.id, contract.version, values)
            _save_signatures(connection, contract)
            if terms.state in (ContractState.IN_FORCE, ContractState.ENDED):
                for one in (terms.id, *sorted(terms.forbidden)):
                    wake_grants_under(connection, ContractId(one), event.at)  # 4
            if terms.state is ContractState.IN_FORCE:
                classify_under(connection, terms, data_labels(contract.document), event)  # 5
        return replace(contract, version=contract.version + 1)

    def accept(self, acceptance: Acceptance, event: Event) -> None:
        """Commits the consumer's signature; `LostRace` when the activity has accepted that version already."""
        values = {
            "activity": acceptance.activity,
            "contract": acceptance.contract[0],
            "contract_version": acceptance.contract[1],
            "accepted_by": acceptance.by,
            "accepted_at": acceptance.at,
            "document_sha256": acceptance.document_sha256,
        }
        with recorded(self._database, event) as connection:
            connection.execute(sa.insert(AcceptanceRow), values)

    def acceptances(self, id: ContractId, version: str) -> Sequence[Acceptance]:
        """Which activities accepted that version, the first first."""
        which = (AcceptanceRow.contract == id, AcceptanceRow.contract_version == version)
        query = sa.select(AcceptanceRow.table()).where(*which).order_by(AcceptanceRow.accepted_at)
        with self._database.read() as connection:
            return [_acceptance(row) for row in connection.execute(query)]

    def _contracts(self, query: sa.Select[*tuple[Any, ...]]) -> list[ContractRecord]:
        with self._database.read() as connection:
            return _records(connection, connection.execute(query).all())


def read_terms_in_force(connection: Connection) -> tuple[Contract, ...]:
    """The terms of every contract in force, in the transaction at hand."""
    return tuple(
        replace(terms, state=ContractState.IN_FORCE) for terms in connection.execute(_TERMS_IN_FORCE).scalars()
    )


def read_held(
    connection: Connection, keys: Collection[tuple[ContractId, str]]
) -> dict[tuple[ContractId, str], HeldContract]:
    """What these versions say of other contracts; one that is gone says nothing, and is still held."""
    which = sa.tuple_(ContractRow.id, ContractRow.contract_version).in_(sorted(keys))
    held = {key: HeldContract(id=key[0], version=key[1], name="", forbidden=frozenset()) for key in keys}
    for terms in connection.execute(sa.select(ContractRow.terms).where(which)).scalars():
        held[terms.key] = terms.held
    return held


def _check_room(connection: Connection, terms: Contract, event: Event) -> None:
    """What the desk has checked before, in the transaction that decides it."""
    others = connection.execute(sa.select(ContractRow.terms).where(ContractRow.id != terms.id, _COMMITTED)).scalars()
    if paths := overlaps(terms, others, event.at):
        raise ContractOverlap(paths=paths)
    for row in connection.execute(_VERSIONS, {"contract": terms.id, "but": terms.version}):
        if row.state in HAS_BOUND and version_order(row.contract_version) > version_order(terms.version):
            raise LostRace(f"version {row.contract_version} was signed meanwhile")


def _supersede(connection: Connection, terms: Contract) -> None:
    """The version in force, and every one that is signed and would come into force after a later one."""
    before = [
        row.contract_version
        for row in connection.execute(_VERSIONS, {"contract": terms.id, "but": terms.version})
        if row.state == ContractState.IN_FORCE
        or (row.state == ContractState.SIGNED and version_order(row.contract_version) < version_order(terms.version))
    ]
    if before:
        these = sa.update(ContractRow).where(ContractRow.id == terms.id, ContractRow.contract_version.in_(before))
        connection.execute(these.values(_SUPERSEDED))


def _values(record: ContractRecord) -> dict[str, Any]:
    """The columns of a contract but its key and its fence."""
    return {
        "name": record.contract.name,
        "owner_team": record.contract.owner_team,
        "state": record.contract.state.value,
        "terms": record.contract,
        "document": record.document,
        "document_sha256": record.document_sha256,
        "needed": tuple(role.value for role in record.needed),
        "holds": record.holds,
        "created_at": record.created_at,
    }


def _save_signatures(connection: Connection, record: ContractRecord) -> None:
    """Makes the stored signatures those of the record, whose row the caller has locked."""
    key = {"contract": record.contract.id, "contract_version": record.contract.version}
    connection.execute(
        sa.delete(SignatureRow).where(
            SignatureRow.contract == record.contract.id, SignatureRow.contract_version == record.contract.version
        )
    )
    if record.signatures:
        rows = [
            {
                **key,
                "role": signature.role.value,
                "place": place,
                "signed_by": signature.by,
                "signed_at": signature.at,
                "document_sha256": signature.document_sha256,
            }
            for place, signature in enumerate(record.signatures)
        ]
        connection.execute(sa.insert(SignatureRow), rows)


def _records(connection: Connection, rows: Sequence[AnyRow]) -> list[ContractRecord]:
    if not rows:
        return []
    signatures: defaultdict[tuple[str, str], list[Signature]] = defaultdict(list)
    for row in connection.execute(_SIGNATURES.where(SignatureRow.contract.in_({row.id for row in rows}))):
        signatures[row.contract, row.contract_version].append(
            Signature(
                role=SignatureRole(row.role),
                by=SubjectId(row.signed_by),
                at=row.signed_at,
                document_sha256=row.document_sha256,
            )
        )
    return [_record(row, tuple(signatures[row.id, row.contract_version])) for row in rows]


def _record(row: AnyRow, signatures: tuple[Signature, ...]) -> ContractRecord:
    return ContractRecord(
        contract=replace(row.terms, state=ContractState(row.state)),
        document=row.document,
        document_sha256=row.document_sha256,
        needed=tuple(SignatureRole(role) for role in row.needed),
        signatures=signatures,
        holds=row.holds,
        created_at=row.created_at,
        version=row.version,
    )


def _acceptance(row: AnyRow) -> Acceptance:
    return Acceptance(
        activity=ActivityId(row.activity),
        contract=(ContractId(row.contract), row.contract_version),
        by=SubjectId(row.accepted_by),
        at=row.accepted_at,
        document_sha256=row.document_sha256,
    )
