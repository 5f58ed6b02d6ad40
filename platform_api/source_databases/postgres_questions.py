"""The questions about a user's rights, as PostgreSQL's own functions answer them. None reads data.

The system's own schemas are left out: everybody sees there which tables and columns exist, and statistics of none
that they may not read. What lies in a schema that the user cannot look into is out of its reach.
"""

from __future__ import annotations

from typing import Final

_IN_REACH: Final = """
    n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND has_schema_privilege(%(user)s, n.oid, 'USAGE')
"""

COLUMNS: Final = f"""
    SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_IN_REACH}
    AND has_column_privilege(%(user)s, c.oid, a.attnum, 'SELECT')
    GROUP BY 1
"""  # noqa: S608 - constants of this file
"""Each relation with the columns that may be selected."""

RELATIONS: Final = f"""
    SELECT where_, string_agg(right_, ', ' ORDER BY right_) FROM (
        SELECT n.nspname || '.' || c.relname AS where_, r.right_
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
        unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS r(right_)
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_IN_REACH}
        AND (has_table_privilege(%(user)s, c.oid, r.right_)
             OR (r.right_ IN ('INSERT', 'UPDATE', 'REFERENCES')
                 AND has_any_column_privilege(%(user)s, c.oid, r.right_)))
        UNION ALL
        SELECT n.nspname || '.' || c.relname, r.right_
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
        unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS r(right_)
        WHERE c.relkind = 'S' AND {_IN_REACH} AND has_sequence_privilege(%(user)s, c.oid, r.right_)
    ) AS found GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - constants of this file
"""Each relation with the rights to it that are not reading it."""

SCHEMAS: Final = """
    SELECT n.nspname FROM pg_namespace n
    WHERE n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(%(user)s, n.oid, 'CREATE') ORDER BY 1
"""

DATABASES: Final = """
    SELECT d.datname, string_agg(r.right_, ', ' ORDER BY r.right_) FROM pg_database d,
    unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) AS r(right_)
    WHERE d.datallowconn AND d.datname <> 'rdsadmin' AND has_database_privilege(%(user)s, d.oid, r.right_)
    AND NOT (r.right_ = 'CONNECT' AND d.datname = current_database())
    GROUP BY 1 ORDER BY 1
"""
"""Databases with rights beside connecting to this one. RDS lets nobody into its own, whatever this says of it."""

FUNCTIONS: Final = f"""
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND {_IN_REACH} AND has_function_privilege(%(user)s, p.oid, 'EXECUTE') ORDER BY 1
"""  # noqa: S608 - constants of this file
"""Functions that run with their owner's rights."""

SERVERS: Final = """
    SELECT s.srvname FROM pg_foreign_server s WHERE has_server_privilege(%(user)s, s.oid, 'USAGE') ORDER BY 1
"""

MEMBERSHIPS: Final = """
    SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
    WHERE u.rolname = %(user)s AND g.rolname <> 'rds_iam' ORDER BY 1
"""

OWNED: Final = """
    SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid AND d.refclassid = 'pg_authid'::regclass
    WHERE r.rolname = %(user)s AND d.deptype = 'o'
"""
