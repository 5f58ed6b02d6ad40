"""What stands beside the roles of grants, in other services than IAM."""

import sqlalchemy as sa
from alembic import op

revision = "artefacts"
down_revision: str | None = "policy_readings"


def upgrade() -> None:
    """Adds the table; no grant of before has any."""
    op.create_table(
        "artefacts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("mechanism", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_artefacts_grant_id_grants")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artefacts")),
        sa.UniqueConstraint("mechanism", "name", name="uq_artefacts_name"),
    )
    op.create_index(op.f("ix_artefacts_grant_id"), "artefacts", ["grant_id"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("artefacts")
