"""What lies in the database, read past everything that Relook says of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import text

from services.workspace import Workspace

Row = tuple[str, str, int, str, str | None]
"""Decision id, client id and number, image, and what it undoes."""

_COLUMNS = "decision_id, client_id, client_seq, image_id, undoes"


def read_sqlite(file: Path) -> tuple[list[Row], str]:
    """What is stored, and what SQLite finds wrong with the file."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY seq").fetchall()  # noqa: S608
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    return rows, "" if verdict == "ok" else verdict


def read_postgres(workspace: Workspace) -> tuple[list[Row], str]:
    """What is stored, read from the table; its indexes must lead to the same rows."""
    with _setting(workspace, "enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan") as ask:
        rows = ask(f"SELECT {_COLUMNS} FROM decisions ORDER BY seq")  # noqa: S608
    with _setting(workspace, "enable_seqscan", "enable_bitmapscan", "enable_sort") as ask:
        by_name = ask("SELECT decision_id FROM decisions ORDER BY decision_id")
    is_same = sorted(row[0] for row in rows) == sorted(row[0] for row in by_name)
    return rows, "" if is_same else f"The table has {len(rows)} rows and its index leads to {len(by_name)}."


@contextmanager
def _setting(workspace: Workspace, *off: str) -> Iterator[Callable[[str], list[Row]]]:
    with workspace.read() as connection:
        for name in off:
            connection.execute(text(f"SET LOCAL {name} = off"))
        yield lambda query: [row._tuple() for row in connection.execute(text(query))]  # noqa: SLF001
