"""The composition root: settings -> database, jobs, loaded models."""

from __future__ import annotations

import functools
import os
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import RelookError
from domain.settings import Settings, read_settings
from executors.local import Jobs
from services.kept_pictures import KeptPictures
from services.model_shelf import ModelShelf
from store.engine import Connection, Engine, open_engine, writing

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything the services need, opened once per process.

    Attributes:
        settings: How this installation runs.
        engine: The database.
        jobs: Long work on threads.
        models: Loaded models, shared by all screens.
        secret: Signs tokens and picture addresses; stays the same across restarts.
        pictures: Those somebody explains by hand just now.
        tiling: Cuts large pictures into tiles, one at a time, while other jobs go on.
    """

    settings: Settings
    engine: Engine
    jobs: Jobs
    models: ModelShelf
    secret: bytes
    pictures: KeptPictures = field(default_factory=KeptPictures)
    tiling: Jobs = field(default_factory=lambda: Jobs(threads=1))

    def folder(self, name: str) -> Path:
        """A folder of this installation, created when it is not there."""
        folder = self.settings.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view of the database."""
        return self.engine.connect()

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction: written whole when the block ends, not at all when it raises."""
        return writing(self.engine)

    def close(self) -> None:
        """Stop the jobs and let the database go."""
        self.tiling.close()
        self.jobs.close()
        self.engine.dispose()


def open_workspace(settings: Settings) -> Workspace:
    """Open the workspace under `settings.home`, creating it when it is not there.

    Raises:
        RelookError: The folder cannot be written, or the database cannot be used.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        secret = _read_secret(settings.home / "secret.key")
    except OSError as error:
        raise RelookError(
            f"The workspace folder cannot be used: {error.strerror or error}.",
            where=str(settings.home),
            remedy="Set RELOOK_HOME to a folder you may write to.",
        ) from error
    return Workspace(settings, open_engine(settings.database_url), Jobs(), ModelShelf(), secret)


@functools.cache
def get_workspace() -> Workspace:
    """The workspace of this process, as the environment describes it."""
    return open_workspace(read_settings())


def _read_secret(file: Path) -> bytes:
    if not file.exists():
        # Created readable by its owner only, and in one step, so that two starts at once agree on one secret.
        temporary = file.with_name(f".{secrets.token_hex(8)}.key")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(_SECRET_BYTES))
        try:
            os.link(temporary, file)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    secret = file.read_bytes()
    if len(secret) < _SECRET_BYTES:
        raise RelookError(
            f"{file.name} has {len(secret)} bytes; expected {_SECRET_BYTES}.",
            where=str(file),
            remedy="Delete it: a new one is made, and open pages must be loaded again.",
        )
    return secret
