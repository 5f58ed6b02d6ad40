"""Base roles, of which sessions of grants are cut."""

import sqlalchemy as sa
from alembic import op

revision = "base_roles"
down_revision: str | None = "lanes"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "base_roles",
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arn", sa.String(), nullable=True),
        sa.Column("role_id", sa.String(), nullable=True),
        sa.Column("denied", sa.Text(), nullable=False),
        sa.Column("last_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "account", "generation", name=op.f("pk_base_roles")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_base_roles_folded_name")),
    )
    op.create_index(op.f("ix_base_roles_activity"), "base_roles", ["activity"], unique=False)


def downgrade() -> None:
    """Drops it; base roles that still stand are then strangers to the sweep, which quarantines them."""
    op.drop_table("base_roles")
