"""The Merkle tree of RFC 6962 (section 2.1; the same in RFC 9162): hashes, appending, inclusion proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_SIZE = 32
_EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """SHA-256(0x00 || record). The prefix keeps a record from posing as a node."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All of a tree that appending needs: its size and the roots of its perfect subtrees, the largest first.

    There is one such subtree for every bit that is set in `size`, so both appending and the root take
    O(log size) hashes.
    """

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size.bit_count() != len(self.frontier) or any(len(h) != HASH_SIZE for h in self.frontier):
            raise ValueError(f"a tree of {self.size} leaves has no such frontier")

    def appended(self, leaf: bytes) -> Tree:
        """This tree with one more leaf hash at its end."""
        frontier = list(self.frontier)
        node = leaf
        full = self.size
        while full & 1:
            node = node_hash(frontier.pop(), node)
            full >>= 1
        return Tree(size=self.size + 1, frontier=(*frontier, node))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash; SHA-256 of nothing when the tree is empty."""
        if not self.frontier:
            return _EMPTY_ROOT
        root = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree = tree.appended(leaf)
    return tree.root


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """The audit path of the leaf hash at `index` (RFC 6962, 2.1.1), the nearest sibling first."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return (*inclusion_proof(index, leaves[:split]), root_of(leaves[split:]))
    return (*inclusion_proof(index - split, leaves[split:]), root_of(leaves[:split]))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` of the tree of `size` leaves under `root` (RFC 9162, 2.1.3)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == root
