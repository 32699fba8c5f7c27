"""All that an evaluation needs of every image of a project, in two statements, and cheap to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, bindparam, select

from store.contents import StoredObject
from store.review_schema import image_facts
from store.schema import decisions, images, predictions, source_lines, sources


class SaidContent(msgspec.Struct, gc=False):
    """As `store.contents.StoredContent`; a score may be missing."""

    objects: tuple[StoredObject, ...] | None = None
    labels: dict[str, float | None] | None = None


look_into = msgspec.json.Decoder(SaidContent).decode


class SaidRow(NamedTuple):
    """One image that is there; texts are JSON of its contents, None where there is none.

    Attributes:
        reviewer: Whose decision is in force.
        decided: The label by that decision.
        tags: JSON; empty for none.
    """

    image_id: str
    width: int
    height: int
    status: str
    reviewer: str | None
    predicted: str | None
    decided: str | None
    tags: str


_ROWS = (
    select(
        images.c.image_id,
        images.c.width,
        images.c.height,
        image_facts.c.status,
        image_facts.c.reviewer,
        predictions.c.content.label("predicted"),
        decisions.c.content.label("decided"),
        images.c.tags,
    )
    .join(images, and_(images.c.project_id == image_facts.c.project_id, images.c.image_id == image_facts.c.image_id))
    .outerjoin(
        predictions,
        and_(
            predictions.c.project_id == image_facts.c.project_id,
            predictions.c.model_id == bindparam("model"),
            predictions.c.image_id == image_facts.c.image_id,
        ),
    )
    .outerjoin(decisions, decisions.c.decision_id == image_facts.c.decision_id)
    .where(image_facts.c.project_id == bindparam("project"))
    .order_by(image_facts.c.position, image_facts.c.image_id)
)
_LABELS = (
    select(source_lines.c.image_id, source_lines.c.source_id, source_lines.c.content)
    .join(sources, sources.c.id == source_lines.c.source_id)
    .where(sources.c.project_id == bindparam("project"), sources.c.kind == "labels")
    .where(source_lines.c.image_id.is_not(None), source_lines.c.content.is_not(None))
    .order_by(source_lines.c.source_id, source_lines.c.line)
)


def iterate_said(connection: Connection, project_id: int, model_id: str | None) -> Iterator[SaidRow]:
    """What the model and the reviewers say about each image, in natural order."""
    for row in connection.execute(_ROWS, {"project": project_id, "model": model_id or ""}):
        yield SaidRow._make(row)


def read_label_texts(connection: Connection, project_id: int) -> dict[str, list[str]]:
    """Image -> JSON of the lines of the newest label file that speaks about it, in order."""
    found: dict[str, tuple[int, list[str]]] = {}
    for image_id, source_id, text in connection.execute(_LABELS, {"project": project_id}):
        known = found.get(image_id)
        if known is not None and known[0] == source_id:
            known[1].append(text)
        else:
            found[image_id] = (source_id, [text])
    return {image_id: texts for image_id, (_, texts) in found.items()}
