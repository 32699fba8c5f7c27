"""Bringing a database to the schema of this version: numbered steps, forward only, a backup first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from domain.errors import StoreError
from store.review_migration import add_review_tables
from store.schema import meta, metadata
from store.worklist_schema import worklist_images, worklists

_SQLITE_TRIGGERS = (
    (
        "CREATE TRIGGER decisions_keep BEFORE UPDATE ON decisions "
        "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
    ),
    (
        "CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions "
        "WHEN EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id) "
        "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
    ),
)
_POSTGRESQL_TRIGGERS = (
    (
        "CREATE FUNCTION refuse_decision_change() RETURNS trigger AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id) "
        "THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'decisions are append-only'; END $$ LANGUAGE plpgsql"
    ),
    (
        "CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_decision_change()"
    ),
)
# An undo is taken back by a redo; a redo is never taken back itself: undoing again writes a new undo row.
# It looks at the rows of one image at a time, so that one image costs the same however long the log is.
_CURRENT_DECISIONS = """
CREATE VIEW current_decisions AS
SELECT decisions.* FROM decisions
WHERE decisions.undoes IS NULL AND decisions.seq = (
    SELECT made.seq FROM decisions AS made
    WHERE made.project_id = decisions.project_id AND made.image_id = decisions.image_id
    AND made.undoes IS NULL AND NOT EXISTS (
        SELECT 1 FROM decisions AS undo WHERE undo.undoes = made.decision_id
        AND NOT EXISTS (SELECT 1 FROM decisions AS redo WHERE redo.undoes = undo.decision_id)
    )
    ORDER BY made.seq DESC LIMIT 1
)
"""


def _create_everything(connection: Connection) -> None:
    metadata.create_all(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in _SQLITE_TRIGGERS if is_sqlite else _POSTGRESQL_TRIGGERS:
        connection.execute(text(statement))
    connection.execute(text(_CURRENT_DECISIONS))


def _name_formats(connection: Connection) -> None:
    """Files say what format they are in; lines without an image keep its address. A new database has both already."""
    if "format" in {column["name"] for column in inspect(connection).get_columns("sources")}:
        return
    connection.execute(text("ALTER TABLE sources ADD COLUMN format VARCHAR(40) DEFAULT 'azure-jsonl' NOT NULL"))
    connection.execute(text("UPDATE sources SET format = 'azure-batch' WHERE kind = 'predictions'"))
    connection.execute(text("ALTER TABLE source_lines ADD COLUMN image_url TEXT"))


def _add_fingerprints(connection: Connection) -> None:
    """Images have a stand-in for their content, which the next import fills in. A new database has the column."""
    if "fingerprint" not in {column["name"] for column in inspect(connection).get_columns("images")}:
        connection.execute(text("ALTER TABLE images ADD COLUMN fingerprint VARCHAR(64) DEFAULT '' NOT NULL"))


def _add_tags(connection: Connection) -> None:
    """Images have tags, such as their split. A new database has the column."""
    if "tags" not in {column["name"] for column in inspect(connection).get_columns("images")}:
        connection.execute(text("ALTER TABLE images ADD COLUMN tags TEXT DEFAULT '' NOT NULL"))


def _add_worklists(connection: Connection) -> None:
    """Worklists are kept. A new database has their tables already."""
    metadata.create_all(connection, tables=[worklists, worklist_images])


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _create_everything,
    _name_formats,
    add_review_tables,
    _add_fingerprints,
    _add_tags,
)
"""Step n brings version n to n + 1. Add at the end; never change a step that was released."""

VERSION = len(MIGRATIONS)

_LOCK = 0x52656C00
"""Number of the lock that PostgreSQL knows it by."""


def migrate(
    engine: Engine, *, begin: Callable[[Engine], AbstractContextManager[Connection]], back_up: Callable[[int], None]
) -> None:
    """Bring the database behind `engine` to `VERSION`.

    Args:
        engine: Where the database lives.
        begin: Begins a writing transaction.
        back_up: Called with the version found before anything is changed in a database that holds something.

    Raises:
        StoreError: The database was written by a newer Relook.
    """
    with engine.connect() as connection:
        found = _read_version(connection)
    if found > VERSION:
        raise StoreError(
            f"The database has schema version {found}; this Relook knows versions up to {VERSION}.",
            remedy="Start the newer Relook that wrote it, or restore the backup beside the database.",
        )
    if found == VERSION:
        return
    if found:
        back_up(found)
    with begin(engine) as connection:
        _wait_for_others(connection)
        for step in MIGRATIONS[_read_version(connection) :]:  # another start may have been faster
            step(connection)
        _write_version(connection)


def _wait_for_others(connection: Connection) -> None:
    """Two starts at once must not both migrate; and a step may take as long as it takes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _read_version(connection: Connection) -> int:
    if not inspect(connection).has_table("meta"):
        return 0
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "schema_version"))
    return int(value) if value else 0


def _write_version(connection: Connection) -> None:
    written = connection.execute(update(meta).where(meta.c.key == "schema_version").values(value=str(VERSION)))
    if not written.rowcount:
        connection.execute(insert(meta).values(key="schema_version", value=str(VERSION)))
