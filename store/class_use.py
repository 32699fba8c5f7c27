"""Whether labels bear a class."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store.image_classes import LABEL
from store.review_schema import image_classes


def is_used(connection: Connection, project_id: int, name: str) -> bool:
    """Whether the label of any image, as it stands, has a class; as right as the facts are settled."""
    where = (image_classes.c.project_id == project_id, image_classes.c.source == LABEL, image_classes.c.name == name)
    return connection.execute(select(image_classes.c.image_id).where(*where).limit(1)).first() is not None
