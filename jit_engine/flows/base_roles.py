"""Base roles: there when a session is wanted, denying revoked grants, renewed when full, removed when spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from jit_engine.accounts import ExternalIds, Minters, minter_in
from jit_engine.domain.activity import Place
from jit_engine.domain.base_role import BaseRole, BaseState, PlannedBase, base_name
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId
from jit_engine.errors import AwsUnavailable, EngineError, NotFound, RoleExists
from jit_engine.iam.base_role import DENIED_FULL, DENIED_MOST, base_document, base_plan
from jit_engine.iam.limits import LONGEST_CHAINED_SESSION
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import LostRace

TRIES = 4
MAKING_PATIENCE = timedelta(minutes=3)
"""How long the intent to make one may stand before another process takes it for given up."""
ASK_AGAIN = timedelta(seconds=5)


class BaseRoleStore(Protocol):
    """The base roles. A write commits with its audit record; one that names an old version raises `LostRace`."""

    def open(self, base: BaseRole, event: Event) -> BaseRole:
        """Commits a new generation, before AWS hears of it; `LostRace` when there is one of that name."""
        ...

    def keep(self, base: BaseRole, event: Event) -> BaseRole:
        """Commits it as given if its version is still the stored one; returns it with the next version."""
        ...

    def every(self, environment: EnvironmentId, account: str) -> Sequence[BaseRole]:
        """Every generation there ever was, the oldest first."""
        ...

    def current(self, environment: EnvironmentId, account: str) -> BaseRole | None:
        """The newest that is ready, or None."""
        ...

    def of_name(self, name: str) -> BaseRole | None:
        """The base role of that name, compared without regard to case."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRoles:
    """The base roles of every environment. Each change is committed before AWS hears of it."""

    store: BaseRoleStore
    minters: Minters
    external_ids: ExternalIds

    def ready(
        self, environment: EnvironmentId, activity: ActivityId, place: Place, wanted: PlannedBase, now: datetime
    ) -> BaseRole:
        """The base role, holding what is wanted. Nothing is written to IAM where it is there as it should be.

        Raises `AwsUnavailable` while another process makes it.
        """
        for _ in range(TRIES):
            try:
                current = self.current(environment, place.account)
                if current is None:
                    current = self._open(environment, activity, place, wanted, now)
                if current.policy == wanted.policy:
                    return current
                changed = replace(current, policy=wanted.policy, ends_at=wanted.ends_at)
                return self._write(self.store.keep(changed, _event("base-role.changed", changed, now)), urgent=False)
            except LostRace:
                continue
        raise AwsUnavailable(operation="making the base role", retry_after=ASK_AGAIN)

    def serving(self, environment: EnvironmentId, activity: ActivityId, place: Place, now: datetime) -> BaseRole:
        """The base role that sessions are opened of; made anew, as it was, when the last one was retired."""
        current = self.current(environment, place.account)
        if current is not None:
            return current
        known = self.store.every(environment, place.account)
        if not known:
            raise NotFound(kind="base role", id=environment)
        wanted = PlannedBase(policy=known[-1].policy, ends_at=known[-1].ends_at)
        return self.ready(environment, activity, place, wanted, now)

    def current(self, environment: EnvironmentId, account: str) -> BaseRole | None:
        """The newest that new sessions may be opened of."""
        return self.store.current(environment, account)

    def arn(self, environment: EnvironmentId, account: str) -> str | None:
        """Of what sessions are opened there; None when there is nothing."""
        current = self.current(environment, account)
        return None if current is None else current.arn

    def deny(self, environment: EnvironmentId, account: str, grant: GrantId, until: datetime, now: datetime) -> None:
        """Refuses the grant's sessions at every base role that they may be of; `until` the last of them has ended.

        One role that fails keeps no other from being told; its error is raised at the end.
        """
        failed: EngineError | None = None
        for base in self.store.every(environment, account):
            if base.role_id is None or base.state is BaseState.GONE:
                continue
            try:
                self._deny_at(base, grant, until, now)
            except EngineError as error:
                failed = error
        if failed is not None:
            raise failed

    def judge(self, name: str, role_id: str, now: datetime) -> bool | None:
        """For the sweep: whether a role of that name was removed; None when no base role of ours is there.

        One that nobody needs any more is retired, one whose last session has ended is deleted.
        """
        base = self.store.of_name(name)
        if base is None or base.state is BaseState.GONE:
            return None
        if base.role_id is None and base.state is BaseState.MAKING and now - base.created_at < MAKING_PATIENCE:
            return False
        if base.role_id != role_id:
            return None
        if base.state is BaseState.READY and now >= base.ends_at:
            self.store.keep(_retired(base, now), _event("base-role.retired", base, now))
        elif base.state is BaseState.RETIRED and base.last_end is not None and now >= base.last_end:
            minter_in(self.minters, base.account).delete(base.name, base.role_id)
            self.store.keep(base.moved(BaseState.GONE), _event("base-role.gone", base, now))
            return True
        return False

    def _open(
        self, environment: EnvironmentId, activity: ActivityId, place: Place, wanted: PlannedBase, now: datetime
    ) -> BaseRole:
        """1. The intent is committed. 2. AWS makes the role. 3. What AWS said of it is committed."""
        known = self.store.every(environment, place.account)
        making = [one for one in known if one.state is BaseState.MAKING]
        if making and now - making[-1].created_at < MAKING_PATIENCE:
            raise AwsUnavailable(operation="making the base role", retry_after=ASK_AGAIN)
        for given_up in making:
            self.store.keep(_retired(given_up, now), _event("base-role.given-up", given_up, now))
        generation = len(known) + 1
        intent = BaseRole(
            environment=environment,
            activity=activity,
            account=place.account,
            generation=generation,
            name=base_name(environment, place.account, generation),
            policy=wanted.policy,
            state=BaseState.MAKING,
            created_at=now,
            ends_at=wanted.ends_at,
        )
        base = self.store.open(intent, _event("base-role.opened", intent, now))  # 1
        minter = minter_in(self.minters, place.account)
        plan = base_plan(base, place, self.external_ids[place.account])
        try:
            created = minter.create(plan)  # 2
            minter.put_policy(base.name, plan.policy)
        except RoleExists:
            self.store.keep(_retired(base, now), _event("base-role.name-taken", base, now))
            raise
        made = replace(base.moved(BaseState.READY), arn=created.arn, role_id=created.role_id)
        return self.store.keep(made, _event("base-role.made", made, now, {"role_id": created.role_id}))  # 3

    def _deny_at(self, base: BaseRole, grant: GrantId, until: datetime, now: datetime) -> None:
        for _ in range(TRIES):
            denying = base.denying(grant, until, now)
            if len(denying.denied) >= DENIED_FULL and denying.state is BaseState.READY:
                denying = _retired(denying, now)
            try:
                kept = self.store.keep(denying, _event("base-role.grant-denied", base, now, {"grant": grant}))
                self._write(kept, urgent=True)
            except LostRace:
                again = self.store.of_name(base.name)
                if again is None or again.state is BaseState.GONE:
                    return
                base = again
                continue
            return
        raise AwsUnavailable(operation="denying the grant", retry_after=ASK_AGAIN)

    def _write(self, base: BaseRole, *, urgent: bool) -> BaseRole:
        """Tells AWS; again when the row has moved on meanwhile, so that the newest is what stands there at last."""
        while True:
            minter = minter_in(self.minters, base.account)
            if len(base.denied) > DENIED_MOST:
                minter.shut(base.name, TRUST_NOBODY, DENY_EVERYTHING)
            else:
                minter.put_policy(base.name, base_document(base), urgent=urgent)
            stored = self.store.of_name(base.name)
            if stored is None or stored.version == base.version or stored.state is BaseState.GONE:
                return base
            base = stored


def _retired(base: BaseRole, now: datetime) -> BaseRole:
    """No session is opened of it any more; those that were have ended an hour from now."""
    return replace(base.moved(BaseState.RETIRED), last_end=now + LONGEST_CHAINED_SESSION)


def _event(action: str, base: BaseRole, now: datetime, more: Mapping[str, Json] | None = None) -> Event:
    about = {"activity": base.activity, "environment": base.environment, "role": base.name}
    details: dict[str, Json] = {"account": base.account, "generation": base.generation, **(more or {})}
    return Event(action=action, actor="system:minter", at=now, about=about, details=details)
