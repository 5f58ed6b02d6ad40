"""The three tiers of an environment."""

from enum import StrEnum


class Tier(StrEnum):
    """Where work happens; contracts call it the stage."""

    RESEARCH = "research"
    VALIDATION = "validation"
    OPERATION = "operation"
