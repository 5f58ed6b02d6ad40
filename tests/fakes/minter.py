"""A `Minter` that keeps roles in memory, refuses what IAM refuses, and fails where a test tells it to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.errors import AwsRefused, RoleExists
from jit_engine.iam.limits import check_inline_policy, check_role_name, check_tags, check_trust_policy
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import CreatedRole, Credentials, FoundRole, Observer, Probe, Probes, RolePlan, SessionPlan
from tests.fakes.world import ACCOUNT, NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRole:
    """A role as the fake keeps it."""

    found: FoundRole
    trust: str
    policies: dict[str, str]

    @property
    def is_open(self) -> bool:
        """Whether it can be assumed and does more than deny."""
        return self.trust != TRUST_NOBODY and DENY_EVERYTHING not in self.policies.values()


@dataclass(slots=True)
class FakeMinter:
    """Roles by name. `faults[operation]` holds what its next calls do instead: an error to raise, or a function."""

    now: datetime = NOW
    account: str = ACCOUNT
    kept: dict[str, FakeRole] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    """Roles whose policy was written with what the throttle keeps for revocation."""
    sessions: list[SessionPlan] = field(default_factory=list)
    proven: list[tuple[SessionPlan, Probes]] = field(default_factory=list)
    faults: dict[str, list[Exception | Callable[[], object]]] = field(default_factory=lambda: defaultdict(list))
    looks: list[Probe] = field(default_factory=list)
    """What observers see next; without any, the truth."""
    _made: int = 0

    @property
    def _path(self) -> str:
        return f"arn:aws:iam::{self.account}:role/jit/"

    def create(self, plan: RolePlan) -> CreatedRole:
        """As the port says; names are compared without regard to case, as IAM does."""
        self._called("create", plan.name)
        check_role_name(plan.name)
        check_tags(plan.tags)
        check_trust_policy(plan.trust)
        if plan.name.lower() in {name.lower() for name in self.kept}:
            raise RoleExists(role_name=plan.name)
        found = self.plant(plan.name, tags=dict(plan.tags), boundary_arn=plan.boundary_arn, trust=plan.trust)
        self._called("created", plan.name)
        return CreatedRole(arn=f"{self._path}{plan.name}", role_id=found.role_id)

    def plant(
        self,
        name: str,
        *,
        tags: dict[str, str] | None = None,
        boundary_arn: str | None = None,
        trust: str = "{}",
        age: timedelta = timedelta(0),
    ) -> FoundRole:
        """A role that is there, whoever made it."""
        self._made += 1
        found = FoundRole(
            name=name,
            role_id=f"AROA{self.account}{self._made:05}",
            created_at=self.now - age,
            tags=tags or {},
            boundary_arn=boundary_arn,
        )
        self.kept[name] = FakeRole(found=found, trust=trust, policies={})
        return found

    def put_policy(self, name: str, policy: str, *, urgent: bool = False) -> None:
        """As the port says."""
        if urgent:
            self.urgent.append(name)
        self._called("put_policy", name)
        check_inline_policy(policy, 0)
        self._put(name, policy)

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        """As the port says; what the role may do is not worked out."""
        self._called("prove", plan.session_name)
        self.proven.append((plan, probes))

    def assume(self, plan: SessionPlan) -> Credentials:
        """As the port says."""
        self._called("assume", plan.session_name)
        role = self.kept.get(plan.role_arn.removeprefix(self._path))
        if role is None or role.trust == TRUST_NOBODY:
            raise AwsRefused(operation="sts:assume_role", aws_code="AccessDenied")
        self.sessions.append(plan)
        return Credentials(
            access_key_id=f"ASIA{len(self.sessions):016}",
            secret_access_key="secret-of-a-session",
            session_token="token-of-a-session",
            expires_at=self.now + plan.duration,
        )

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        """As the port says."""
        self._called("observer", plan.session_name)
        name = plan.role_arn.removeprefix(self._path)
        role = self.kept.get(name)
        return None if role is None or role.trust == TRUST_NOBODY else _FakeObserver(minter=self, name=name)

    def shut(self, name: str, trust: str, deny: str) -> None:
        """As the port says."""
        self._called("shut", name)
        if name in self.kept:
            self.kept[name] = replace(self.kept[name], trust=trust)
            self._called("shut_policy", name)
            self._put(name, deny)

    def is_shut(self, name: str, deny: str) -> bool:
        """As the port says."""
        self._called("is_shut", name)
        return name not in self.kept or deny in self.kept[name].policies.values()

    def delete(self, name: str, role_id: str | None) -> None:
        """As the port says."""
        self._called("delete", name)
        role = self.kept.get(name)
        if role is None:
            return
        if role_id is not None and role.found.role_id != role_id:
            raise AwsRefused(operation=f"deleting {name}", aws_code="AnotherRoleOfThatName")
        del self.kept[name]

    def find(self, name: str) -> FoundRole | None:
        """As the port says."""
        self._called("find", name)
        return self.kept[name].found if name in self.kept else None

    def roles(self) -> Sequence[FoundRole]:
        """As the port says: a listing tells neither tags nor boundary."""
        self._called("roles", "")
        return [
            replace(role.found, tags={}, boundary_arn=None, shut=role.trust == TRUST_NOBODY)
            for role in self.kept.values()
        ]

    def operations(self) -> list[str]:
        """What was called, in order."""
        return [operation for operation, _ in self.calls]

    def _put(self, name: str, policy: str) -> None:
        role = self.kept.get(name)
        if role is None:
            raise AwsRefused(operation="iam:put_role_policy", aws_code="NoSuchEntity")
        self.kept[name] = replace(role, policies={**role.policies, "grant": policy})

    def _called(self, operation: str, about: str) -> None:
        self.calls.append((operation, about))
        if self.faults[operation]:
            fault = self.faults[operation].pop(0)
            if isinstance(fault, Exception):
                raise fault
            fault()


@dataclass(frozen=True, slots=True, kw_only=True)
class _FakeObserver:
    minter: FakeMinter
    name: str

    def look(self) -> Probe:
        if self.minter.looks:
            return self.minter.looks.pop(0)
        role = self.minter.kept.get(self.name)
        return Probe.ALLOWED if role is not None and role.is_open else Probe.DENIED
