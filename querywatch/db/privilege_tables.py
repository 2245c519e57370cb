"""Which columns of the privilege tables say who could write; none of them holds a password's hash.

MySQL's User_attributes is not among them: a second password's hash may stand there.
"""

from collections.abc import Mapping

from querywatch.model import Flavour

# Column -> the privilege, as GRANT names it.
ON_DATABASES: Mapping[str, str] = {
    "Insert_priv": "INSERT",
    "Update_priv": "UPDATE",
    "Delete_priv": "DELETE",
    "Create_priv": "CREATE",
    "Drop_priv": "DROP",
    "Alter_priv": "ALTER",
    "Index_priv": "INDEX",
    "Execute_priv": "EXECUTE",
    "Trigger_priv": "TRIGGER",
    "Event_priv": "EVENT",
    "Create_view_priv": "CREATE VIEW",
    "Create_routine_priv": "CREATE ROUTINE",
    "Alter_routine_priv": "ALTER ROUTINE",
    "Grant_priv": "GRANT OPTION",
}
EVERYWHERE: Mapping[str, str] = {
    **ON_DATABASES,
    "File_priv": "FILE",
    "Super_priv": "SUPER",
    "Create_user_priv": "CREATE USER",
}

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user": ("Host", "User", *EVERYWHERE),
    "db": ("Host", "Db", "User", *ON_DATABASES),
    "tables_priv": ("Host", "Db", "User", "Table_name", "Table_priv", "Column_priv"),
    "procs_priv": ("Host", "Db", "User", "Routine_name", "Proc_priv"),
}
# Who was given which role: MariaDB's table, and the one of MySQL 8 and newer.
ROLE_COLUMNS: Mapping[Flavour, tuple[str, tuple[str, ...]]] = {
    Flavour.MARIADB: ("roles_mapping", ("Host", "User", "Role")),
    Flavour.MYSQL: ("role_edges", ("FROM_HOST", "FROM_USER", "TO_HOST", "TO_USER")),
}
