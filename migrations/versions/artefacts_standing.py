"""An index of what stands beside the roles: one host's coming and going reads its mechanism's live rows alone."""

import sqlalchemy as sa
from alembic import op

revision = "artefacts_standing"
down_revision: str | None = "outposts"


def upgrade() -> None:
    """Makes it."""
    standing = sa.text("state <> 'gone'")
    op.create_index(
        "ix_artefacts_standing",
        "artefacts",
        ["mechanism", "name"],
        unique=False,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_artefacts_standing", table_name="artefacts")
