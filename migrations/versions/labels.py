"""Labels of workspaces, their history, declassifications and legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "labels"
down_revision: str | None = "base_roles"


def upgrade() -> None:
    """Four new tables. What grants of before have read is not known as labels: their workspaces start without."""
    op.create_table(
        "labels",
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quarantined_for", sa.Text(), nullable=True),
        sa.Column("purge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("environment", name="pk_labels"),
    )
    op.create_index("ix_labels_activity", "labels", ["activity"])
    op.create_table(
        "label_changes",
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "version", name="pk_label_changes"),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_activity", "legal_holds", ["activity"])
    standing = sa.text("released_at IS NULL")
    op.create_index(
        "uq_legal_holds_standing",
        "legal_holds",
        ["activity"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "declassifications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_declassifications"),
    )
    op.create_index("ix_declassifications_environment", "declassifications", ["environment"])
    op.create_index("ix_declassifications_activity", "declassifications", ["activity"])


def downgrade() -> None:
    """Drops them."""
    for table in ("declassifications", "legal_holds", "label_changes", "labels"):
        op.drop_table(table)
