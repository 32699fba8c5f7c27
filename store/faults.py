"""What a database says when it cannot serve, in sentences: it is down, busy, full, read-only or damaged."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError

from domain.errors import InputError, RelookError, StoreError

_KEPT = "What was confirmed is kept, and what waits is sent again."
_SENTENCES: Sequence[tuple[tuple[str, ...], str, str]] = (
    (
        ("database or disk is full", "no space left", "disk full"),
        "The disk of the database is full",
        f"Free some space. {_KEPT}",
    ),
    (
        ("readonly database", "read-only transaction", "unable to open database file"),
        "The database may not be written",
        f"Let Relook write to its file and folder, or to the server. {_KEPT}",
    ),
    (
        ("not a database",),
        "The database cannot be opened",
        "Name a place that holds a Relook database, or nothing yet; nothing was changed.",
    ),
    (
        ("disk i/o error",),
        "The disk of the database fails",
        f"Look whether it is full or broken. {_KEPT}",
    ),
    (
        ("malformed",),
        "The database is damaged",
        "Stop Relook, keep the file, and restore a backup.",
    ),
    (
        ("locked", "lock timeout", "statement timeout", "deadlock", "could not serialize", "too many clients"),
        "The database is busy with others who write",
        f"Try again. {_KEPT}",
    ),
)
"""Parts of what SQLite and PostgreSQL say -> what it means, and the remedy."""

_NO_TEXT = ("cannot contain NUL", "invalid byte sequence")


def word_faults(engine: Engine, url: URL) -> None:
    """Have everything `engine` cannot do raise a sentence; errors in the rows themselves stay what they are."""
    place = url.database if url.get_backend_name() == "sqlite" else f"{url.host or url.query.get('host', '')}"

    @event.listens_for(engine, "handle_error")
    def word(context: ExceptionContext) -> RelookError | None:
        if "readonly database" in str(context.original_exception):
            # SQLite has opened the file for reading, and stays with that as long as any connection of this process is
            # open, also when the file may be written again.
            context.is_disconnect = True
            if context.execution_context is not None and context.execution_context.cursor is not None:
                context.execution_context.cursor.close()  # an open one would keep the connection
            engine.dispose()
        # The pool's own question whether a connection lives must get the plain answer: it makes a new one then.
        return None if context.is_pre_ping else _word(context, str(place or ""))


def _word(context: ExceptionContext, place: str) -> RelookError | None:
    said = str(context.original_exception).strip()
    wrapped = context.sqlalchemy_exception
    if any(part in said for part in _NO_TEXT):
        return InputError(
            "The database cannot store a text that holds a zero character.", remedy="Mend the file or the name."
        )
    if not _is_fault(wrapped, is_disconnect=context.is_disconnect):
        return None
    first = said.splitlines()[0] if said else type(context.original_exception).__name__
    for parts, sentence, remedy in _SENTENCES:
        if any(part in said.lower() for part in parts):
            return StoreError(f"{sentence}: {first}.", where=place, remedy=remedy)
    return StoreError(f"The database cannot be reached: {first}.", where=place, remedy=f"It is tried again. {_KEPT}")


def _is_fault(wrapped: Exception | None, *, is_disconnect: bool) -> bool:
    """Whether the database is at fault and not a row."""
    if is_disconnect or isinstance(wrapped, OperationalError | InterfaceError):
        return True
    said = str(wrapped.orig) if isinstance(wrapped, DBAPIError) else ""
    if isinstance(wrapped, InternalError):
        return "read-only transaction" in said
    return type(wrapped) is DatabaseError and ("malformed" in said or "not a database" in said)
