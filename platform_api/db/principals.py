"""The rows of a grant's principals and of the roles that were minted for them, and the budget of an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.base_role import BaseState
from jit_engine.domain.grant import Grant, MintedRole, MintWay, Principal
from jit_engine.errors import RoleBudgetSpent
from platform_api.db.audit import lock_trail
from platform_api.db.tables.base_roles import BaseRoleRow
from platform_api.db.tables.grants import MintedRoleRow, PrincipalRow

ROOM_AGAIN = timedelta(minutes=1)
"""When to ask again after an account's budget is spent: its grants end all the time."""
_PRINCIPALS = (
    sa.select(PrincipalRow.table())
    .where(PrincipalRow.grant_id.in_(sa.bindparam("grants", expanding=True)))
    .order_by(PrincipalRow.grant_id, PrincipalRow.part)
)
_ROLES = (
    sa.select(MintedRoleRow.table())
    .where(MintedRoleRow.grant_id.in_(sa.bindparam("grants", expanding=True)))
    .order_by(MintedRoleRow.grant_id, MintedRoleRow.part, MintedRoleRow.attempt)
)
_NEW_PRINCIPAL = sa.insert(PrincipalRow.table())
_NEW_ROLE = sa.insert(MintedRoleRow.table())
_SAVE_ROLE = sa.update(MintedRoleRow.table()).where(
    MintedRoleRow.grant_id == sa.bindparam("of_grant"),
    MintedRoleRow.part == sa.bindparam("of_part"),
    MintedRoleRow.attempt == sa.bindparam("of_attempt"),
)
_MINTED = sa.select(sa.func.count()).where(
    MintedRoleRow.account == sa.bindparam("account"), sa.not_(MintedRoleRow.deleted)
)
_BASES = sa.select(sa.func.count()).where(
    BaseRoleRow.account == sa.bindparam("account"), BaseRoleRow.state != BaseState.GONE.value
)
_STANDING = sa.select(_MINTED.scalar_subquery() + _BASES.scalar_subquery())


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBudget:
    """How many roles of ours may stand in one account: `of` it, or what is usual."""

    usual: int
    of: Mapping[str, int]


def insert_principals(connection: Connection, grant: Grant) -> None:
    """Writes every principal of a new grant; they never change."""
    rows = [
        {
            "grant_id": grant.id,
            "part": one.part,
            "profile": one.profile,
            "account": one.account,
            "region": one.region,
            "way": one.way.value,
            "why": one.why,
            "sources": one.sources,
            "policy": one.policy,
            "notes": one.notes,
        }
        for one in grant.principals
    ]
    connection.execute(_NEW_PRINCIPAL, rows)


def insert_roles(connection: Connection, grant: Grant) -> None:
    """Writes the first attempts of a new grant."""
    if rows := [_new_role(grant, one, role) for one in grant.principals for role in one.roles]:
        connection.execute(_NEW_ROLE, rows)


def save_roles(connection: Connection, grant: Grant) -> None:
    """Writes every attempt; none is ever removed, for its name must not come back."""
    for principal, role in [(one, role) for one in grant.principals for role in one.roles]:
        of = {"of_grant": grant.id, "of_part": principal.part, "of_attempt": role.attempt}
        if connection.execute(_SAVE_ROLE, {**_role(role), **of}).rowcount == 0:
            connection.execute(_NEW_ROLE, _new_role(grant, principal, role))


def _role(role: MintedRole) -> dict[str, object]:
    return {
        "name": role.name,
        "folded_name": role.name.lower(),
        "arn": role.arn,
        "role_id": role.role_id,
        "deleted": role.deleted,
    }


def _new_role(grant: Grant, principal: Principal, role: MintedRole) -> dict[str, object]:
    new = {"grant_id": grant.id, "part": principal.part, "attempt": role.attempt, "account": principal.account}
    return {**new, **_role(role)}


def principals_of(connection: Connection, grants: Sequence[str]) -> Mapping[str, tuple[Principal, ...]]:
    """The principals of each of these grants, in order of parts, with their roles."""
    if not grants:
        return {}
    of = {"grants": grants}
    roles: defaultdict[tuple[str, int], list[MintedRole]] = defaultdict(list)
    for role in connection.execute(_ROLES, of):
        roles[role.grant_id, role.part].append(
            MintedRole(attempt=role.attempt, name=role.name, arn=role.arn, role_id=role.role_id, deleted=role.deleted)
        )
    principals: defaultdict[str, list[Principal]] = defaultdict(list)
    for one in connection.execute(_PRINCIPALS, of):
        principals[one.grant_id].append(
            Principal(
                part=one.part,
                profile=one.profile,
                account=one.account,
                region=one.region,
                way=MintWay(one.way),
                why=one.why,
                sources=one.sources,
                policy=one.policy,
                notes=one.notes,
                roles=tuple(roles[one.grant_id, one.part]),
            )
        )
    return {grant: tuple(principals[grant]) for grant in grants}


def check_room(connection: Connection, grant: Grant, budget: RoleBudget) -> None:
    """Raises `RoleBudgetSpent`, which undoes the intent, when its roles are more than an account has room for.

    Base roles take room, too. Counted behind the lock that every commit takes, so that two mints at once never both
    take the last place.
    """
    lock_trail(connection)
    for account in sorted({principal.account for principal in grant.principals if principal.roles}):
        most = budget.of.get(account, budget.usual)
        if connection.execute(_STANDING, {"account": account}).scalar_one() > most:
            raise RoleBudgetSpent(account=account, limit=most, retry_after=ROOM_AGAIN)
