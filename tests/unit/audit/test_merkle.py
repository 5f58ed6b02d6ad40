"""The Merkle tree against the known answers of Certificate Transparency and a naive definition."""

from functools import reduce
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_api.audit.merkle import Tree, leaf_hash, node_hash

# The reference data and roots of certificate-transparency's merkletree tests (RFC 6962 trees of 0 to 8 leaves).
RECORDS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(record) for record in RECORDS]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two below the size."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


some_leaves = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert reduce(Tree.appended, LEAVES[:size], Tree()).root.hex() == ROOTS[size]


@given(some_leaves)
def test_appending_one_by_one_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    tree = Tree()
    for size, leaf in enumerate(leaves, start=1):
        tree = tree.appended(leaf)
        assert tree.size == size
    assert tree.root == naive_root(leaves)
    assert len(tree.frontier) == len(leaves).bit_count()


@pytest.mark.case("AUD-016")
def test_a_record_made_of_two_hashes_is_not_taken_for_their_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(("size", "frontier"), [(1, ()), (0, (b"\0" * 32,)), (3, (b"\0" * 32,)), (1, (b"\0" * 31,))])
def test_a_frontier_that_fits_no_tree_of_the_size_is_refused(size: int, frontier: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Tree(size=size, frontier=frontier)
