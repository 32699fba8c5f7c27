"""Opening the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from domain.errors import StoreError
from store.faults import word_faults
from store.migrations import migrate
from store.turns import turns_of

__all__ = ["Connection", "Engine", "open_engine", "writing"]

PATIENCE = 30
"""Seconds to wait for others who are writing."""

_TO_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    # A server that went away without a word is noticed after ten seconds.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": (
        f"-c statement_timeout=300s -c idle_in_transaction_session_timeout=600s -c lock_timeout={PATIENCE}s "
        "-c timezone=UTC"
    ),
}
_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 50}
"""More connections than there are threads to ask for one, so that nobody waits for one."""

# The connection used last is the next one: it and its server process have the statements prepared and at hand.
_POSTGRESQL_POOL: dict[str, Any] = {**_POOL, "pool_pre_ping": True, "pool_recycle": 1800, "pool_use_lifo": True}


@contextmanager
def writing(engine: Engine, *, patience: float = PATIENCE) -> Iterator[Connection]:
    """A transaction that holds the right to write from its first statement on.

    SQLite would otherwise refuse a transaction that read first and then finds that another one wrote meanwhile; there
    the writers of this process take turns in the order in which they came, see `store.turns`.
    PostgreSQL sees what others wrote up to each statement, so that a row that was waited for is read as it is then.

    Args:
        engine: The database.
        patience: Seconds to wait for others who are writing.

    Raises:
        StoreError: They took longer, or the database cannot be used.
    """
    if engine.dialect.name != "sqlite":
        shared = engine.execution_options(writes=True, patience=patience, isolation_level="READ COMMITTED")
        with shared.begin() as connection:
            yield connection
        return
    turn = turns_of(str(engine.url.database)).take(patience=patience)
    with turn as left, engine.execution_options(writes=True, patience=left).begin() as connection:
        yield connection


def open_engine(url: str) -> Engine:
    """Open the database at `url`, creating or migrating it as needed.

    What is read over one connection is one state of the database, whatever others write meanwhile.

    Raises:
        StoreError: The URL is malformed, the database cannot be reached, is damaged, or is newer than this Relook.
    """
    try:
        parsed = _with_driver(make_url(url))
        is_sqlite = parsed.get_backend_name() == "sqlite"
        server = {**_POSTGRESQL_POOL, "connect_args": _TO_POSTGRESQL, "isolation_level": "REPEATABLE READ"}
        engine = create_engine(parsed, **(_POOL if is_sqlite else server))
    except ImportError as error:
        raise StoreError(
            f"The driver for {url.partition(':')[0].partition('+')[0]} is not installed: {error}.",
            remedy="Run: pip install 'psycopg[binary]>=3.2'.",
        ) from error
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"The database URL cannot be used: {error}.", remedy="Mend RELOOK_DATABASE_URL.") from error
    word_faults(engine, parsed)
    file = Path(parsed.database) if is_sqlite and parsed.database else None
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        migrate(engine, begin=writing, back_up=lambda version: _back_up(file, version))
    except SQLAlchemyError as error:
        raise StoreError(
            f"The database cannot be opened: {error.__cause__ or error}.",
            where=str(file or parsed.host or ""),
            remedy="Check that the place is writable and holds a Relook database; nothing was changed.",
        ) from error
    return engine


def _with_driver(url: URL) -> URL:
    """A URL of PostgreSQL that names no driver gets the one that is tested."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


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


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("writes")
    patience = _milliseconds(connection)
    if is_writing and patience != connection.info.get("patience"):  # who reads waits for nobody
        connection.info["patience"] = patience
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("writes") and options.get("patience") != PATIENCE:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(connection)}")


def _milliseconds(connection: Connection) -> int:
    return round(1000 * float(connection.get_execution_options().get("patience", PATIENCE)))


def _back_up(file: Path | None, version: int) -> None:
    if file is None:
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = file.with_name(f"{file.stem}.v{version}.{stamp}.backup.sqlite")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
