"""How sensitive data is, in order."""

from enum import StrEnum


class Classification(StrEnum):
    """Four levels; compare with `rank`, never by text."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """0 (public) to 3 (restricted); the Cedar attribute `sensitivity`."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Classification)}
