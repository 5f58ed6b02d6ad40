"""What was last read of the policies that buckets, keys and catalogues carry themselves."""

import sqlalchemy as sa
from alembic import op

revision = "policy_readings"
down_revision: str | None = "labels"


def upgrade() -> None:
    """Makes the table, empty: the worker reads everything that the catalogue names at its next turn."""
    op.create_table(
        "policy_readings",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_policy_readings")),
    )
    op.create_index(op.f("ix_policy_readings_due_at"), "policy_readings", ["due_at"], unique=False)
    op.execute(sa.text("INSERT INTO generations (name, generation) VALUES ('policy-readings', 0)"))


def downgrade() -> None:
    """Drops it; nothing depends on an old reading."""
    op.execute(sa.text("DELETE FROM generations WHERE name = 'policy-readings'"))
    op.drop_index(op.f("ix_policy_readings_due_at"), table_name="policy_readings")
    op.drop_table("policy_readings")
