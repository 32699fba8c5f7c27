"""Step 2 to 3 of the schema: facts for filters and sorts, leases, members, the log of classes, provenance."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from store import review_schema  # noqa: F401  its tables join the metadata
from store.schema import metadata
from store.sqlite_statistics import tell_statistics

_COLUMNS = (
    ("decisions", "parent", "VARCHAR(64)"),
    ("decisions", "provenance", "TEXT"),
    ("decisions", "region", "TEXT"),
    ("projects", "overlap", "INTEGER DEFAULT '1' NOT NULL"),
    ("projects", "withheld_share", "FLOAT DEFAULT '0' NOT NULL"),
)
_BY_REVIEWER = "CREATE INDEX decisions_by_reviewer ON decisions (project_id, reviewer, seq)"
_BY_UNDONE = (
    "DROP INDEX decisions_by_undone",
    "CREATE INDEX decisions_by_undone ON decisions (undoes) WHERE undoes IS NOT NULL",
)

_SQLITE_TRIGGERS = (
    (
        "CREATE TRIGGER class_edits_keep BEFORE UPDATE ON class_edits "
        "BEGIN SELECT RAISE(ABORT, 'class_edits are append-only'); END"
    ),
    (
        "CREATE TRIGGER class_edits_stay BEFORE DELETE ON class_edits "
        "WHEN EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id) "
        "BEGIN SELECT RAISE(ABORT, 'class_edits are append-only'); END"
    ),
)
_POSTGRESQL_TRIGGERS = (
    (
        "CREATE FUNCTION refuse_class_edit_change() RETURNS trigger AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id) "
        "THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'class_edits are append-only'; END $$ LANGUAGE plpgsql"
    ),
    (
        "CREATE TRIGGER class_edits_stay BEFORE UPDATE OR DELETE ON class_edits "
        "FOR EACH ROW EXECUTE FUNCTION refuse_class_edit_change()"
    ),
    "ALTER TABLE images ALTER COLUMN file_bytes TYPE BIGINT",
)
# As before, with the columns that came now, and whether the decision leaves the image open.
_CURRENT_DECISIONS = """
CREATE VIEW current_decisions AS
SELECT decisions.*, decisions.verdict IN ('send_back', 'resolve') AS is_open FROM decisions
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
# Everything that is computed from labels and predictions is not settled at first.
_FACTS = """
INSERT INTO image_facts (project_id, image_id, position, status, decision_id, reviewer, decided_at, settled)
SELECT images.project_id, images.image_id, images.position, COALESCE(made.verdict, 'new'),
    made.decision_id, made.reviewer, made.decided_at, -1
FROM images LEFT JOIN current_decisions AS made
    ON made.project_id = images.project_id AND made.image_id = images.image_id
WHERE NOT images.is_missing
"""
_TALLIES = {
    "sqlite": """
INSERT INTO project_tallies (project_id, changes, epoch, statuses)
SELECT projects.id, 1, 1, COALESCE((
    SELECT json_group_object(status, images) FROM (
        SELECT status, COUNT(*) AS images FROM image_facts WHERE project_id = projects.id GROUP BY status
    )
), '{}') FROM projects
""",
    "postgresql": """
INSERT INTO project_tallies (project_id, changes, epoch, statuses)
SELECT projects.id, 1, 1, COALESCE((
    SELECT CAST(json_object_agg(status, images) AS TEXT) FROM (
        SELECT status, COUNT(*) AS images FROM image_facts WHERE project_id = projects.id GROUP BY status
    ) AS counted
), '{}') FROM projects
""",
}


def add_review_tables(connection: Connection) -> None:
    """Add what is missing (a new database has the tables already), and fill it from images and decisions."""
    name = connection.dialect.name
    inspector = inspect(connection)
    for table, column, kind in _COLUMNS:
        if column not in {each["name"] for each in inspector.get_columns(table)}:
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
    if "decisions_by_reviewer" not in {each["name"] for each in inspector.get_indexes("decisions")}:
        connection.execute(text(_BY_REVIEWER))
    for statement in _BY_UNDONE:
        connection.execute(text(statement))
    metadata.create_all(connection)
    for statement in _SQLITE_TRIGGERS if name == "sqlite" else _POSTGRESQL_TRIGGERS:
        connection.execute(text(statement))
    connection.execute(text("DROP VIEW current_decisions"))
    connection.execute(text(_CURRENT_DECISIONS))
    connection.execute(text(_FACTS))
    connection.execute(text(_TALLIES[name]))
    if name == "sqlite":
        tell_statistics(connection)
