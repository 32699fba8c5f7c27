"""A few images of a project, and what a model says about each most surely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.explanation import Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instance, Labels
from services.explaining import Request
from services.scoring import score_images
from services.workspace import Workspace
from store.images import list_files

if TYPE_CHECKING:
    from predictors import Predictor

_SPARE = 3
"""Images are asked about up to this many times the number wanted, since a detector finds nothing on some."""


def readable_images(workspace: Workspace, project_id: int) -> list[ImageRef]:
    """The images of a project that are there and can be read, in their order."""
    with workspace.read() as connection:
        files = list_files(connection, project_id)
    return [file.image for file in files if file.image.is_readable and not file.is_missing]


def ask_for_targets(
    predictor: Predictor,
    spec: ModelSpec,
    images: Sequence[ImageRef],
    like: Request,
    *,
    count: int,
    max_pixels: int,
) -> list[Request]:
    """Return `like` about the surest class or object of up to `count` images, evenly spread over all.

    Images that cannot be read and those where the model finds nothing are passed over.
    """
    found: list[Request] = []
    for image in _spread(images, _SPARE * count):
        if len(found) == count:
            break
        [[made]] = score_images(predictor, spec, [image], max_pixels=max_pixels)
        surest = _surest(made.content)
        if surest is not None:
            target, instance = surest
            found.append(Request(image, target, like.method, instance, like.parameters, like.seed))
    return found


def _spread(images: Sequence[ImageRef], count: int) -> list[ImageRef]:
    """Up to `count` images, so ordered that the first few are spread over all already."""
    step = max(1, len(images) // max(1, count))
    chosen = list(images[::step])[:count]
    return [image for start in range(_SPARE) for image in chosen[start::_SPARE]]


def _surest(content: Content | None) -> tuple[Target, Instance | None] | None:
    if isinstance(content, Labels):
        return Target(content.top()[0][0]), None
    if content is None or not content.items:
        return None
    best = max(content.items, key=lambda item: item.score or 0.0)
    return Target(best.label, best.instance_id), best
