"""What binds whoever reads a table: which columns, treated how, and which rows."""

from dataclasses import dataclass
from enum import StrEnum

from jit_engine.domain.classification import Classification
from jit_engine.domain.row_filter import RowFilter
from jit_engine.domain.treatment import Treatment


class Enforcer(StrEnum):
    """What can hold columns and rows apart. Raw files never can."""

    LAKE_FORMATION = "lake-formation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTreatment:
    """Columns of one group that are treated alike.

    `rules` is the best that the rules allow, `contract` the most that the contract shows; what is shown is the
    stricter of the two, and nothing where nobody can make that: `why` then says so, with what would help.
    """

    group: str
    columns: tuple[str, ...]
    classification: Classification
    rules: Treatment
    contract: Treatment
    shown: Treatment
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligations:
    """What has to be enforced for one table. `columns` are the only ones to be seen; None: all, and then as files."""

    columns: tuple[str, ...] | None
    row_filter: RowFilter | None
    treatments: tuple[ColumnTreatment, ...]

    @property
    def enforcer(self) -> Enforcer | None:
        """What has to stand between the reader and the files; None where the files themselves may be read."""
        return None if self.columns is None and self.row_filter is None else Enforcer.LAKE_FORMATION
