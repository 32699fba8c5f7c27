"""A database that is down, busy, full or read-only says so in a sentence, and serves again when it can."""

import os
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text

from domain.errors import InputError, StoreError
from domain.prediction import Task
from store.engine import PATIENCE, open_engine, writing
from store.projects import insert_project, list_projects
from store.settled import count_unsettled
from tests.postgres_server import running_postgres
from tests.store.conftest import make_project


@pytest.fixture(scope="module")
def own_postgres():
    """A server that this module may stop."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TEST_POSTGRES_URL", raising=False)
        with running_postgres() as server:
            yield server


def names_in(engine):
    with engine.connect() as connection:
        return [project.name for project in list_projects(connection)]


def test_a_server_that_went_away_is_told_and_found_again(own_postgres, open_database):
    with own_postgres.database() as url:
        engine = open_database(url)
        with writing(engine) as connection:
            make_project(connection)
        with engine.connect() as held:
            held.execute(text("SELECT 1"))
            own_postgres.stop()
            with pytest.raises(StoreError, match="cannot be reached") as caught:
                held.execute(text("SELECT 1"))
            assert "tried again" in caught.value.remedy
        for _ in range(3):
            with pytest.raises(StoreError, match="cannot be reached"):
                names_in(engine)
        with pytest.raises(StoreError, match="cannot be reached"), writing(engine) as connection:
            insert_project(connection, name="Lost", task=Task.DETECTION, image_folder="/photos")
        with pytest.raises(StoreError, match="cannot be reached"):
            open_engine(url)

        own_postgres.start()
        assert names_in(engine) == ["Fridge"]
        with writing(engine) as connection:
            insert_project(connection, name="Larder", task=Task.DETECTION, image_folder="/photos")
        assert names_in(engine) == ["Fridge", "Larder"]


def test_a_server_that_goes_away_before_the_end_of_a_transaction_keeps_nothing_of_it(own_postgres, open_database):
    with own_postgres.database() as url:
        engine = open_database(url)
        with pytest.raises(StoreError, match="cannot be reached"), writing(engine) as connection:  # noqa: PT012  at its end
            make_project(connection)
            own_postgres.stop()
        own_postgres.start()
        assert names_in(engine) == []


def test_who_waits_too_long_for_others_is_told(engine):
    with writing(engine) as connection:
        project_id = make_project(connection)
    with writing(engine) as holder:
        insert_project(holder, name="Held", task=Task.DETECTION, image_folder="/photos")
        holder.execute(text("UPDATE project_tallies SET changes = 7"))
        with pytest.raises(StoreError, match="busy with others"), writing(engine, patience=0.1) as connection:
            connection.execute(text("UPDATE project_tallies SET changes = 8"))
        with engine.connect() as connection:
            assert count_unsettled(connection, project_id) == 3  # reading waits for nobody


def test_who_says_nothing_waits_for_others_as_long_as_everybody_does(postgres, open_database):
    with postgres.database() as url:
        engine = open_database(url)
        for options, expected in [({}, f"{PATIENCE}s"), ({"patience": 2}, "2s"), ({}, f"{PATIENCE}s")]:
            with writing(engine, **options) as connection:
                assert connection.scalar(text("SHOW lock_timeout")) == expected


def test_what_is_read_over_one_connection_is_one_state(engine):
    with writing(engine) as connection:
        make_project(connection)
    with engine.connect() as reader:
        before = list_projects(reader)
        with writing(engine) as connection:
            insert_project(connection, name="Larder", task=Task.DETECTION, image_folder="/photos")
        assert list_projects(reader) == before
    assert names_in(engine) == ["Fridge", "Larder"]


def test_a_full_disk_is_told_and_nothing_of_the_transaction_stays(tmp_path, open_database):
    engine = open_database(f"sqlite:///{tmp_path / 'r.sqlite'}")
    with writing(engine) as connection:
        make_project(connection)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk of the database is full") as caught, writing(engine) as connection:
        insert_project(connection, name="x" * 200, task=Task.DETECTION, image_folder="/photos" * 10_000)
    assert "Free some space" in caught.value.remedy
    assert str(tmp_path) in caught.value.where
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        insert_project(connection, name="Larder", task=Task.DETECTION, image_folder="/photos")
    assert names_in(engine) == ["Fridge", "Larder"]


def test_a_database_that_may_not_be_written_still_reads(tmp_path):
    file = tmp_path / "r.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    with writing(engine) as connection:
        make_project(connection)
    engine.dispose()
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    with closing(_Opened(open_engine(url))) as opened:
        assert names_in(opened.engine) == ["Fridge"]
        with pytest.raises(StoreError, match="may not be written"), writing(opened.engine) as connection:
            insert_project(connection, name="Larder", task=Task.DETECTION, image_folder="/photos")


def test_a_file_that_is_damaged_while_it_is_open_is_told(tmp_path, open_database):
    file = tmp_path / "r.sqlite"
    engine = open_database(f"sqlite:///{file}")
    with writing(engine) as connection:
        make_project(connection, images=500)
        connection.exec_driver_sql("PRAGMA cache_size = 0")
    engine.dispose()
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(os.urandom(size - 4096))
    with pytest.raises(StoreError, match="damaged"):
        names_in(engine)


def test_a_zero_character_is_refused_where_it_cannot_be_stored(postgres, open_database):
    with postgres.database() as url:
        engine = open_database(url)
        with pytest.raises(InputError, match="zero character"), writing(engine) as connection:
            insert_project(connection, name="a\0b", task=Task.DETECTION, image_folder="/photos")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgres://nobody@127.0.0.1:1/none"])
def test_a_server_that_is_not_there_is_refused_with_a_sentence(url):
    with pytest.raises(StoreError, match=r"127\.0\.0\.1: The database cannot be reached"):
        open_engine(url)


def test_a_url_without_driver_gets_the_tested_one(postgres, open_database):
    with postgres.database() as url:
        engine = open_database(url.replace("postgresql+psycopg", "postgresql"))
        assert engine.dialect.driver == "psycopg"
        assert create_engine(url).dialect.driver == "psycopg"


class _Opened:
    def __init__(self, engine):
        self.engine = engine

    def close(self):
        self.engine.dispose()
