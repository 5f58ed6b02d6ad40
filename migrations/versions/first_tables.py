"""The first tables."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "first_tables"
down_revision: str | None = None


def upgrade() -> None:
    """Makes the tables, the empty audit tree and the generations at 0."""
    op.create_table(
        "access_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
    )
    op.create_index(op.f("ix_access_requests_activity"), "access_requests", ["activity"], unique=False)
    op.create_index(op.f("ix_access_requests_subject"), "access_requests", ["subject"], unique=False)
    op.create_table(
        "activities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("classification", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost_center", sa.String(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("monthly_budget_usd", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("name", name=op.f("uq_activities_name")),
    )
    op.create_index(op.f("ix_activities_owner"), "activities", ["owner"], unique=False)
    op.create_table(
        "audit_records",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_records")),
    )
    op.create_index(op.f("ix_audit_records_action"), "audit_records", ["action"], unique=False)
    op.create_index(op.f("ix_audit_records_actor"), "audit_records", ["actor"], unique=False)
    op.create_table(
        "audit_tree",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_tree_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tree")),
    )
    op.create_table(
        "catalogue_items",
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_catalogue_items")),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contract_version", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_team", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("needed", sa.Text(), nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "contract_version", name=op.f("pk_contracts")),
    )
    op.create_index(op.f("ix_contracts_state"), "contracts", ["state"], unique=False)
    op.create_index(
        "uq_contracts_in_force",
        "contracts",
        ["id"],
        unique=True,
        sqlite_where=sa.text("state = 'in-force'"),
        postgresql_where=sa.text("state = 'in-force'"),
    )
    op.create_table(
        "generations",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_generations")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_claimed_at"), "idempotency_keys", ["claimed_at"], unique=False)
    op.create_table(
        "purposes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_purposes")),
    )
    op.create_table(
        "rulebooks",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rulebooks")),
    )
    op.create_index(
        "uq_rulebooks_live",
        "rulebooks",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "standing_approvals",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("max_classification", sa.String(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_standing_approvals")),
    )
    op.create_index(op.f("ix_standing_approvals_team"), "standing_approvals", ["team"], unique=False)
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("trainings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("issuer", "login", name=op.f("uq_subjects_issuer_login")),
    )
    op.create_table(
        "acceptances",
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("contract_version", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.id"], name=op.f("fk_acceptances_activity_activities")),
        sa.ForeignKeyConstraint(
            ["contract", "contract_version"],
            ["contracts.id", "contracts.contract_version"],
            name=op.f("fk_acceptances_contract_contract_version_contracts"),
        ),
        sa.PrimaryKeyConstraint("activity", "contract", "contract_version", name=op.f("pk_acceptances")),
    )
    op.create_table(
        "audit_about",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit_records.seq"], name=op.f("fk_audit_about_seq_audit_records")),
        sa.PrimaryKeyConstraint("id", "seq", "kind", name=op.f("pk_audit_about")),
    )
    op.create_table(
        "environments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("stack", sa.String(), nullable=True),
        sa.Column("template_digest", sa.String(), nullable=True),
        sa.Column("resources", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.id"], name=op.f("fk_environments_activity_activities")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
    )
    op.create_index(op.f("ix_environments_activity"), "environments", ["activity"], unique=False)
    op.create_index(op.f("ix_environments_due_at"), "environments", ["due_at"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sessions_end_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shortened", sa.Text(), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("catalogue_generation", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("last_session_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("denial", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["access_requests.id"], name=op.f("fk_grants_request_access_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("request", name=op.f("uq_grants_request")),
    )
    op.create_index(op.f("ix_grants_activity"), "grants", ["activity"], unique=False)
    op.create_index(
        "ix_grants_due",
        "grants",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(op.f("ix_grants_environment"), "grants", ["environment"], unique=False)
    op.create_index(op.f("ix_grants_subject"), "grants", ["subject"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.id"], name=op.f("fk_memberships_activity_activities")),
        sa.PrimaryKeyConstraint("activity", "subject", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_subject"), "memberships", ["subject"], unique=False)
    op.create_table(
        "signatures",
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("contract_version", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract", "contract_version"],
            ["contracts.id", "contracts.contract_version"],
            name=op.f("fk_signatures_contract_contract_version_contracts"),
        ),
        sa.PrimaryKeyConstraint("contract", "contract_version", "role", name=op.f("pk_signatures")),
    )
    op.create_table(
        "minted_roles",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("arn", sa.String(), nullable=True),
        sa.Column("role_id", sa.String(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_minted_roles_grant_id_grants")),
        sa.PrimaryKeyConstraint("grant_id", "attempt", name=op.f("pk_minted_roles")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_minted_roles_folded_name")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.id"], name=op.f("fk_reviews_activity_activities")),
        sa.ForeignKeyConstraint(["environment"], ["environments.id"], name=op.f("fk_reviews_environment_environments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_activity"), "reviews", ["activity"], unique=False)
    op.create_index(op.f("ix_reviews_environment"), "reviews", ["environment"], unique=False)
    _fill()


def _fill() -> None:
    """The rows that writers lock and raise: the head of an empty tree (RFC 6962) and four counters."""
    tree = sa.table(
        "audit_tree",
        sa.column("id", sa.Integer),
        sa.column("size", sa.BigInteger),
        sa.column("frontier", sa.LargeBinary),
        sa.column("root", sa.LargeBinary),
    )
    op.bulk_insert(tree, [{"id": 1, "size": 0, "frontier": b"", "root": sha256(b"").digest()}])
    generations = sa.table("generations", sa.column("name", sa.String), sa.column("generation", sa.BigInteger))
    names = ("catalogue", "contracts", "purposes", "rulebooks")
    op.bulk_insert(generations, [{"name": name, "generation": 0} for name in names])


def downgrade() -> None:
    """Leaves nothing, the audit trail included."""
    op.drop_table("reviews")
    op.drop_table("minted_roles")
    op.drop_table("signatures")
    op.drop_table("memberships")
    op.drop_table("grants")
    op.drop_table("environments")
    op.drop_table("audit_about")
    op.drop_table("acceptances")
    op.drop_table("subjects")
    op.drop_table("standing_approvals")
    op.drop_table("rulebooks")
    op.drop_table("purposes")
    op.drop_table("idempotency_keys")
    op.drop_table("generations")
    op.drop_table("contracts")
    op.drop_table("catalogue_items")
    op.drop_table("audit_tree")
    op.drop_table("audit_records")
    op.drop_table("activities")
    op.drop_table("access_requests")
