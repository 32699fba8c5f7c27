from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, make_url

from domain.image import ImageRef
from domain.prediction import Task
from store.engine import open_engine, writing
from store.images import ImageFile, save_images
from store.projects import insert_project
from tests.postgres_server import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'relook.sqlite'}"
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def open_database() -> Iterator[Callable[[str], Engine]]:
    """A function that opens the database at a URL; it is let go at the end."""
    with ExitStack() as opened:

        def open_one(url: str) -> Engine:
            engine = open_engine(url)
            opened.callback(engine.dispose)
            return engine

        yield open_one


@pytest.fixture(scope="session")
def made_database(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with all tables: copying it is quicker than making them."""
    with postgres.database() as url:
        open_engine(url).dispose()
        yield make_url(url).database or ""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, open_database: Callable[[str], Engine]) -> Iterator[Engine]:
    """A database with all tables and no project, of each kind."""
    if request.param == "sqlite":
        yield open_database(f"sqlite:///{tmp_path / 'relook.sqlite'}")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(like=request.getfixturevalue("made_database")) as url:
        yield open_database(url)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


@pytest.fixture
def project_id(connection: Connection) -> int:
    return make_project(connection)


def make_project(connection: Connection, *, images: int = 3) -> int:
    """A project with images 0.jpg, 1.jpg, ..."""
    project_id = insert_project(connection, name="Fridge", task=Task.DETECTION, image_folder="/photos")
    refs = [ImageRef(f"{n}.jpg", f"/photos/{n}.jpg", 40, 30) for n in range(images)]
    save_images(connection, project_id, [ImageFile(image, n, 100, 0) for n, image in enumerate(refs)])
    return project_id
