"""The rules of this very moment, read for each decision and parsed once a version."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import ClassVar

from jit_engine.rules.clearance import Judges
from platform_api.db.rulebooks import SqlRulebooks
from policy import Engine, PolicyError, Rulebook, invariants


class NoRulebook(PolicyError):
    """There is no live rulebook, so nothing can be decided and nothing is allowed."""

    code: ClassVar[str] = "no-live-rulebook"

    def __init__(self) -> None:
        super().__init__("no rulebook is live, so nothing is permitted: an operator has to activate one")


@dataclass(slots=True)
class LiveJudges:
    """The judges of this very moment: which rulebook is live is read for each decision, its parse is kept.

    So no decision ever uses an older version after the activation of a newer one has committed.
    """

    rulebooks: SqlRulebooks
    _engine: Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Judges:
        """Raises `NoRulebook` where there is none: fail closed."""
        version = self.rulebooks.live_version()
        if version is None:
            raise NoRulebook
        engine = self._engine
        if engine is None or engine.version != version:
            engine = self._load(version)
        return Judges(invariants=invariants(), rulebook=engine)

    def _load(self, version: str) -> Engine:
        with self._lock:
            if self._engine is not None and self._engine.version == version:
                return self._engine
            stored = self.rulebooks.get(version)
            if stored is None:
                raise NoRulebook
            engine = Engine.load(Rulebook(version=stored.version, text=stored.text), after=self._engine)
            self._engine = engine
            return engine
