"""What COCO can hold: outlines as they are, crowds and holes as masks of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from domain.errors import LimitError
from domain.geometry import Segment, bounding_box
from domain.prediction import Instance, Instances, Task
from formats.base.characters import NOT_IN_JSON, fit_text
from formats.base.fitting import Loss, Losses, drop_crowd, drop_polygons, drop_score
from formats.base.format import WriteOptions
from formats.base.masks import Runs, fill, has_holes, outline
from formats.base.objects import Limits, fit_content, fit_names
from formats.base.record import Record, Role
from formats.coco.shapes import LARGEST_SIDE, Size, are_finite

_LIMITS = Limits(NOT_IN_JSON)
_SMALLEST_RING = 6
_FARTHEST = 1e9


def fit_record(record: Record, options: WriteOptions, losses: Losses) -> Record | None:
    """The record as labels or, for predictions, a results list can hold it; None (noted) when nothing can be held."""
    size = record.size
    if size is None or not all(0 < side <= LARGEST_SIDE for side in size):
        losses.note(Loss.IMAGES, record.image_url, "its size is not known")
        return None
    if not record.image_url.strip():
        losses.note(Loss.IMAGES, f"line {record.line}", "it has no name")
        return None

    def fit_item(item: Instance, where: str) -> Iterator[Instance]:
        if _can_stay(item, losses, where, is_scored=record.role is Role.PREDICTION):
            labelled = replace(item, label=fit_text(item.label, NOT_IN_JSON, losses, where))
            flagged = _fit_flags(labelled, record.role, losses, where)
            shaped = _fit_shape(flagged, options.task, size, losses, where)
            if shaped.box.width > 0 and shaped.box.height > 0:
                yield shaped
            else:
                losses.note(Loss.OBJECTS, where, "its box has no area")

    fitted = fit_content(fit_names(record, _LIMITS, losses), options, losses, fit_item=fit_item)
    if fitted is None or record.role is Role.LABEL or (isinstance(fitted.content, Instances) and fitted.content.items):
        return fitted
    losses.note(Loss.IMAGES, record.image_url, "a results list cannot name an image without objects")
    return None


def mask_of(item: Instance, size: Size) -> Runs | None:
    """The mask a fitted object is written as; None when it is written as outlines or as a box.

    Predictions are always masks: COCO's tools read outlines in labels only.
    """
    width, height = size
    if not item.polygons or not _wants_mask(item, size):
        return None
    runs = fill(item.polygons, height, width)
    return runs if runs.area else None


def _wants_mask(item: Instance, size: Size) -> bool:
    width, height = size
    return item.score is not None or bool(item.is_crowd) or has_holes(item.polygons, height, width)


def _can_stay(item: Instance, losses: Losses, where: str, *, is_scored: bool) -> bool:
    values = [*item.box.as_tuple(), *chain.from_iterable(item.polygons)]
    cause = ""
    if not item.label.strip():
        cause = "it has no class"
    elif not (are_finite(values) and min(values) > -_FARTHEST and max(values) < _FARTHEST):
        cause = "its coordinates are beyond measure"
    elif is_scored and item.score is None:
        cause = "it has no score"
    elif is_scored and not 0 <= (item.score or 0.0) <= 1:
        cause = f"its score is {item.score}"
    if cause:
        losses.note(Loss.OBJECTS, where, cause)
    return not cause


def _fit_flags(item: Instance, role: Role, losses: Losses, where: str) -> Instance:
    if role is Role.PREDICTION:
        return drop_crowd(item, losses, where)
    return replace(drop_score(item, losses, where), is_crowd=bool(item.is_crowd))


def _fit_shape(item: Instance, task: Task, size: Size, losses: Losses, where: str) -> Instance:
    if task is Task.DETECTION or not item.polygons:
        return drop_polygons(item, losses, where)
    rings = tuple(ring for ring in item.polygons if len(ring) >= _SMALLEST_RING and len(ring) % 2 == 0)
    if len(rings) < len(item.polygons):
        losses.note(Loss.POLYGONS, where, "outlines of fewer than 3 points")
    try:
        fitted = _fit_mask(replace(item, polygons=rings), size, losses, where)
    except LimitError as error:
        losses.note(Loss.POLYGONS, where, f"only its box is kept. {error.message}")
        fitted = replace(item, polygons=())
    return replace(fitted, box=bounding_box(fitted.polygons) or fitted.box)


def _fit_mask(item: Instance, size: Size, losses: Losses, where: str) -> Instance:
    """The outlines of the mask the object will be, where it must be one."""
    width, height = size
    if not item.polygons or not _wants_mask(item, size):
        return item
    rings = outline(fill(item.polygons, height, width))
    if rings == item.polygons:
        return item
    if not rings:
        return _fit_nothing(item, size, losses, where)
    if _reaches_out(item.polygons):
        losses.note(Loss.CLIPPED, where, "its mask ends at the edge of the image")
    losses.note(Loss.ROUNDED, where, f"{_cause(item)} becomes a mask of whole pixels")
    return replace(item, polygons=rings)


def _fit_nothing(item: Instance, size: Size, losses: Losses, where: str) -> Instance:
    """An object that fills no pixel: a small crowd keeps its outlines, of others the box is left."""
    width, height = size
    if item.score is None and not has_holes(item.polygons, height, width):
        return item
    losses.note(Loss.POLYGONS, where, "only its box is kept, its outline fills no pixel")
    return replace(item, polygons=())


def _cause(item: Instance) -> str:
    if item.score is not None:
        return "the outline of a prediction"
    return "the outline of a crowd" if item.is_crowd else "the outline with holes"


def _reaches_out(polygons: tuple[Segment, ...]) -> bool:
    return any(not 0 <= value <= 1 for ring in polygons for value in ring)
