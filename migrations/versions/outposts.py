"""The places of environments in other accounts than their own."""

import sqlalchemy as sa
from alembic import op

revision = "outposts"
down_revision: str | None = "lanes_by_account"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "outposts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("stack", sa.String(), nullable=True),
        sa.Column("template_digest", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.id"], name=op.f("fk_outposts_activity_activities")),
        sa.ForeignKeyConstraint(
            ["environment"], ["environments.id"], name=op.f("fk_outposts_environment_environments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outposts")),
    )
    op.create_index(op.f("ix_outposts_account"), "outposts", ["account"], unique=False)
    op.create_index(op.f("ix_outposts_due_at"), "outposts", ["due_at"], unique=False)
    op.create_index(op.f("ix_outposts_environment"), "outposts", ["environment"], unique=False)


def downgrade() -> None:
    """Drops it. What was made in other accounts stays there; its stacks carry the environment's id as a tag."""
    op.drop_table("outposts")
