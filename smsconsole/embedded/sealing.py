"""Keeps the audit out of the console's own reach: its role may read and append, and nothing else.

The table's triggers refuse changes and deletions, but whoever owns a table can drop its triggers. So while the
console runs, the audit belongs to a role that nobody signs in as; only `migrate` gets it back for its time.
"""

from __future__ import annotations

import psycopg2
from psycopg2 import sql

from smsconsole.embedded.location import DATABASE_NAME, DATABASE_ROLE

AUDIT_ROLE = "smsconsole_audit"
AUDIT_TABLE = "audit_entry"

_EXISTS = "SELECT to_regclass('audit_entry') IS NOT NULL"
_SEAL = """
ALTER TABLE audit_entry OWNER TO {audit};
ALTER FUNCTION audit_keep_entries() OWNER TO {audit};
REVOKE ALL ON audit_entry FROM PUBLIC, {console};
REVOKE ALL ON SEQUENCE audit_entry_id_seq FROM PUBLIC, {console};
GRANT SELECT, INSERT ON audit_entry TO {console};
GRANT USAGE ON SEQUENCE audit_entry_id_seq TO {console};
"""
_UNSEAL = """
ALTER TABLE audit_entry OWNER TO {console};
ALTER FUNCTION audit_keep_entries() OWNER TO {console};
"""
# The owner of a database owns its schema, and may drop every table in it.
_OWN_NOTHING = """
ALTER DATABASE {database} OWNER TO CURRENT_USER;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {console};
GRANT USAGE, CREATE ON SCHEMA public TO {console};
"""


def own_nothing(superuser_dsn: str) -> None:
    """Take database and schema from the console's role; it may still make tables there."""
    _run(superuser_dsn, _OWN_NOTHING, only_with_audit=False)


def seal_audit(superuser_dsn: str) -> None:
    """From now on the console's role may read and append entries. Sealing twice does nothing."""
    _run(superuser_dsn, _SEAL, only_with_audit=True)


def unseal_audit(superuser_dsn: str) -> None:
    """Give the audit back for a migration; does nothing before there is one."""
    _run(superuser_dsn, _UNSEAL, only_with_audit=True)


def _run(superuser_dsn: str, statements: str, *, only_with_audit: bool) -> None:
    connection = psycopg2.connect(superuser_dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_EXISTS)
            row = cursor.fetchone()
            if only_with_audit and not (row and row[0]):
                return
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [AUDIT_ROLE])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(AUDIT_ROLE)))
            cursor.execute(
                sql.SQL(statements).format(
                    audit=sql.Identifier(AUDIT_ROLE),
                    console=sql.Identifier(DATABASE_ROLE),
                    database=sql.Identifier(DATABASE_NAME),
                )
            )
    finally:
        connection.close()
