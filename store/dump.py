"""The rows of one project as they stand, and rows put back as a new project: what bundles are made of.

A column that a later schema adds must be given a value in `_fill_in` for dumps that lack it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, or_, select
from sqlalchemy.exc import DBAPIError

from domain.errors import FormatError
from store.dump_checks import check_row
from store.facts import build_facts
from store.migrations import VERSION
from store.review_schema import class_edits
from store.schema import decisions, findings, images, models, predictions, projects, source_lines, sources
from store.tallies import start_tally

Row = dict[str, Any]

SCHEMA_VERSION = VERSION
OLDEST_SCHEMA = 1
"""Rows of older schemas, back to this one, can be put back too."""

TABLES: Mapping[str, Table] = {
    "images": images,
    "sources": sources,
    "source_lines": source_lines,
    "findings": findings,
    "models": models,
    "predictions": predictions,
    "decisions": decisions,
    "class_edits": class_edits,
}
"""In the order in which they must be put back."""

LATER_TABLES = {"class_edits"}
"""Dumps of older schemas lack them."""

_ORDER = {
    "images": (images.c.position, images.c.image_id),
    "sources": (sources.c.id,),
    "source_lines": (source_lines.c.source_id, source_lines.c.line),
    "findings": (findings.c.id,),
    "models": (models.c.added_at, models.c.model_id),
    "predictions": (predictions.c.model_id, predictions.c.image_id),
    "decisions": (decisions.c.seq,),
    "class_edits": (class_edits.c.seq,),
}
_NUMBERED_ANEW = {"findings": "id", "decisions": "seq", "class_edits": "seq"}
_RENAMED = {"decisions": ("decision_id", "undoes", "parent", "client_id"), "class_edits": ("edit_id", "undoes")}
_NAMING = {"decisions": ("decision_id", "client_id"), "class_edits": ("edit_id",)}
_BATCH = 500


def dump_project_row(connection: Connection, project_id: int) -> Row:
    """Return the project's own row, without its number."""
    columns = [column for column in projects.columns if column.name != "id"]
    return _as_row(connection.execute(select(*columns).where(projects.c.id == project_id)).mappings().one())


def dump_rows(connection: Connection, project_id: int, name: str) -> Iterator[Row]:
    """Yield the rows of one of `TABLES` as they stand, in a lasting order, without the project's number."""
    table = TABLES[name]
    query = select(*_columns(name)).order_by(*_ORDER[name])
    if table is source_lines:
        query = query.join(sources, sources.c.id == source_lines.c.source_id).where(sources.c.project_id == project_id)
    else:
        query = query.where(table.c.project_id == project_id)
    for row in connection.execute(query).mappings():
        yield _as_row(row)


def _as_row(row: Mapping[Any, Any]) -> Row:
    return {str(name): value for name, value in row.items()}


def insert_project_rows(connection: Connection, project: Row, rows: Callable[[str], Iterable[Row]]) -> int:
    """Add a project with all its rows and return its number.

    Decisions keep their ids, unless one of them is here already (the project itself, or an earlier copy): then all
    decisions, edits and clients of the copy get new ids, the same for the same old one, so that undos still name what
    they take back.

    Args:
        connection: In a transaction.
        project: As `dump_project_row` gave it, with a name that is free.
        rows: Gives the rows of one of `TABLES`; asked twice for the decisions.

    Raises:
        FormatError: A row has other columns or values than this Relook stores.
    """
    whole = {"overlap": 1, "withheld_share": 0.0, **project}
    check_row("project", projects, whole, without=("id",))
    try:
        project_id = connection.execute(insert(projects).values(whole).returning(projects.c.id)).scalar_one()
        source_ids = {row["id"]: _insert_source(connection, project_id, row) for row in _checked("sources", rows)}
        rename = _renaming(connection, rows)
        for name in TABLES:
            if name != "sources":
                ready = (_prepare(name, row, source_ids, rename) for row in _checked(name, rows))
                _insert(connection, name, project_id, ready)
        start_tally(connection, project_id)
        build_facts(connection, project_id)
    except DBAPIError as error:
        raise FormatError(f"The rows do not fit together: {error.orig}.", remedy="Make the bundle again.") from error
    return project_id


def _columns(name: str) -> list[Any]:
    left_out = {"project_id", _NUMBERED_ANEW.get(name)}
    return [column for column in TABLES[name].columns if column.name not in left_out]


def _checked(name: str, rows: Callable[[str], Iterable[Row]]) -> Iterator[Row]:
    left_out = tuple(filter(None, ("project_id", _NUMBERED_ANEW.get(name))))
    for row in rows(name):
        whole = _fill_in(name, row)
        check_row(name, TABLES[name], whole, without=left_out)
        yield whole


def _fill_in(name: str, row: Row) -> Row:
    """A row of an older schema with the columns that came later."""
    if name == "decisions":
        return {"parent": None, "provenance": None, "region": None, **row}
    if name == "sources" and "format" not in row:
        return {**row, "format": "azure-batch" if row.get("kind") == "predictions" else "azure-jsonl"}
    later = {"source_lines": {"image_url": None}, "images": {"fingerprint": "", "tags": ""}}
    return {**later.get(name, {}), **row}


def _insert_source(connection: Connection, project_id: int, row: Row) -> int:
    values = {**row, "project_id": project_id}
    del values["id"]
    return connection.execute(insert(sources).values(values).returning(sources.c.id)).scalar_one()


def _insert(connection: Connection, name: str, project_id: int, rows: Iterable[Row]) -> None:
    table = TABLES[name]
    own = {} if table is source_lines else {"project_id": project_id}
    for batch in _in_batches(rows):
        connection.execute(insert(table), [{**row, **own} for row in batch])


def _prepare(name: str, row: Row, source_ids: Mapping[int, int], rename: Callable[[str], str]) -> Row:
    if name in {"source_lines", "findings"} and row["source_id"] is not None:
        if row["source_id"] not in source_ids:
            raise FormatError(f"A row of {name} names a file that is not there.", remedy="Make the bundle again.")
        return {**row, "source_id": source_ids[row["source_id"]]}
    renamed = {key: rename(row[key]) for key in _RENAMED.get(name, ()) if row[key]}
    return {**row, **renamed}


def _renaming(connection: Connection, rows: Callable[[str], Iterable[Row]]) -> Callable[[str], str]:
    """Return what gives a decision, edit or client its name here: its own, or a new one when any is taken."""
    for name, columns in _NAMING.items():
        table = TABLES[name]
        for batch in _in_batches(_checked(name, rows)):
            taken = or_(*(table.c[column].in_({row[column] for row in batch}) for column in columns))
            if connection.execute(select(table.c.seq).where(taken).limit(1)).first():
                space = uuid.uuid4()
                return lambda old: uuid.uuid5(space, old).hex
    return lambda old: old


def _in_batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
