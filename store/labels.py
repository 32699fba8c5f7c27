"""What the label files of a project say about its images."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from domain.class_list import take_names
from domain.prediction import Content, join_contents
from store import contents
from store.class_edits import present_names
from store.schema import source_lines, sources


def read_labels(
    connection: Connection, project_id: int, *, image_ids: Sequence[str] | None = None
) -> dict[str, Content]:
    """Image -> label, of all images or of some, classes called as they are now.

    The newest file that speaks about an image counts; several lines of it are joined as the platform joins them
    (formats.md 1.1): for objects the lines are merged, for classes the last line wins.
    """
    query = (
        select(source_lines.c.source_id, source_lines.c.line, source_lines.c.image_id, source_lines.c.content)
        .join(sources, sources.c.id == source_lines.c.source_id)
        .where(sources.c.project_id == project_id, sources.c.kind == "labels")
        .where(source_lines.c.image_id.is_not(None), source_lines.c.content.is_not(None))
    )
    if image_ids is None:
        rows = connection.execute(query.order_by(source_lines.c.source_id, source_lines.c.line))
    else:  # sorted here: asked for some images in order, SQLite would walk along the order through all
        some = connection.execute(query.where(source_lines.c.image_id.in_(image_ids)))
        rows = sorted(some, key=lambda row: (row.source_id, row.line))
    names = present_names(connection, project_id)
    joined: dict[str, tuple[int, Content]] = {}
    for source_id, _, image_id, text in rows:
        content = take_names(contents.decode(text), names)
        earlier = joined.get(image_id)
        if content is not None:
            before = [earlier[1]] if earlier is not None and earlier[0] == source_id else []
            joined[image_id] = (source_id, join_contents([*before, content]) or content)
    return {image_id: content for image_id, (_, content) in joined.items()}
