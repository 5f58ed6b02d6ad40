"""The Merkle tree of RFC 6962 (section 2.1; the same in RFC 9162): hashes, and appending."""

from __future__ import annotations

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
