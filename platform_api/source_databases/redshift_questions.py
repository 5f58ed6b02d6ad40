"""The questions about rights, as Redshift's system views answer them. `:name` is a value of the Data API's."""

from __future__ import annotations

from typing import Final

_OWN: Final = "('pg_catalog', 'information_schema', 'pg_internal', 'pg_automv', 'catalog_history')"

USERS: Final = """
    SELECT DISTINCT identity_name FROM svv_column_privileges
    WHERE identity_type = 'user' AND identity_name LIKE :start ORDER BY 1
"""
"""A cluster knows its users in all of its databases: these are those that read something here."""
OF_USER: Final = "SELECT usename FROM pg_user WHERE usename = :user"
SESSIONS: Final = "SELECT process FROM stv_sessions WHERE user_name = :user"

COLUMNS_OF: Final = """
    SELECT namespace_name, relation_name, column_name FROM svv_column_privileges
    WHERE identity_name = :user AND identity_type = 'user' AND privilege_type = 'SELECT' ORDER BY 1, 2, 3
"""
"""Each column that the user may select by itself."""

RELATIONS_OF: Final = """
    SELECT namespace_name, relation_name FROM svv_column_privileges WHERE identity_name = :user
    UNION SELECT namespace_name, relation_name FROM svv_relation_privileges WHERE identity_name = :user
    UNION SELECT namespace_name, '' FROM svv_schema_privileges WHERE identity_name = :user
    ORDER BY 1, 2
"""
"""Each table that it has any right to, and each schema with no table."""

PUBLIC: Final = f"""
    SELECT 'TABLE', privilege_type, namespace_name || '.' || relation_name FROM svv_relation_privileges
    WHERE identity_type = 'public' AND namespace_name NOT IN {_OWN}
    UNION SELECT 'TABLE', privilege_type, namespace_name || '.' || relation_name FROM svv_column_privileges
    WHERE identity_type = 'public' AND namespace_name NOT IN {_OWN}
    UNION SELECT 'SCHEMA', privilege_type, namespace_name FROM svv_schema_privileges
    WHERE identity_type = 'public' AND privilege_type = 'CREATE' AND namespace_name NOT IN {_OWN}
    UNION SELECT 'DATABASE', privilege_type, database_name FROM svv_database_privileges
    WHERE identity_type = 'public' AND privilege_type IN ('CREATE', 'TEMP') AND database_name = current_database()
    ORDER BY 1, 3, 2
"""  # noqa: S608 - a constant of this file
"""What everybody has beside what was decided."""

OPEN: Final = f"""
    SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND n.nspname NOT IN {_OWN} AND has_schema_privilege(:user, n.nspname, 'USAGE') ORDER BY 1
"""  # noqa: S608 - a constant of this file
"""Procedures that run with their owner's rights, in schemas that the user can look into."""
