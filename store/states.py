"""Everything known about the images of a project, joined in one reading."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from domain.class_list import take_names
from domain.prediction import Content, lowest_score
from domain.project import ImageState, Project
from store import contents
from store.class_edits import present_names
from store.decisions import list_current
from store.images import list_files
from store.labels import read_labels
from store.schema import predictions


def list_states(
    connection: Connection, project: Project, *, image_ids: Sequence[str] | None = None, with_missing: bool = False
) -> list[ImageState]:
    """Return the state of all images, or of some, in natural order.

    Args:
        connection: The database.
        project: The project; its model and its threshold count.
        image_ids: The images wanted; None for all.
        with_missing: Also those whose file is gone, where somebody said something about them.
    """
    project_id = project.project_id
    labels = read_labels(connection, project_id, image_ids=image_ids)
    predicted = _predictions(connection, project_id, project.model_id, image_ids)
    current = list_current(connection, project_id, image_ids=image_ids)
    states: list[ImageState] = []
    for file in list_files(connection, project_id, image_ids=image_ids):
        name = file.image.image_id
        if file.is_missing and not (with_missing and (name in labels or name in current)):
            continue
        prediction = predicted.get(name)
        score = lowest_score(prediction, threshold=project.threshold)
        states.append(ImageState(file.image, labels.get(name), prediction, current.get(name), score))
    return states


def _predictions(
    connection: Connection, project_id: int, model_id: str | None, image_ids: Sequence[str] | None
) -> dict[str, Content | None]:
    if model_id is None:
        return {}
    query = select(predictions.c.image_id, predictions.c.content).where(
        predictions.c.project_id == project_id, predictions.c.model_id == model_id
    )
    if image_ids is not None:
        query = query.where(predictions.c.image_id.in_(image_ids))
    names = present_names(connection, project_id)
    return {row.image_id: take_names(contents.decode(row.content), names) for row in connection.execute(query)}
