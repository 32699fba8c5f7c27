"""Everything known about the images of a project, joined in one reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, select

from domain.class_list import take_names
from domain.prediction import Content, lowest_score
from domain.project import ImageState, Project
from store import contents
from store.class_edits import present_names
from store.decisions import list_current
from store.images import ImageFile, list_files
from store.labels import read_labels
from store.schema import predictions

_PREDICTED = select(predictions.c.image_id, predictions.c.content).where(
    predictions.c.project_id == bindparam("project"), predictions.c.model_id == bindparam("model")
)
_PREDICTED_OF_SOME = _PREDICTED.where(predictions.c.image_id.in_(bindparam("images", expanding=True)))


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
    files = list_files(connection, project.project_id, image_ids=image_ids)
    names = present_names(connection, project.project_id)
    return _join(connection, project, files, names, image_ids, with_missing=with_missing)


def state_of(connection: Connection, project: Project, file: ImageFile) -> ImageState | None:
    """The state of one image whose row was read already; None where its file is gone.

    Args:
        connection: The database.
        project: The project, as it was read in this transaction.
        file: The image.
    """
    states = _join(connection, project, [file], project.class_list.present, [file.image.image_id], with_missing=False)
    return states[0] if states else None


def _join(
    connection: Connection,
    project: Project,
    files: Iterable[ImageFile],
    names: Mapping[str, str],
    image_ids: Sequence[str] | None,
    *,
    with_missing: bool,
) -> list[ImageState]:
    labels = read_labels(connection, project.project_id, image_ids=image_ids, names=names)
    predicted = _predictions(connection, project, names, image_ids)
    current = list_current(connection, project.project_id, image_ids=image_ids, names=names)
    states: list[ImageState] = []
    for file in files:
        name = file.image.image_id
        if file.is_missing and not (with_missing and (name in labels or name in current)):
            continue
        prediction = predicted.get(name)
        score = lowest_score(prediction, threshold=project.threshold)
        states.append(ImageState(file.image, labels.get(name), prediction, current.get(name), score))
    return states


def _predictions(
    connection: Connection, project: Project, names: Mapping[str, str], image_ids: Sequence[str] | None
) -> dict[str, Content | None]:
    if project.model_id is None:
        return {}
    wanted = {"project": project.project_id, "model": project.model_id}
    if image_ids is None:
        rows = connection.execute(_PREDICTED, wanted)
    else:
        rows = connection.execute(_PREDICTED_OF_SOME, {**wanted, "images": image_ids})
    return {row.image_id: take_names(contents.decode(row.content), names) for row in rows}
