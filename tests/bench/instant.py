"""An AWS that takes no time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jit_engine.ports import CreatedRole, Credentials, FoundRole, Observer, Probes, RolePlan, SessionPlan


@dataclass(slots=True)
class InstantMinter:
    """An AWS that does as it is told in no time: what then takes time is ours."""

    account: str
    _made: int = 0

    def create(self, plan: RolePlan) -> CreatedRole:
        self._made += 1
        return CreatedRole(
            arn=f"arn:aws:iam::{self.account}:role/sluicegate/{plan.name}", role_id=f"AROA{self._made:017}"
        )

    def put_policy(self, name: str, policy: str, *, urgent: bool = False) -> None:
        return

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        return

    def assume(self, plan: SessionPlan) -> Credentials:
        return Credentials(
            access_key_id="ASIA" + "B" * 16,
            secret_access_key="s" * 40,
            session_token="t" * 900,
            expires_at=datetime.now(UTC) + plan.duration,
        )

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        return None

    def shut(self, name: str, trust: str, deny: str) -> None:
        return

    def is_shut(self, name: str, deny: str) -> bool:
        return True

    def delete(self, name: str, role_id: str | None) -> None:
        return

    def find(self, name: str) -> FoundRole | None:
        return None

    def roles(self) -> list[FoundRole]:
        return []
