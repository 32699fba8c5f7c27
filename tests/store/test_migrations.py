"""A database of an earlier version is brought to this one, with a backup beside it."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import create_engine, func, inspect, select

from store.decisions import list_current
from store.engine import open_engine
from store.images import list_files
from store.migrations import MIGRATIONS, VERSION
from store.review_schema import image_facts, project_tallies
from store.sources import iterate_lines, list_sources
from tests.store.old_schema import statements_for

_ROWS_OF_VERSION_1 = """
INSERT INTO projects VALUES (1, 'Fridge', 'image_classification', '/photos', '[]', 0.5, NULL, '', '2026-01-01', NULL);
INSERT INTO sources VALUES (1, 1, 'labels', 'l.jsonl', '', 'a', '2026-01-01T00:00:00+00:00', 1, 0, 0);
INSERT INTO sources VALUES (2, 1, 'predictions', 'p.jsonl', '', 'b', '2026-01-01T00:00:00+00:00', 0, 0, 0);
INSERT INTO source_lines VALUES
    (1, 1, NULL, '{"image_url": "a.jpg", "label": "can"}', '{"labels": {"can": 1.0}}', FALSE)
"""
_IMAGE = "INSERT INTO images VALUES (1, '{n}.jpg', {n}, '/photos/{n}.jpg', 40, 30, 1, '', 9, '0', '', {gone})"
_DECISION = (
    "INSERT INTO decisions (decision_id, project_id, image_id, verdict, reviewer, note, overlays, decided_at, undoes, "
    "client_id, client_seq) VALUES ('d{n}', 1, '{image}.jpg', '{verdict}', 'Ana', '', '[]', "
    "'2026-01-01T00:00:00+00:00', {undoes}, 'tab', {n})"
)
_ROWS_OF_VERSION_2 = (
    "INSERT INTO projects VALUES (1, 'Fridge', 'image_classification', '/p', '[]', 0.5, NULL, '', '2026-01-01', NULL)",
    *(_IMAGE.format(n=n, gone=n == 3) for n in range(4)),
    _DECISION.format(n=1, image=0, verdict="reject", undoes="NULL"),
    _DECISION.format(n=2, image=1, verdict="skip", undoes="NULL"),
    _DECISION.format(n=3, image=1, verdict="skip", undoes="'d2'"),
    _DECISION.format(n=4, image=3, verdict="accept", undoes="NULL"),
)


def make_database(url, *rows, version):
    """A database as an earlier version left it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (*statements_for(engine.dialect.name, version=version), *rows):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


@pytest.fixture
def url_1(tmp_path):
    return make_database(f"sqlite:///{tmp_path / 'relook.sqlite'}", *_ROWS_OF_VERSION_1.split(";"), version=1)


def test_files_of_version_1_are_in_the_formats_of_azure(url_1):
    engine = open_engine(url_1)
    with engine.connect() as connection:
        assert [(each.kind, each.format) for each in list_sources(connection, 1)] == [
            ("labels", "azure-jsonl"),
            ("predictions", "azure-batch"),
        ]
        (line,) = iterate_lines(connection, 1)
        assert (line.line, line.image_id, line.image_url) == (1, None, None)
        assert "can" in line.text
    engine.dispose()


def test_a_backup_of_the_earlier_version_is_kept(url_1, tmp_path):
    open_engine(url_1).dispose()

    (backup,) = tmp_path.glob("relook.v1.*.backup.sqlite")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchone() == ("1",)
        assert connection.execute("SELECT COUNT(*) FROM source_lines").fetchone() == (1,)
    with closing(sqlite3.connect(tmp_path / "relook.sqlite")) as connection:
        assert connection.execute("SELECT value FROM meta").fetchone() == (str(VERSION),)

    open_engine(url_1).dispose()
    assert len(list(tmp_path.glob("*.backup.sqlite"))) == 1


def describe(engine):
    """Everything that makes up the schema, without how its statements are laid out."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return describe_sqlite(connection)
        return {
            name: sorted(map(str, connection.exec_driver_sql(query).all())) for name, query in _OF_POSTGRESQL.items()
        }


_OF_POSTGRESQL = {
    "columns": (
        "SELECT table_name, rank() OVER (PARTITION BY table_name ORDER BY ordinal_position), column_name, data_type, "
        "character_maximum_length, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public'"
    ),
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "keys": "SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
}


def describe_sqlite(connection):
    def ask(query):
        return [tuple(row) for row in connection.exec_driver_sql(query)]

    rows = ask("SELECT type, name, tbl_name, sql FROM sqlite_master")
    tables = [name for kind, name, _, _ in rows if kind == "table"]
    return {
        "columns": {name: ask(f"PRAGMA table_info('{name}')") for name in tables},
        "keys": {name: sorted(row[2:] for row in ask(f"PRAGMA foreign_key_list('{name}')")) for name in tables},
        "unique": {
            name: sorted(tuple(ask(f"PRAGMA index_info('{row[1]}')")) for row in ask(f"PRAGMA index_list('{name}')"))
            for name in tables
        },
        "others": sorted((*row[:3], " ".join(row[3].split())) for row in rows if row[0] != "table" and row[3]),
    }


@pytest.fixture
def two_databases(request, tmp_path):
    """The URLs of two empty databases of one kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}", f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    with server.database() as old, server.database() as new:
        yield old, new


@pytest.mark.parametrize("two_databases", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("version", [1, 2])
def test_an_upgraded_database_is_like_a_new_one(two_databases, open_database, version):
    old, new = two_databases
    make_database(old, version=version)

    upgraded, made = describe(open_database(old)), describe(open_database(new))

    assert "image_facts" in str(made["columns"])
    assert upgraded == made


def test_what_was_decided_before_the_upgrade_is_counted_and_found(database, open_database):
    engine = open_database(make_database(database, *_ROWS_OF_VERSION_2, version=2))
    with engine.connect() as connection:
        facts = connection.execute(select(image_facts).order_by(image_facts.c.position)).all()
        (tally,) = connection.execute(select(project_tallies)).all()
        current = list_current(connection, 1)

    assert [(row.image_id, row.status, row.decision_id, row.reviewer) for row in facts] == [
        ("0.jpg", "reject", "d1", "Ana"),
        ("1.jpg", "new", None, None),
        ("2.jpg", "new", None, None),
    ]
    assert all(row.settled < tally.epoch and row.differs is None for row in facts)
    assert json.loads(tally.statuses) == {"new": 2, "reject": 1}
    assert {name: decision.decision_id for name, decision in current.items()} == {"0.jpg": "d1", "3.jpg": "d4"}


def test_starts_at_once_upgrade_once(database, open_database):
    make_database(database, *_ROWS_OF_VERSION_2, version=2)
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [database] * 4))

    with engines[0].connect() as connection:
        assert connection.scalar(select(func.count()).select_from(image_facts)) == 3


def test_images_keep_their_hash_through_the_upgrade_and_have_no_fingerprint_yet(database, open_database):
    make_database(database, *_ROWS_OF_VERSION_2, version=2)
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE images SET sha256 = 'abc' WHERE image_id = '1.jpg'")
        MIGRATIONS[2](connection)
        connection.exec_driver_sql("UPDATE meta SET value = '3' WHERE key = 'schema_version'")
        before = {column["name"] for column in inspect(connection).get_columns("images")}
    engine.dispose()

    upgraded = open_database(database)

    assert "fingerprint" not in before
    with upgraded.connect() as connection:
        assert [(file.image.sha256, file.fingerprint) for file in list_files(connection, 1)] == [
            ("", ""),
            ("abc", ""),
            ("", ""),
            ("", ""),
        ]
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'schema_version'").scalar() == str(
            VERSION
        )
