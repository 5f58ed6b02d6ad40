"""How much of a column somebody sees, in order of strictness."""

from enum import StrEnum


class Treatment(StrEnum):
    """Clear text, a keyed digest of it, a part of it, or nothing; compare with `strictness`, never by text."""

    CLEAR = "clear"
    HASHED = "hashed"
    MASKED = "masked"
    EXCLUDED = "excluded"

    @property
    def strictness(self) -> int:
        """0 (clear) to 3 (excluded)."""
        return list(Treatment).index(self)


def strictest(*treatments: Treatment) -> Treatment:
    """The one of them that shows least."""
    return max(treatments, key=lambda treatment: treatment.strictness)
