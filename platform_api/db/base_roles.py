"""The store of base roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from jit_engine.domain.base_role import BaseRole, BaseState
from jit_engine.domain.event import Event
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.ports import LostRace
from platform_api.db.audit import recorded
from platform_api.db.engine import Database
from platform_api.db.paging import AnyRow
from platform_api.db.tables.base_roles import BaseRoleRow

_ROWS = sa.select(BaseRoleRow.table())
_OF = _ROWS.where(BaseRoleRow.environment == sa.bindparam("of"), BaseRoleRow.account == sa.bindparam("at"))
_EVERY = _OF.order_by(BaseRoleRow.generation)
_CURRENT = _OF.where(BaseRoleRow.state == BaseState.READY.value).order_by(BaseRoleRow.generation.desc()).limit(1)
_SAVE = sa.update(BaseRoleRow.table()).where(
    BaseRoleRow.folded_name == sa.bindparam("of_name"), BaseRoleRow.version == sa.bindparam("of_version")
)


class SqlBaseRoles:
    """`jit_engine.flows.base_roles.BaseRoleStore` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, base: BaseRole, event: Event) -> BaseRole:
        """Commits a new generation; `LostRace` when there is one of that name."""
        with recorded(self._database, event) as connection:
            connection.execute(sa.insert(BaseRoleRow.table()), {**_values(base), "version": base.version})
        return base

    def keep(self, base: BaseRole, event: Event) -> BaseRole:
        """Commits the base role as given, or raises `LostRace`; returns it with its next version."""
        with recorded(self._database, event) as connection:
            values = {**_values(base), "version": base.version + 1}
            of = {"of_name": base.name.lower(), "of_version": base.version}
            if connection.execute(_SAVE, {**values, **of}).rowcount == 0:
                raise LostRace("another version")
        return replace(base, version=base.version + 1)

    def every(self, environment: EnvironmentId, account: str) -> Sequence[BaseRole]:
        """Every generation, the oldest first."""
        with self._database.read() as connection:
            return [_base(row) for row in connection.execute(_EVERY, {"of": environment, "at": account})]

    def current(self, environment: EnvironmentId, account: str) -> BaseRole | None:
        """The newest that is ready, or None."""
        with self._database.read() as connection:
            row = connection.execute(_CURRENT, {"of": environment, "at": account}).one_or_none()
        return None if row is None else _base(row)

    def of_name(self, name: str) -> BaseRole | None:
        """The base role of that name, compared without regard to case."""
        with self._database.read() as connection:
            row = connection.execute(_ROWS.where(BaseRoleRow.folded_name == name.lower())).one_or_none()
        return None if row is None else _base(row)


def _values(base: BaseRole) -> dict[str, Any]:
    return {
        "environment": base.environment,
        "account": base.account,
        "generation": base.generation,
        "activity": base.activity,
        "name": base.name,
        "folded_name": base.name.lower(),
        "policy": base.policy,
        "state": base.state.value,
        "created_at": base.created_at,
        "ends_at": base.ends_at,
        "arn": base.arn,
        "role_id": base.role_id,
        "denied": base.denied,
        "last_end": base.last_end,
    }


def _base(row: AnyRow) -> BaseRole:
    return BaseRole(
        environment=EnvironmentId(row.environment),
        activity=ActivityId(row.activity),
        account=row.account,
        generation=row.generation,
        name=row.name,
        policy=row.policy,
        state=BaseState(row.state),
        created_at=row.created_at,
        ends_at=row.ends_at,
        arn=row.arn,
        role_id=row.role_id,
        denied=row.denied,
        last_end=row.last_end,
        version=row.version,
    )
