"""What a second reading raises."""

from __future__ import annotations

from typing import ClassVar

from jit_engine.errors import EngineError


class PolicyWidens(EngineError):
    """A policy that says more than was cleared, or lacks a closing Deny. A fault of ours: nothing is minted."""

    code: ClassVar[str] = "policy-widens"

    def __init__(self, *, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("the policy was not minted, for it is not within the decision: " + "; ".join(findings))
