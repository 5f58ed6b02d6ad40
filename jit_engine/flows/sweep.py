"""The sweep: roles under our path that no live row owns. A fence cannot stop a late AWS call; this can undo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.errors import AwsUnavailable, EngineError
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import FoundRole, Ledger, Minter, Minters

YOUNG = timedelta(minutes=5)
"""A role younger than this may belong to a mint whose next commit is under way."""
BOUNDARY_PATH = ":policy/sluicegate/boundary/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Looks at every role under our path in every account. Ours without a row: deleted. Not ours: quarantined and
    alarmed.
    """

    ledger: Ledger
    minters: Minters

    def __call__(self, now: datetime) -> int:
        """How many roles were deleted or quarantined; raises what an account that could not be listed answered."""
        done, unseen = 0, None
        for minter in self.minters.values():
            try:
                done += sum(self._tend(role, now, minter) for role in minter.roles())
            except EngineError as error:  # an account that does not answer keeps no other from being looked at
                unseen = error
        if unseen is not None:
            raise unseen
        return done

    def _tend(self, role: FoundRole, now: datetime, minter: Minter) -> bool:
        """One role; one that AWS will not let us touch is an alarm, and never keeps the others from being looked at."""
        try:
            return self._judge(role, now, minter)
        except AwsUnavailable:
            return False  # the next sweep meets it again
        except EngineError as error:
            self._note("alarm.role-not-swept", role, now, {"error": str(error)[:500]})
            return False

    def _judge(self, role: FoundRole, now: datetime, minter: Minter) -> bool:
        grant = self.ledger.grant_of_role(role.name)
        if grant is not None and _owns(grant, role):
            return False
        if grant is not None and grant.state is GrantState.MINTING and now - role.created_at < YOUNG:
            return False
        full = minter.find(role.name)
        if full is None or full.role_id != role.role_id:
            return False
        if _is_ours(full):
            minter.delete(full.name, full.role_id)
            self._note("sweep.role-deleted", full, now)
            return True
        if minter.is_shut(full.name, DENY_EVERYTHING):
            return False
        minter.shut(full.name, TRUST_NOBODY, DENY_EVERYTHING)
        self._note("alarm.foreign-role-quarantined", full, now)
        return True

    def _note(self, action: str, role: FoundRole, now: datetime, more: Mapping[str, Json] | None = None) -> None:
        details: dict[str, Json] = {"role": role.name, "role_id": role.role_id, **(more or {})}
        if more is None:
            details["boundary"] = role.boundary_arn or "none"
        self.ledger.note(Event(action=action, actor="system:sweep", at=now, about={"role": role.name}, details=details))


def _owns(grant: Grant, role: FoundRole) -> bool:
    return grant.state is not GrantState.CLOSED and any(
        r.role_id == role.role_id and not r.deleted for r in grant.roles
    )


def _is_ours(role: FoundRole) -> bool:
    """By tags and boundary, as every role is that the engine makes; the path is given."""
    tagged = role.tags.get("sluicegate:managed-by") == "sluicegate" and role.name.startswith(
        f"sg-{role.tags.get('sluicegate:grant', 'no grant')}-"
    )
    return tagged and BOUNDARY_PATH in (role.boundary_arn or "")
