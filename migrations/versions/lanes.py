"""The account of each grant, and an index for revocations whose Deny is not written yet."""

import sqlalchemy as sa
from alembic import op

revision = "lanes"
down_revision: str | None = "renewals"

_URGENT = "state in ('revoking', 'stuck') and shut_at is null and sessions > 0"


def upgrade() -> None:
    """Fills the account from the grant's first principal."""
    with op.batch_alter_table("grants") as table:
        table.add_column(sa.Column("account", sa.String(), server_default="", nullable=False))
    op.execute(
        sa.text(
            "UPDATE grants SET account = "
            "COALESCE((SELECT account FROM principals WHERE grant_id = grants.id AND part = 1), '')"
        )
    )
    with op.batch_alter_table("grants") as table:
        table.alter_column("account", existing_type=sa.String(), server_default=None, existing_nullable=False)
    op.create_index(
        "ix_grants_urgent", "grants", ["due_at"], sqlite_where=sa.text(_URGENT), postgresql_where=sa.text(_URGENT)
    )


def downgrade() -> None:
    """Drops both."""
    op.drop_index("ix_grants_urgent", table_name="grants")
    with op.batch_alter_table("grants") as table:
        table.drop_column("account")
