"""Alembic's migrations, part of the wheel; `platform_api.db.migrate` runs them."""
