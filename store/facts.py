"""The facts behind filters and sorts, kept in step with images, decisions, labels and predictions.

See `store.review_schema`; what takes computing is only marked here, and computed by `services.settling`.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from domain.class_list import take_names
from domain.decision import NEW
from domain.prediction import class_names
from store import contents
from store.class_edits import present_names
from store.current_view import current_decisions
from store.image_classes import PREDICTION, class_rows, forget_classes, list_rows, replace_classes
from store.labels import read_labels
from store.review_schema import image_facts, project_tallies
from store.schema import images, projects, source_lines
from store.tallies import count_anew, fetch_tally, note_change

_CHUNK = 500
_LARGEST_MARK = 2**31 - 1
_mine = image_facts.c.project_id
_SAME = (_mine == bindparam("project"), image_facts.c.image_id == bindparam("name"))
_EPOCH = select(project_tallies.c.epoch).where(project_tallies.c.project_id == _mine).scalar_subquery()
_BEFORE = select(image_facts, _EPOCH.label("epoch")).where(*_SAME).with_for_update(of=image_facts)
_AFTER = update(image_facts).where(*_SAME)
_IN_FORCE = select(current_decisions).where(
    current_decisions.c.project_id == bindparam("project"),
    current_decisions.c.image_id.in_(bindparam("images", expanding=True)),
)


def follow_images(connection: Connection, project_id: int, files: Sequence[tuple[str, int, bool]]) -> None:
    """Keep a row for every image that is there.

    Args:
        connection: In the transaction that wrote `images`.
        project_id: The project.
        files: (image_id, position, is_missing).
    """
    moved: Counter[str] = Counter()
    for start in range(0, len(files), _CHUNK):
        some = files[start : start + _CHUNK]
        known = _find_known(connection, project_id, [name for name, _, _ in some])
        gone = [name for name, _, is_missing in some if is_missing and name in known]
        there = {name: position for name, position, is_missing in some if not is_missing}
        moved.subtract(known[name][1] for name in gone)
        _remove(connection, project_id, gone)
        _move(connection, project_id, {n: p for n, p in there.items() if n in known and known[n][0] != p})
        moved.update(_add(connection, project_id, {n: p for n, p in there.items() if n not in known}))
    note_change(connection, project_id, moved)


def follow_decision(connection: Connection, project_id: int, row: Mapping[str, Any]) -> None:
    """Take over what is in force for an image behind `row`, which was appended to the log just now.

    The image is held by `store.images.lock_image`, and this is the last thing in the transaction.
    """
    image_id = row["image_id"]
    same = {"project": project_id, "name": image_id}
    before = connection.execute(_BEFORE, same).one_or_none()
    if before is None:  # the file is missing: nothing filters it
        note_change(connection, project_id)
        return
    # A new decision is in force; what an undo brings back, the log tells.
    now = row if row["undoes"] is None else _in_force(connection, project_id, [image_id]).get(image_id)
    values = _decided(now)
    is_settled = before.settled == before.epoch
    if is_settled:
        _follow_label(connection, project_id, image_id, now, has_prediction=bool(before.has_prediction))
    # Whoever is computing it right now has read the label from before this decision.
    unsettled = {} if is_settled else {"settled": _new_mark()}
    connection.execute(_AFTER, {**same, **values, **unsettled})
    moved = Counter({values["status"]: 1})
    moved.subtract([before.status])
    if note_change(connection, project_id, moved).epoch != before.settled and is_settled:
        connection.execute(_AFTER, {**same, "settled": _new_mark()})


def unsettle(connection: Connection, project_id: int, image_ids: Iterable[str]) -> None:
    """Labels or predictions of these images changed."""
    names = sorted(set(image_ids))
    for start in range(0, len(names), _CHUNK):
        _unsettle(connection, project_id, image_facts.c.image_id.in_(names[start : start + _CHUNK]))
    if names:
        note_change(connection, project_id)


def unsettle_source(connection: Connection, project_id: int, source_id: int, *, lines: int) -> None:
    """A label file of so many lines came, or goes."""
    is_large = 2 * lines >= fetch_tally(connection, project_id).total
    if not is_large:
        named = select(source_lines.c.image_id).where(
            source_lines.c.source_id == source_id, source_lines.c.image_id.is_not(None)
        )
        _unsettle(connection, project_id, image_facts.c.image_id.in_(named))
    note_change(connection, project_id, is_new_epoch=is_large)


def unsettle_all(connection: Connection, project_id: int) -> None:
    """Another model or another threshold counts."""
    note_change(connection, project_id, is_new_epoch=True)


def unsettle_predicted(connection: Connection, project_id: int, model_id: str, image_ids: Iterable[str]) -> None:
    """A model said something about these images; it matters when it is the active one."""
    active = connection.scalar(select(projects.c.model_id).where(projects.c.id == project_id))
    if active == model_id:
        unsettle(connection, project_id, image_ids)


def build_facts(connection: Connection, project_id: int) -> None:
    """Make all rows of a project anew."""
    connection.execute(delete(image_facts).where(_mine == project_id))
    query = select(images.c.image_id, images.c.position).where(images.c.project_id == project_id)
    there = query.where(images.c.is_missing.is_(False)).execution_options(yield_per=_CHUNK)
    for rows in connection.execute(there).partitions(_CHUNK):
        _add(connection, project_id, {row.image_id: row.position for row in rows})
    count_anew(connection, project_id)


def _find_known(connection: Connection, project_id: int, names: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Image -> (position, status), of the images with facts."""
    query = select(image_facts.c.image_id, image_facts.c.position, image_facts.c.status)
    rows = connection.execute(query.where(_mine == project_id, image_facts.c.image_id.in_(names)))
    return {row.image_id: (row.position, row.status) for row in rows}


def _remove(connection: Connection, project_id: int, names: Sequence[str]) -> None:
    if names:
        connection.execute(delete(image_facts).where(_mine == project_id, image_facts.c.image_id.in_(names)))
        forget_classes(connection, project_id, names)


def _move(connection: Connection, project_id: int, positions: Mapping[str, int]) -> None:
    if positions:
        statement = update(image_facts).where(_mine == project_id, image_facts.c.image_id == bindparam("name"))
        rows = [{"name": name, "place": place} for name, place in positions.items()]
        connection.execute(statement.values(position=bindparam("place")), rows)


def _add(connection: Connection, project_id: int, positions: Mapping[str, int]) -> list[str]:
    """Add rows and return their statuses."""
    if not positions:
        return []
    in_force = _in_force(connection, project_id, list(positions))
    own, mark = {"project_id": project_id}, _new_mark()
    rows = [
        {**own, "image_id": name, "position": place, "settled": mark, **_decided(in_force.get(name))}
        for name, place in positions.items()
    ]
    connection.execute(insert(image_facts), rows)
    return [str(row["status"]) for row in rows]


def _in_force(connection: Connection, project_id: int, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    rows = connection.execute(_IN_FORCE, {"project": project_id, "images": names})
    return {row["image_id"]: dict(row) for row in rows.mappings()}


def _decided(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of `image_facts` that tell of a row of the log."""
    if row is None:
        return {"status": NEW, "decision_id": None, "reviewer": None, "decided_at": None}
    return {"status": row["verdict"], **{name: row[name] for name in ("decision_id", "reviewer", "decided_at")}}


def _follow_label(
    connection: Connection, project_id: int, image_id: str, now: Mapping[str, Any] | None, *, has_prediction: bool
) -> None:
    """Take over the classes of the label as it stands: corrected, else of the file."""
    names = present_names(connection, project_id)
    label = take_names(contents.decode(now["content"]), names) if now is not None else None
    if label is None:
        label = read_labels(connection, project_id, image_ids=[image_id], names=names).get(image_id)
    rows = list_rows(connection, project_id, image_id)
    predicted = {name: count for _, source, name, _, count, _ in rows if source == PREDICTION}
    given = Counter(class_names(label)) if label is not None else None
    wanted = class_rows(project_id, image_id, given, predicted if has_prediction else None)
    if set(wanted) != set(rows):
        replace_classes(connection, project_id, [image_id], wanted)


def _unsettle(connection: Connection, project_id: int, which: ColumnElement[bool]) -> None:
    # Locked in one order, so that two of these never wait for each other.
    where = (_mine == project_id, which)
    if connection.dialect.name != "sqlite":
        locked = select(image_facts.c.image_id).where(*where).order_by(image_facts.c.image_id).with_for_update()
        connection.execute(locked).all()
    connection.execute(update(image_facts).where(*where).values(settled=_new_mark(), differs=None))


def _new_mark() -> int:
    return -1 - secrets.randbelow(_LARGEST_MARK)
