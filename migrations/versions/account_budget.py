"""Why a grant has each of its principals, and how many roles stand in an account."""

import sqlalchemy as sa
from alembic import op

revision = "account_budget"
down_revision: str | None = "web_sessions"


def upgrade() -> None:
    """Adds both; a grant of before has its one principal because everything fitted in one role."""
    with op.batch_alter_table("principals") as principals:
        principals.add_column(sa.Column("why", sa.Text(), server_default="everything fits in one role", nullable=False))
    with op.batch_alter_table("minted_roles") as roles:
        roles.add_column(sa.Column("account", sa.String(), server_default="", nullable=False))
    op.execute(
        sa.text(
            "UPDATE minted_roles SET account = (SELECT p.account FROM principals p "
            "WHERE p.grant_id = minted_roles.grant_id AND p.part = minted_roles.part) "
            "WHERE EXISTS (SELECT 1 FROM principals p "
            "WHERE p.grant_id = minted_roles.grant_id AND p.part = minted_roles.part)"
        )
    )
    with op.batch_alter_table("principals") as principals:
        principals.alter_column("why", existing_type=sa.Text(), server_default=None, existing_nullable=False)
    with op.batch_alter_table("minted_roles") as roles:
        roles.alter_column("account", existing_type=sa.String(), server_default=None, existing_nullable=False)
    standing = sa.text("NOT deleted")
    op.create_index(
        "ix_minted_roles_standing", "minted_roles", ["account"], sqlite_where=standing, postgresql_where=standing
    )


def downgrade() -> None:
    """Drops both."""
    op.drop_index("ix_minted_roles_standing", table_name="minted_roles")
    with op.batch_alter_table("minted_roles") as roles:
        roles.drop_column("account")
    with op.batch_alter_table("principals") as principals:
        principals.drop_column("why")
