"""The declarative base: one naming convention, so that migrations can name every constraint."""

from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(DeclarativeBase):
    """A row of some table."""

    metadata = sa.MetaData(naming_convention=NAMES)

    @classmethod
    def table(cls) -> sa.Table:
        """The table itself: statements on it skip the object mapper, which no store needs."""
        return cast(sa.Table, cls.__table__)
