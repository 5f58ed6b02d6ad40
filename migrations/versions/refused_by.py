"""What refused a request, beside the record that says so: the dashboard counts by it, and the list filters by it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "refused_by"
down_revision: str | None = "artefacts_standing"
_PART = 500


def upgrade() -> None:
    """Adds the column, and fills it from the records of the refusals that there are."""
    op.add_column("decisions", sa.Column("refused_by", sa.String(), nullable=True))
    decisions = sa.table("decisions", *(sa.column(name) for name in ("id", "outcome", "record", "refused_by")))
    refused = sa.select(decisions.c.id, decisions.c.record).where(decisions.c.outcome == "refused")
    connection, after = op.get_bind(), ""
    while part := connection.execute(refused.where(decisions.c.id > after).order_by("id").limit(_PART)).all():
        for decision, record in part:
            gates = (one.get("refused_by") for one in json.loads(record).get("sources", []))
            gate = next(filter(None, gates), "request")
            connection.execute(sa.update(decisions).where(decisions.c.id == decision).values(refused_by=gate))
        after = part[-1][0]


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("decisions", "refused_by")
