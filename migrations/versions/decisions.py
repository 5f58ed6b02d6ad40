"""Decisions with what they were taken from."""

import sqlalchemy as sa
from alembic import op

revision = "decisions"
down_revision: str | None = "rulebook_desk"

_INDEXED = ("activity", "grant_id", "request", "subject")


def upgrade() -> None:
    """Makes the table; decisions taken before have no row in it."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["access_requests.id"], name=op.f("fk_decisions_request_access_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    for column in _INDEXED:
        op.create_index(op.f(f"ix_decisions_{column}"), "decisions", [column], unique=False)


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("decisions")
