"""What the label files of a project say about its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select

from domain.class_list import take_names
from domain.prediction import Content, join_contents
from store import contents
from store.class_edits import present_names
from store.schema import source_lines, sources

_ALL = (
    select(source_lines.c.source_id, source_lines.c.line, source_lines.c.image_id, source_lines.c.content)
    .join(sources, sources.c.id == source_lines.c.source_id)
    .where(sources.c.project_id == bindparam("project"), sources.c.kind == "labels")
    .where(source_lines.c.image_id.is_not(None), source_lines.c.content.is_not(None))
)
_IN_ORDER = _ALL.order_by(source_lines.c.source_id, source_lines.c.line)
_SOME = _ALL.where(source_lines.c.image_id.in_(bindparam("images", expanding=True)))


def read_labels(
    connection: Connection,
    project_id: int,
    *,
    image_ids: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, Content]:
    """Image -> label, of all images or of some, classes called as they are now.

    The newest file that speaks about an image counts; several lines of it are joined as the platform joins them
    (formats.md 1.1): for objects the lines are merged, for classes the last line wins.

    Args:
        connection: The database.
        project_id: The project.
        image_ids: The images wanted; None for all.
        names: What `present_names` gives, where it was read already.
    """
    if image_ids is None:
        rows = connection.execute(_IN_ORDER, {"project": project_id})
    else:  # sorted here: asked for some images in order, SQLite would walk along the order through all
        some = connection.execute(_SOME, {"project": project_id, "images": image_ids})
        rows = sorted(some, key=lambda row: (row.source_id, row.line))
    names = present_names(connection, project_id) if names is None else names
    joined: dict[str, tuple[int, Content]] = {}
    for source_id, _, image_id, text in rows:
        content = take_names(contents.decode(text), names)
        earlier = joined.get(image_id)
        if content is not None:
            before = [earlier[1]] if earlier is not None and earlier[0] == source_id else []
            joined[image_id] = (source_id, join_contents([*before, content]) or content)
    return {image_id: content for image_id, (_, content) in joined.items()}
