"""The id of the work that an idempotency key was claimed for."""

import sqlalchemy as sa
from alembic import op

revision = "named_work"
down_revision: str | None = "principals"


def upgrade() -> None:
    """Adds the column; keys that were claimed before have no name in it."""
    op.add_column("idempotency_keys", sa.Column("name", sa.String(), nullable=True))


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("idempotency_keys") as table:
        table.drop_column("name")
