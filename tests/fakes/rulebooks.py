"""The store of rulebooks in memory, held to the same suite as the database's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy.ports import Deed
from policy.refusals import Overtaken
from policy.versions import RulebookState, RulebookVersion

_JUDGED = (RulebookState.PROPOSED, RulebookState.APPROVED)


class MemoryRulebooks:
    """`policy.ports.RulebookStore` in memory. `deeds` is the audit trail; `woken` counts the activations."""

    def __init__(self, live: RulebookVersion | None = None) -> None:
        self.deeds: list[Deed] = []
        self.woken = 0
        self._rows: dict[str, RulebookVersion] = {} if live is None else {live.version: live}

    def get(self, version: str) -> RulebookVersion | None:
        """As the port says."""
        return self._rows.get(version)

    def live(self) -> RulebookVersion | None:
        """As the port says."""
        return next((row for row in self._rows.values() if row.state is RulebookState.LIVE), None)

    def versions(self) -> Sequence[RulebookVersion]:
        """As the port says."""
        return sorted(self._rows.values(), key=lambda row: -row.number)

    def next_number(self) -> int:
        """As the port says."""
        return max((row.number for row in self._rows.values()), default=0) + 1

    def add(self, draft: RulebookVersion, deed: Deed) -> RulebookVersion:
        """As the port says."""
        if any(draft.version == row.version or draft.number == row.number for row in self._rows.values()):
            raise Overtaken("there already")
        return self._write(draft, deed)

    def save(self, version: RulebookVersion, deed: Deed) -> RulebookVersion:
        """As the port says."""
        self._check(version)
        return self._write(replace(version, revision=version.revision + 1), deed)

    def activate(self, version: RulebookVersion, over: RulebookVersion, deed: Deed) -> RulebookVersion:
        """As the port says."""
        live = self.live()
        if live is None or live.version != over.version:
            raise Overtaken("another is live")
        self._check(version)
        self._rows[live.version] = replace(live, state=RulebookState.RETIRED, revision=live.revision + 1)
        active = self._write(replace(version, revision=version.revision + 1), deed)
        for row in [row for row in self._rows.values() if row.state in _JUDGED]:
            self._rows[row.version] = replace(row.as_draft(), revision=row.revision + 1)
        self.woken += 1
        return active

    def _check(self, version: RulebookVersion) -> None:
        stored = self._rows.get(version.version)
        if stored is None or stored.revision != version.revision:
            raise Overtaken("another revision")

    def _write(self, version: RulebookVersion, deed: Deed) -> RulebookVersion:
        self._rows[version.version] = version
        self.deeds.append(deed)
        return version
