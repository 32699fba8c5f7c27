"""A database of an earlier version is brought to this one, with a backup beside it."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import inspect

from store.engine import open_engine
from store.migrations import VERSION
from store.schema import metadata
from store.sources import iterate_lines, list_sources

_FILE_OF_VERSION_1 = """
DROP TABLE source_lines;
DROP TABLE sources;
CREATE TABLE sources (
    id INTEGER NOT NULL PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind VARCHAR(20) NOT NULL, file TEXT NOT NULL, path TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL,
    imported_at VARCHAR(40) NOT NULL, line_count INTEGER NOT NULL, used_count INTEGER NOT NULL,
    object_count INTEGER NOT NULL, UNIQUE (project_id, kind, file)
);
CREATE TABLE source_lines (
    source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE, line INTEGER NOT NULL, image_id TEXT,
    text TEXT NOT NULL, content TEXT, is_refused BOOLEAN NOT NULL, UNIQUE (source_id, line)
);
CREATE INDEX source_lines_by_image ON source_lines (source_id, image_id);
INSERT INTO projects VALUES (1, 'Fridge', 'image_classification', '/photos', '[]', 0.5, NULL, '', '2026-01-01', NULL);
INSERT INTO sources VALUES (1, 1, 'labels', 'l.jsonl', '', 'a', '2026-01-01T00:00:00+00:00', 1, 0, 0);
INSERT INTO sources VALUES (2, 1, 'predictions', 'p.jsonl', '', 'b', '2026-01-01T00:00:00+00:00', 0, 0, 0);
INSERT INTO source_lines VALUES (1, 1, NULL, '{"image_url": "a.jpg", "label": "can"}', '{"labels": {"can": 1.0}}', 0);
UPDATE meta SET value = '1' WHERE key = 'schema_version';
"""


@pytest.fixture
def url(tmp_path):
    """A database as version 1 left it."""
    url = f"sqlite:///{tmp_path / 'relook.sqlite'}"
    open_engine(url).dispose()
    with closing(sqlite3.connect(tmp_path / "relook.sqlite")) as connection:
        connection.executescript(_FILE_OF_VERSION_1)
    return url


def test_files_of_version_1_are_in_the_formats_of_azure(url):
    engine = open_engine(url)
    with engine.connect() as connection:
        assert [(each.kind, each.format) for each in list_sources(connection, 1)] == [
            ("labels", "azure-jsonl"),
            ("predictions", "azure-batch"),
        ]
        (line,) = iterate_lines(connection, 1)
        assert (line.line, line.image_id, line.image_url) == (1, None, None)
        assert "can" in line.text
    engine.dispose()


def test_a_migrated_database_has_the_columns_of_a_new_one(url):
    engine = open_engine(url)
    for table in metadata.sorted_tables:
        found = {column["name"]: column["nullable"] for column in inspect(engine).get_columns(table.name)}
        assert found == {column.name: column.nullable for column in table.columns}, table.name
    engine.dispose()


def test_a_backup_of_the_earlier_version_is_kept(url, tmp_path):
    open_engine(url).dispose()

    (backup,) = tmp_path.glob("relook.v1.*.backup.sqlite")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchone() == ("1",)
        assert connection.execute("SELECT COUNT(*) FROM source_lines").fetchone() == (1,)
    with closing(sqlite3.connect(tmp_path / "relook.sqlite")) as connection:
        assert connection.execute("SELECT value FROM meta").fetchone() == (str(VERSION),)

    open_engine(url).dispose()
    assert len(list(tmp_path.glob("*.backup.sqlite"))) == 1
