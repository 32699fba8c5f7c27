"""Opening the database."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from domain.errors import StoreError
from store.migrations import migrate

__all__ = ["Connection", "Engine", "open_engine", "writing"]

PATIENCE = 30
"""Seconds to wait for others who are writing."""


def writing(engine: Engine, *, patience: float = PATIENCE) -> AbstractContextManager[Connection]:
    """A transaction that holds the right to write from its first statement on.

    SQLite would otherwise refuse a transaction that read first and then finds that another one wrote meanwhile.

    Args:
        engine: The database.
        patience: Seconds to wait for others who are writing.
    """
    return engine.execution_options(writes=True, patience=patience).begin()


def open_engine(url: str) -> Engine:
    """Open the database at `url`, creating or migrating it as needed.

    Raises:
        StoreError: The URL is malformed, the database cannot be reached, is damaged, or is newer than this Relook.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, ImportError) as error:
        raise StoreError(f"The database URL cannot be used: {error}.", remedy="Mend RELOOK_DATABASE_URL.") from error
    file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        migrate(engine, back_up=lambda version: _back_up(file, version))
    except SQLAlchemyError as error:
        raise StoreError(
            f"The database cannot be opened: {error.__cause__ or error}.",
            where=str(file or parsed.host),
            remedy="Check that the place is writable and holds a Relook database; nothing was changed.",
        ) from error
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions are off, so that reading and writing see one state (see `_begin_sqlite`).
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {1000 * PATIENCE}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("casefold", 1, _casefold, deterministic=True)


def _casefold(text: object) -> str | None:
    return text.casefold() if isinstance(text, str) else None


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(1000 * options.get('patience', PATIENCE))}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _back_up(file: Path | None, version: int) -> None:
    if file is None:
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = file.with_name(f"{file.stem}.v{version}.{stamp}.backup.sqlite")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
