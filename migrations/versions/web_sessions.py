"""The console's sessions and sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "web_sessions"
down_revision: str | None = "waiting_requests"


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "web_sessions",
        sa.Column("id_hash", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_subject"), "web_sessions", ["subject"], unique=False)
    op.create_index(op.f("ix_web_sessions_ends_at"), "web_sessions", ["ends_at"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_began_at"), "sign_ins", ["began_at"], unique=False)


def downgrade() -> None:
    """Drops both: everybody signs in anew."""
    op.drop_table("sign_ins")
    op.drop_table("web_sessions")
