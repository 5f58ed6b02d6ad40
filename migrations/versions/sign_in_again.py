"""When the person of a console's session last showed who they are."""

import sqlalchemy as sa
from alembic import op

revision = "sign_in_again"
down_revision: str | None = "artefacts"


def upgrade() -> None:
    """Adds it; of the sessions of before it is not known, and they approve nothing."""
    with op.batch_alter_table("web_sessions") as sessions:
        sessions.add_column(sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("web_sessions") as sessions:
        sessions.drop_column("authenticated_at")
