"""What a view is: the tables that it reads, the digest of its definition, and who has certified that definition."""

from dataclasses import dataclass
from datetime import datetime

from jit_engine.domain.ids import SubjectId
from jit_engine.domain.source import GlueTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One owning team's word, by one person, that the view of this definition is a treatment of the team's data.

    `sha256` is the view's own digest and those of the views behind it together (`Catalogue.definition_of`).
    """

    team: str
    by: SubjectId
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What an item of the catalogue is besides a table. With no `bases` nobody can tell what it reads: it is refused.

    `sha256` is of the definition as it was imported, by `imported_by`. `definer` is the role with whose rights its
    bases are read (a protected view of the Glue data catalogue); None where they are read with the reader's own.
    """

    bases: tuple[GlueTable, ...]
    sha256: str
    definer: str | None
    imported_by: SubjectId | None = None
    certificates: tuple[Certificate, ...] = ()

    def certified_by(self, definition: str) -> frozenset[str]:
        """The teams whose certificate is of that definition."""
        return frozenset(one.team for one in self.certificates if one.sha256 == definition)
