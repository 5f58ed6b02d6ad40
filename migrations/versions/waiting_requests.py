"""Requests that wait for approvals or for their start, and the human behind each login."""

import sqlalchemy as sa
from alembic import op

revision = "waiting_requests"
down_revision: str | None = "named_work"


def upgrade() -> None:
    """Adds a table and a column that may stay empty."""
    op.add_column("subjects", sa.Column("person", sa.String(), nullable=True))
    op.create_table(
        "waiting_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("approvals", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("minted_as", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["access_requests.id"], name=op.f("fk_waiting_requests_id_access_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_requests")),
    )
    still = sa.text("state IN ('awaiting-approval', 'ready')")
    op.create_index(op.f("ix_waiting_requests_subject"), "waiting_requests", ["subject"], unique=False)
    op.create_index(
        "ix_waiting_requests_due",
        "waiting_requests",
        ["due_at"],
        unique=False,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_index(
        "uq_waiting_requests_fingerprint",
        "waiting_requests",
        ["fingerprint"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )


def downgrade() -> None:
    """What waits is lost: the form before has no place for it."""
    op.drop_table("waiting_requests")
    waiting = "('awaiting-approval', 'ready', 'declined', 'expired', 'withdrawn')"
    op.execute(sa.text(f"UPDATE access_requests SET outcome = 'refused' WHERE outcome IN {waiting}"))  # noqa: S608
    op.execute(sa.text("DELETE FROM decisions WHERE outcome = 'waiting'"))
    with op.batch_alter_table("subjects") as table:
        table.drop_column("person")
