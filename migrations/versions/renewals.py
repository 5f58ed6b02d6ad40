"""Which grant a grant renews, and how often that was done."""

import sqlalchemy as sa
from alembic import op

revision = "renewals"
down_revision: str | None = "account_budget"


def upgrade() -> None:
    """Adds two columns; no grant that is there has been renewed."""
    op.add_column("grants", sa.Column("renews", sa.String(), nullable=True))
    op.add_column("grants", sa.Column("renewals", sa.Integer(), server_default=sa.text("0"), nullable=False))
    giving = sa.text("state IN ('minting', 'active')")
    op.create_index("uq_grants_renews", "grants", ["renews"], unique=True, sqlite_where=giving, postgresql_where=giving)


def downgrade() -> None:
    """Takes them away."""
    op.drop_index("uq_grants_renews", table_name="grants")
    op.drop_column("grants", "renewals")
    op.drop_column("grants", "renews")
