"""What a contract names and the catalogue lacks: said to whoever drafts it, looks at it or signs it."""

from __future__ import annotations

from platform_api.registry.contracts import ContractDesk
from platform_api.registry.records import SignatureRole
from tests.fakes.registry import MemoryRegistry
from tests.fakes.world import prefix_item
from tests.unit.registry.sample import LEE, NOW, PAT, PRIYA, PURPOSES, organisation, signable


def test_whoever_drafts_or_signs_is_told_what_of_the_data_the_catalogue_lacks() -> None:
    store = organisation()
    at = ContractDesk(store=store)
    examined = at.examine(PAT, signable(), NOW)
    assert examined.contract is not None
    named = {prefix.uri for prefix in examined.contract.prefixes}
    named |= {
        f"glue://{scope.account}/{scope.region}/{scope.database}/{table}"
        for scope in examined.contract.tables
        for table in scope.tables
    }
    named |= {target.source.uri for target in examined.contract.targets}
    assert named
    assert set(examined.uncatalogued) == named
    proposed = at.propose(PAT, signable(), NOW)
    for role in proposed.needed:
        signer = LEE if role is SignatureRole.DATA_OWNER else PRIYA
        done = at.sign(signer, proposed.contract.id, proposed.contract.version, role, NOW)
        assert done.uncatalogued == tuple(sorted(named))
    signed = next(event for event in store.events if event.action in ("contract.signed", "contract.in-force"))
    assert signed.details["uncatalogued"] == sorted(named)

    lakes = [prefix_item(prefix) for prefix in examined.contract.prefixes]
    known = ContractDesk(store=MemoryRegistry(purposes=PURPOSES, items=tuple(lakes)))
    assert set(known.uncatalogued(examined.contract)) == named - {lake.source.uri for lake in lakes}
