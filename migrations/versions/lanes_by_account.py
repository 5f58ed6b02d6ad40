"""The indexes of what is due begin with the account: a claim takes a share of each, and steps over the rest."""

import sqlalchemy as sa
from alembic import op

revision = "lanes_by_account"
down_revision: str | None = "sign_in_again"

_LANES = {
    "ix_grants_due": "state <> 'closed'",
    "ix_grants_urgent": "state in ('revoking', 'stuck') and shut_at is null and sessions > 0",
}


def upgrade() -> None:
    """Makes both anew."""
    _made_anew(["account", "due_at"])


def downgrade() -> None:
    """As they were."""
    _made_anew(["due_at"])


def _made_anew(columns: list[str]) -> None:
    for name, where in _LANES.items():
        op.drop_index(name, table_name="grants")
        op.create_index(name, "grants", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
