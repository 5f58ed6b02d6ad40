"""The sweep: roles under our path that no live row owns. A fence cannot stop a late AWS call; this can undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.accounts import Minters
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.errors import AwsUnavailable, EngineError
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import FoundRole, Ledger, LostRace, RoleOwner

YOUNG = timedelta(minutes=5)
"""A role younger than this may belong to a mint whose next commit is under way."""
CHUNK = 500
"""Roles whose rows are read at once."""
_BEHIND = "AWS has its role shut or not at all, though nobody revoked it here"
_BEYOND = "the settings no longer name its AWS account"
BOUNDARY_PATH = ":policy/sluicegate/boundary/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Looks at every role under our path in every account, and at every row that says that there is one.

    A role of ours without a live row is deleted; a stranger's is quarantined. A row that is behind AWS, as after an
    old backup was restored, is never made true again: its grant is revoked. Each of these that our own crashes cannot
    explain is an alarm.
    """

    ledger: Ledger
    minters: Minters
    bases: BaseRoles

    def __call__(self, now: datetime) -> int:
        """How many roles were deleted or quarantined and grants revoked; raises what an account that could not be
        listed answered.
        """
        done, unseen = 0, None
        standing: set[str] = set()
        listed: set[str] = set()
        for account, minter in self.minters.items():
            try:
                found = minter.roles()
            except EngineError as error:  # an account that does not answer keeps no other from being looked at
                unseen = error
                continue
            listed.add(account)
            for start in range(0, len(found), CHUNK):
                done += self._tend(found[start : start + CHUNK], now, account)
            standing.update(role.role_id for role in found if not role.shut)
        done += self._revoke_what_is_not_there(standing, listed, now)
        if unseen is not None:
            raise unseen
        return done

    def _tend(self, roles: Sequence[FoundRole], now: datetime, account: str) -> int:
        """These roles; one that AWS will not let us touch is an alarm, and keeps no other from being looked at."""
        owners = self.ledger.role_owners([role.name for role in roles])
        done = 0
        for role in roles:
            try:
                done += self._judge(role, owners.get(role.name.lower()), now, account)
            except AwsUnavailable:
                continue  # the next sweep meets it again
            except EngineError as error:
                self._note("alarm.role-not-swept", role, now, account, {"error": str(error)[:500]})
        return done

    def _judge(self, role: FoundRole, owner: RoleOwner | None, now: datetime, account: str) -> bool:
        minter = self.minters[account]
        if owner is not None and _owns(owner, role):
            return False
        if owner is not None and owner.state is GrantState.MINTING and now - role.created_at < YOUNG:
            return False
        if owner is None and (removed := self.bases.judge(role.name, role.role_id, now)) is not None:
            return removed
        full = minter.find(role.name)
        if full is None or full.role_id != role.role_id:
            return False
        if _is_ours(full):
            if owner is None:  # its intent was committed before AWS heard of it: the database has forgotten it
                self._note("alarm.role-without-row", full, now, account)
            minter.delete(full.name, full.role_id)
            self._note("sweep.role-deleted", full, now, account)
            return True
        if minter.is_shut(full.name, DENY_EVERYTHING):
            return False
        minter.shut(full.name, TRUST_NOBODY, DENY_EVERYTHING)
        self._note("alarm.foreign-role-quarantined", full, now, account)
        return True

    def _revoke_what_is_not_there(self, standing: Set[str], listed: Set[str], now: datetime) -> int:
        """Active grants whose role is shut or gone: a row that says more than AWS has is an old one.

        And those in an account that the settings no longer name: what nobody can look after is not left active.
        """
        done, after = 0, None
        while rows := self.ledger.active_roles(after, CHUNK):
            after = rows[-1].grant
            behind = {
                row.grant
                for row in rows
                if row.account in listed
                and row.role_id is not None
                and not row.deleted
                and row.role_id not in standing
                and now - row.created_at >= YOUNG
            }
            done += sum(self._revoke(grant, "alarm.grant-behind-aws", _BEHIND, now) for grant in sorted(behind))
            beyond = {row.grant: row.account for row in rows if row.account not in self.minters}
            for grant, account in sorted(beyond.items()):
                done += self._revoke(grant, "alarm.grant-beyond-reach", f"{_BEYOND} {account}", now)
        return done

    def _revoke(self, id: GrantId, alarm: str, why: str, now: datetime) -> bool:
        grant = self.ledger.get(id)
        if grant is None or grant.state is not GrantState.ACTIVE:
            return False
        about = {"activity": grant.activity, "environment": grant.environment, "grant": grant.id}
        event = Event(action=alarm, actor="system:sweep", at=now, about=about, details={"reason": why})
        with suppress(LostRace):  # whoever moved it on knows more
            self.ledger.save(replace(grant.moved(GrantState.REVOKING), due_at=now, reason=why), event)
            return True
        return False

    def _note(
        self, action: str, role: FoundRole, now: datetime, account: str, more: Mapping[str, Json] | None = None
    ) -> None:
        details: dict[str, Json] = {"account": account, "role": role.name, "role_id": role.role_id, **(more or {})}
        if more is None:
            details["boundary"] = role.boundary_arn or "none"
        self.ledger.note(Event(action=action, actor="system:sweep", at=now, about={"role": role.name}, details=details))


def _owns(owner: RoleOwner, role: FoundRole) -> bool:
    return owner.state is not GrantState.CLOSED and owner.role_id == role.role_id and not owner.deleted


def _is_ours(role: FoundRole) -> bool:
    """By tags and boundary, as every role is that the engine makes; the path is given."""
    begins = (
        f"sg-{role.tags.get('sluicegate:grant', 'no grant')}-",
        f"sg-base-{role.tags.get('sluicegate:base', 'no base')}-",
    )
    tagged = role.tags.get("sluicegate:managed-by") == "sluicegate" and role.name.startswith(begins)
    return tagged and BOUNDARY_PATH in (role.boundary_arn or "")
