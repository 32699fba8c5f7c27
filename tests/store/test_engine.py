from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import ConflictError, StoreError
from domain.prediction import Task
from store.engine import open_engine
from store.projects import add_classes, fetch_project, insert_project, list_projects, update_project


def test_a_database_is_created_and_opened_again(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'deep' / 'relook.sqlite'}"
    first = open_engine(url)
    with first.begin() as connection:
        insert_project(connection, name="Fridge", task=Task.MULTILABEL, image_folder="/photos")
    first.dispose()

    second = open_engine(url)
    with second.connect() as connection:
        assert [project.name for project in list_projects(connection)] == ["Fridge"]
    second.dispose()


def test_a_newer_database_is_refused_with_a_sentence(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'relook.sqlite'}"
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value = '999'"))
    engine.dispose()

    with pytest.raises(StoreError, match="schema version 999"):
        open_engine(url)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path):
    file = tmp_path / "relook.sqlite"
    file.write_text("my shopping list, quite long so that it fills a header" * 10)

    with pytest.raises(StoreError, match="cannot be opened"):
        open_engine(f"sqlite:///{file}")
    assert file.read_text().startswith("my shopping list")


def test_a_malformed_url_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be used"):
        open_engine("nonsense")


def test_project_names_are_unique(connection):
    insert_project(connection, name="Fridge", task=Task.MULTILABEL, image_folder="/photos")

    with pytest.raises(ConflictError, match="named 'Fridge' already"):
        insert_project(connection, name="Fridge", task=Task.DETECTION, image_folder="/other")


def test_classes_keep_their_place_when_new_ones_come(connection, project_id):
    add_classes(connection, project_id, ["can", "carton"])
    before = fetch_project(connection, project_id).colour_of("carton")

    names = add_classes(connection, project_id, ["apple", "carton"])

    assert names == ("can", "carton", "apple")
    assert fetch_project(connection, project_id).colour_of("carton") == before


def test_a_project_can_be_renamed(connection, project_id):
    update_project(connection, project_id, name="Larder")

    assert fetch_project(connection, project_id).name == "Larder"
