"""The database as version 2 made it, kept as it was, to upgrade from."""

_NUMBER = {"sqlite": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "postgresql": "SERIAL NOT NULL PRIMARY KEY"}
_ROW_NUMBER = {"sqlite": "INTEGER NOT NULL PRIMARY KEY", "postgresql": "SERIAL NOT NULL PRIMARY KEY"}
_OWNED = "FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE"
_OF_SOURCE = "FOREIGN KEY (source_id) REFERENCES sources (id) ON DELETE CASCADE"

_TABLES = f"""
CREATE TABLE meta ("key" VARCHAR(40) NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE projects (
    id NUMBER, name VARCHAR(200) NOT NULL, task VARCHAR(40) NOT NULL, image_folder TEXT NOT NULL,
    classes TEXT NOT NULL, threshold FLOAT NOT NULL, model_id TEXT, url_prefix TEXT NOT NULL,
    created_at VARCHAR(40) NOT NULL, archived_at VARCHAR(40), UNIQUE (name)
);
CREATE TABLE images (
    project_id INTEGER NOT NULL, image_id TEXT NOT NULL, position INTEGER NOT NULL, uri TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, orientation INTEGER NOT NULL, sha256 VARCHAR(64) NOT NULL,
    file_bytes INTEGER NOT NULL, modified_ns VARCHAR(24) NOT NULL, problem TEXT NOT NULL, is_missing BOOLEAN NOT NULL,
    UNIQUE (project_id, image_id), {_OWNED}
);
CREATE INDEX images_by_position ON images (project_id, position);
CREATE TABLE sources (
    id ROWNUM, project_id INTEGER NOT NULL, kind VARCHAR(20) NOT NULL, file TEXT NOT NULL, path TEXT NOT NULL,
    sha256 VARCHAR(64) NOT NULL, imported_at VARCHAR(40) NOT NULL, line_count INTEGER NOT NULL,
    used_count INTEGER NOT NULL, object_count INTEGER NOT NULL, format VARCHAR(40) DEFAULT 'azure-jsonl' NOT NULL,
    UNIQUE (project_id, kind, file), {_OWNED}
);
CREATE TABLE models (
    project_id INTEGER NOT NULL, model_id TEXT NOT NULL, spec TEXT, info TEXT NOT NULL, added_at VARCHAR(40) NOT NULL,
    UNIQUE (project_id, model_id), {_OWNED}
);
CREATE TABLE predictions (
    project_id INTEGER NOT NULL, image_id TEXT NOT NULL, model_id TEXT NOT NULL, content TEXT, latency_s FLOAT,
    problem TEXT NOT NULL, UNIQUE (project_id, model_id, image_id), {_OWNED}
);
CREATE TABLE decisions (
    seq NUMBER, decision_id VARCHAR(64) NOT NULL, project_id INTEGER NOT NULL, image_id TEXT NOT NULL,
    instance_id TEXT, verdict VARCHAR(20) NOT NULL, content TEXT, reviewer TEXT NOT NULL, note TEXT NOT NULL,
    overlays TEXT NOT NULL, decided_at VARCHAR(40) NOT NULL, undoes VARCHAR(64), client_id VARCHAR(64) NOT NULL,
    client_seq INTEGER NOT NULL, seconds FLOAT, model_id TEXT,
    UNIQUE (client_id, client_seq), UNIQUE (decision_id), {_OWNED}
);
CREATE INDEX decisions_by_image ON decisions (project_id, image_id);
CREATE INDEX decisions_by_undone ON decisions (undoes);
CREATE TABLE source_lines (
    source_id INTEGER NOT NULL, line INTEGER NOT NULL, image_id TEXT, text TEXT NOT NULL, content TEXT,
    is_refused BOOLEAN NOT NULL, image_url TEXT, UNIQUE (source_id, line), {_OF_SOURCE}
);
CREATE INDEX source_lines_by_image ON source_lines (source_id, image_id);
CREATE TABLE findings (
    id ROWNUM, project_id INTEGER NOT NULL, source_id INTEGER, code VARCHAR(20) NOT NULL,
    severity VARCHAR(10) NOT NULL, message TEXT NOT NULL, file TEXT NOT NULL, line INTEGER, "column" INTEGER,
    annotation INTEGER, remedy TEXT NOT NULL, {_OWNED}, {_OF_SOURCE}
);
CREATE INDEX findings_by_project ON findings (project_id);
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
);
INSERT INTO meta VALUES ('schema_version', '2')
"""
_TRIGGERS = {
    "sqlite": (
        (
            "CREATE TRIGGER decisions_keep BEFORE UPDATE ON decisions "
            "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
        ),
        (
            "CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions "
            "WHEN EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id) "
            "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
        ),
    ),
    "postgresql": (
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
    ),
}
_TO_VERSION_1 = (
    "ALTER TABLE sources DROP COLUMN format",
    "ALTER TABLE source_lines DROP COLUMN image_url",
    "UPDATE meta SET value = '1' WHERE key = 'schema_version'",
)


def statements_for(dialect, *, version=2):
    """What makes an empty database one of version 1 or 2."""
    tables = _TABLES.replace("NUMBER,", _NUMBER[dialect] + ",").replace("ROWNUM,", _ROW_NUMBER[dialect] + ",")
    return (*tables.split(";"), *_TRIGGERS[dialect], *(_TO_VERSION_1 if version == 1 else ()))
