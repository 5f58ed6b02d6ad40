"""The second reading of sources of one ARN each, whose statements are bound to their account and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping

from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, is_bound


class PlainReading(Reading):
    """`may` holds, for each action, the ARNs that it was cleared for."""

    def __init__(self, decided: Decided) -> None:
        """From the cleared sources of its kind."""
        self.may = self.cleared(decided)

    @abstractmethod
    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """The ARNs that each action was cleared for."""

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Each pair of action and resource, then the account."""
        for action in allow.actions:
            for resource in allow.resources:
                if resource not in self.may.get(action, set()):
                    yield f"{action} on {resource} was not cleared"
        owners = {resource.split(":")[4] for resource in allow.resources if resource.count(":") >= 5}
        if len(owners) != 1 or not is_bound(allow, {"StringEquals": {"aws:ResourceAccount": owners.pop()}}):
            yield "it is not bound to the account of its resources, or has conditions of another form"


def may(pairs: list[tuple[set[str], str]]) -> dict[str, set[str]]:
    """The pairs of actions and one ARN, by action."""
    found: dict[str, set[str]] = {}
    for actions, arn in pairs:
        for action in actions:
            found.setdefault(action, set()).add(arn)
    return found
