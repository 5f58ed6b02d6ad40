"""What a place that grants can write to may hold by now: the label that it carries for what was read beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What may lie there of the data under one contract.

    `version` is the latest under which it was read; `holders` are those who were given the data itself.
    """

    contract: ContractId
    version: str
    classification: Classification
    classes: frozenset[str]
    purposes: frozenset[str]
    holders: frozenset[SubjectId]

    def joined(self, other: Mark) -> Mark:
        """Both, under the version of `other`."""
        return replace(
            other,
            classification=max(self.classification, other.classification, key=lambda level: level.rank),
            classes=self.classes | other.classes,
            purposes=self.purposes | other.purposes,
            holders=self.holders | other.holders,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One mark a contract, in the order of contracts; none where nothing governed can lie."""

    marks: tuple[Mark, ...] = ()

    @property
    def classification(self) -> Classification:
        """The highest of the marks'; public where there is none."""
        levels = (mark.classification for mark in self.marks)
        return max(levels, key=lambda level: level.rank, default=Classification.PUBLIC)

    @property
    def contracts(self) -> frozenset[ContractId]:
        """The contracts whose data may lie there."""
        return frozenset(mark.contract for mark in self.marks)

    @property
    def purposes(self) -> frozenset[str]:
        """The purposes that it was read for."""
        return frozenset().union(*(mark.purposes for mark in self.marks))

    @property
    def classes(self) -> frozenset[str]:
        """The categories of data, such as `personal`."""
        return frozenset().union(*(mark.classes for mark in self.marks))

    def raised(self, marks: Iterable[Mark]) -> Label:
        """This label with those marks besides; it never loses anything by it."""
        found = {mark.contract: mark for mark in self.marks}
        for mark in marks:
            found[mark.contract] = found[mark.contract].joined(mark) if mark.contract in found else mark
        return Label(marks=tuple(found[contract] for contract in sorted(found)))

    def without(self, contracts: Iterable[ContractId]) -> Label:
        """This label less the marks of those contracts."""
        left = set(contracts)
        return Label(marks=tuple(mark for mark in self.marks if mark.contract not in left))

    def seen_by(self, subject: SubjectId) -> Label:
        """As a decision about one subject reads it: of the holders only that one."""
        return Label(marks=tuple(replace(mark, holders=mark.holders & {subject}) for mark in self.marks))


EMPTY = Label()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRise:
    """The label of an environment's workspace as it was decided on, and as a delivery makes it."""

    before: Label
    after: Label
