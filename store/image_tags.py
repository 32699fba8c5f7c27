"""Free facts about images, such as their split: JSON in a column of their table, empty for none."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import orjson
from sqlalchemy import Connection, bindparam, func, select, update

from store.schema import images
from store.tallies import note_change

_FEW = 1000
_TAGS = select(images.c.image_id, images.c.tags).where(images.c.project_id == bindparam("project"))
_SET = (
    update(images)
    .where(images.c.project_id == bindparam("project"), images.c.image_id == bindparam("image"))
    .values(tags=bindparam("made"))
)


def read_tags(text: str) -> dict[str, str]:
    """The tags of a stored text."""
    return orjson.loads(text) if text else {}


def list_tags(
    connection: Connection, project_id: int, *, image_ids: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Image -> its tags, of all or some images, those that have any."""
    query = _TAGS.where(images.c.tags != "")
    if image_ids is not None and len(image_ids) <= _FEW:  # else all are read sooner
        query = query.where(images.c.image_id.in_(image_ids))
    return {row.image_id: read_tags(row.tags) for row in connection.execute(query, {"project": project_id})}


def has_tags(connection: Connection, project_id: int) -> bool:
    """Whether any image has a tag."""
    return connection.execute(_TAGS.where(images.c.tags != "").limit(1), {"project": project_id}).first() is not None


def count_tag(connection: Connection, project_id: int, name: str) -> dict[str, int]:
    """Value -> images that are there with it; "" for those without the tag."""
    there = (images.c.project_id == project_id, images.c.is_missing.is_(False))
    counts: dict[str, int] = {}
    for text, count in connection.execute(select(images.c.tags, func.count()).where(*there).group_by(images.c.tags)):
        value = read_tags(text).get(name, "")
        counts[value] = counts.get(value, 0) + count
    return counts


def set_tag(connection: Connection, project_id: int, name: str, values: Mapping[str, str]) -> int:
    """Give images (image -> value) a tag; as `set_tags`."""
    return set_tags(connection, project_id, {image_id: {name: value} for image_id, value in values.items()})


def set_tags(connection: Connection, project_id: int, made: Mapping[str, Mapping[str, str]]) -> int:
    """Give images (image -> name -> value) tags, in place of those of these names; an empty value takes one away.

    Returns:
        How many images have other tags than before.
    """
    known = list_tags(connection, project_id, image_ids=made) if made else {}
    rows = []
    for image_id, tags in made.items():
        before = known.get(image_id, {})
        after = {name: value for name, value in {**before, **tags}.items() if value}
        if after != before:
            text = orjson.dumps(after, option=orjson.OPT_SORT_KEYS).decode() if after else ""
            rows.append({"project": project_id, "image": image_id, "made": text})
    if rows:
        connection.execute(_SET, rows)
        note_change(connection, project_id)
    return len(rows)
