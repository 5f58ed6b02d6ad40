"""The life of a rulebook before and after it is live: numbers, authors, proposals, approvals."""

import sqlalchemy as sa
from alembic import op

revision = "rulebook_desk"
down_revision: str | None = "first_tables"

_NEW = (
    "number",
    "title",
    "cases",
    "authors",
    "rollback_of",
    "created_at",
    "proposal",
    "approvals",
    "revision",
)


def upgrade() -> None:
    """Adds what a draft needs; every column may stay empty, so that the version before goes on running."""
    op.drop_index("uq_rulebooks_live", table_name="rulebooks")
    with op.batch_alter_table("rulebooks") as table:
        table.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("title", sa.String(), nullable=True))
        table.add_column(sa.Column("cases", sa.Text(), nullable=True))
        table.add_column(sa.Column("authors", sa.Text(), nullable=True))
        table.add_column(sa.Column("rollback_of", sa.String(), nullable=True))
        table.add_column(sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("proposal", sa.Text(), nullable=True))
        table.add_column(sa.Column("approvals", sa.Text(), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False))
        table.alter_column("live_at", existing_type=sa.DateTime(timezone=True), nullable=True)
    _number()
    op.create_index("uq_rulebooks_number", "rulebooks", ["number"], unique=True)
    _index_live()


def downgrade() -> None:
    """Drops every version that never was live: the form before has no place for it."""
    op.execute(sa.text("DELETE FROM rulebooks WHERE state NOT IN ('live', 'retired')"))
    op.drop_index("uq_rulebooks_live", table_name="rulebooks")
    op.drop_index("uq_rulebooks_number", table_name="rulebooks")
    with op.batch_alter_table("rulebooks") as table:
        table.alter_column("live_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for column in reversed(_NEW):
            table.drop_column(column)
    _index_live()


def _number() -> None:
    """Numbers what is there in the order in which it became live."""
    rulebooks = sa.table("rulebooks", sa.column("version", sa.String), sa.column("number", sa.BigInteger))
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT version FROM rulebooks ORDER BY live_at, version")).scalars().all()
    for number, version in enumerate(known, start=1):
        connection.execute(sa.update(rulebooks).where(rulebooks.c.version == version).values(number=number))


def _index_live() -> None:
    live = sa.text("state = 'live'")
    op.create_index("uq_rulebooks_live", "rulebooks", ["state"], unique=True, sqlite_where=live, postgresql_where=live)
