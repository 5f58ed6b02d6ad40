"""A row filter as a typed predicate: comparisons of columns with literals, all of which have to hold."""

from dataclasses import dataclass
from enum import StrEnum


class Comparator(StrEnum):
    """The closed list of operators. A row whose column is null passes none of them, as in SQL."""

    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IN = "in"


class LiteralKind(StrEnum):
    """What a literal is; all of one comparison are of one kind."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value in its one spelling: text as it is, a number without needless digits, a date as 2026-11-23."""

    kind: LiteralKind
    text: str

    @property
    def sql(self) -> str:
        """The literal as SQL and PartiQL write it; a quote inside a text is doubled."""
        match self.kind:
            case LiteralKind.TEXT:
                doubled = self.text.replace("'", "''")
                return f"'{doubled}'"
            case LiteralKind.NUMBER:
                return self.text
            case LiteralKind.DATE:
                return f"date '{self.text}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One column against one literal, or for `in` against several, each once and in order."""

    column: str
    comparator: Comparator
    literals: tuple[Literal, ...]

    @property
    def sql(self) -> str:
        """The comparison as SQL writes it."""
        values = ", ".join(literal.sql for literal in self.literals)
        return (
            f"{self.column} in ({values})"
            if self.comparator is Comparator.IN
            else f"{self.column} {self.comparator.value} {values}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """The rows for which every comparison holds; there is at least one."""

    comparisons: tuple[Comparison, ...]

    @property
    def sql(self) -> str:
        """The whole filter, in one spelling."""
        return " and ".join(comparison.sql for comparison in self.comparisons)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that it reads."""
        return frozenset(comparison.column for comparison in self.comparisons)


def both(one: RowFilter | None, other: RowFilter | None) -> RowFilter | None:
    """The rows that both let through; None lets every row through."""
    if one is None or other is None:
        return one or other
    return RowFilter(comparisons=tuple(dict.fromkeys((*one.comparisons, *other.comparisons))))
