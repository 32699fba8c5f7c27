from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from domain.image import ImageRef
from domain.prediction import Task
from store.engine import open_engine
from store.images import ImageFile, save_images
from store.projects import insert_project


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'relook.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def project_id(connection: Connection) -> int:
    project_id = insert_project(connection, name="Fridge", task=Task.DETECTION, image_folder="/photos")
    images = [ImageRef(f"{n}.jpg", f"/photos/{n}.jpg", 40, 30) for n in range(3)]
    save_images(connection, project_id, [ImageFile(image, n, 100, 0) for n, image in enumerate(images)])
    return project_id
