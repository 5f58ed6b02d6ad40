"""A grant's principals: what was one policy a grant becomes one a principal, with its account, region and profile."""

import json

import sqlalchemy as sa
from alembic import op

revision = "principals"
down_revision: str | None = "decisions"

_EMPTY_POLICY = '{"Version":"2012-10-17","Statement":[]}'


def upgrade() -> None:
    """Makes the table and moves every grant's policy and notes into it, as the one principal that the grant has."""
    op.create_table(
        "principals",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_principals_grant_id_grants")),
        sa.PrimaryKeyConstraint("grant_id", "part", name=op.f("pk_principals")),
    )
    op.create_index(op.f("ix_principals_account"), "principals", ["account"], unique=False)
    _fill()
    with op.batch_alter_table("grants") as table:
        table.drop_column("policy")
        table.drop_column("notes")
    with op.batch_alter_table("minted_roles") as roles:
        roles.add_column(sa.Column("part", sa.Integer(), server_default=sa.text("1"), nullable=False))
        roles.drop_constraint("pk_minted_roles", type_="primary")
        roles.create_primary_key("pk_minted_roles", ["grant_id", "part", "attempt"])
    with op.batch_alter_table("minted_roles") as roles:
        roles.alter_column("part", existing_type=sa.Integer(), server_default=None, existing_nullable=False)


def downgrade() -> None:
    """Keeps the first principal of every grant: the form before has no place for more."""
    with op.batch_alter_table("grants") as table:
        table.add_column(sa.Column("policy", sa.Text(), server_default=_EMPTY_POLICY, nullable=False))
        table.add_column(sa.Column("notes", sa.Text(), server_default="[]", nullable=False))
    for column in ("policy", "notes"):
        op.execute(
            sa.text(
                f"UPDATE grants SET {column} = "  # noqa: S608 - the names are ours
                f"(SELECT {column} FROM principals WHERE grant_id = grants.id AND part = 1) "
                "WHERE EXISTS (SELECT 1 FROM principals WHERE grant_id = grants.id AND part = 1)"
            )
        )
    with op.batch_alter_table("grants") as table:
        table.alter_column("policy", existing_type=sa.Text(), server_default=None, existing_nullable=False)
        table.alter_column("notes", existing_type=sa.Text(), server_default=None, existing_nullable=False)
    op.execute(sa.text("DELETE FROM minted_roles WHERE part <> 1"))
    with op.batch_alter_table("minted_roles") as roles:
        roles.drop_constraint("pk_minted_roles", type_="primary")
        roles.drop_column("part")
        roles.create_primary_key("pk_minted_roles", ["grant_id", "attempt"])
    op.drop_index(op.f("ix_principals_account"), table_name="principals")
    op.drop_table("principals")


def _fill() -> None:
    """One principal a grant, in its environment's account, holding every source that its decision cleared."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT g.id, g.policy, g.notes, r.decision, e.place FROM grants g "
            "JOIN access_requests r ON r.id = g.request LEFT JOIN environments e ON e.id = g.environment"
        )
    ).all()
    for row in rows:
        place = json.loads(row.place) if row.place else {}
        decided = json.loads(row.decision).get("sources", [])
        sources = [source["source"] for source in decided if source.get("passes")]
        connection.execute(
            sa.text(
                "INSERT INTO principals (grant_id, part, profile, account, region, way, sources, policy, notes) "
                "VALUES (:id, 1, 'main', :account, :region, 'role', :sources, :policy, :notes)"
            ),
            {
                "id": row.id,
                "account": place.get("account", ""),
                "region": place.get("region", ""),
                "sources": json.dumps(sources),
                "policy": row.policy,
                "notes": row.notes,
            },
        )
