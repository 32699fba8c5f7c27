"""The steps that make an image and its objects fit, for formats that say in `Limits` what they can hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from domain.prediction import Instance, Instances, Labels, Task
from formats.base.characters import fit_text
from formats.base.fitting import Loss, Losses, clip_instance, drop_crowd, drop_polygons, drop_score, place
from formats.base.format import WriteOptions
from formats.base.outlines import fit_outline
from formats.base.record import Facts, Record, Role

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a format can hold.

    Attributes:
        unfit: Matches characters that its texts cannot hold.
        clips: Its tools refuse or misread what lies outside the image.
        crowds: It holds crowd flags.
        outlines: It holds outlines: one or several rings an object, joined, without holes.
        boxes: It holds plain boxes also where outlines are asked for.
    """

    unfit: re.Pattern[str]
    clips: bool = False
    crowds: bool = False
    outlines: bool = True
    boxes: bool = True


def fit_content(
    record: Record,
    options: WriteOptions,
    losses: Losses,
    *,
    fit_item: Callable[[Instance, str], Iterable[Instance]],
    fit_labels: Callable[[Labels], Labels | None] | None = None,
) -> Record | None:
    """Fit what is said about an image; None (noted) when the format or the task has no room for it.

    Args:
        record: Its content is fitted, everything else stays.
        options: Tells the task.
        losses: Where it is noted.
        fit_item: Turns an object, with its place for notes, into none, one or several.
        fit_labels: As much for classes of a whole image; None for formats of objects.
    """
    content = record.content
    if isinstance(content, Instances) and options.task.has_objects:
        items = [
            fitted
            for index, item in enumerate(content.items)
            for fitted in fit_item(item, place(record.image_url, index))
        ]
        return replace(record, content=Instances(tuple(items)))
    if isinstance(content, Labels) and fit_labels is not None and not options.task.has_objects:
        labels = fit_labels(content)
        return None if labels is None else replace(record, content=labels)
    losses.note(Loss.IMAGES, record.image_url, f"its content is not for {options.task.in_words}")
    return None


def fit_given(record: Record, limits: Limits, options: WriteOptions, losses: Losses) -> Record | None:
    """Fit what a person gave an image, for formats in pixels; None (noted) when its size is not known."""
    if record.size is None:
        losses.note(Loss.IMAGES, record.image_url, "its size is not known")
        return None

    def fit_item(item: Instance, where: str) -> Iterator[Instance]:
        whole = fit_object(item, limits, record, losses, where, task=options.task)
        if whole is not None:
            yield whole

    def fit_labels(labels: Labels) -> Labels | None:
        return fit_given_classes(labels, limits, record, losses, task=options.task)

    named = fit_names(record, limits, losses)
    return fit_content(named, options, losses, fit_item=fit_item, fit_labels=fit_labels)


def fit_object(
    item: Instance, limits: Limits, record: Record, losses: Losses, where: str, *, task: Task
) -> Instance | None:
    """Fit one object of a record; None (noted) when it cannot be held."""
    if not item.label.strip():
        losses.note(Loss.OBJECTS, where, "it has no class")
        return None
    if record.role is Role.PREDICTION and item.score is None:
        losses.note(Loss.OBJECTS, where, "it has no score")
        return None
    whole = _fit_flags(item, limits, record.role, losses, where)
    placed = clip_instance(whole, losses, where) if limits.clips else whole
    return None if placed is None else _fit_shape(placed, limits, record, losses, where, task=task)


def _fit_flags(item: Instance, limits: Limits, role: Role, losses: Losses, where: str) -> Instance:
    item = replace(item, label=fit_text(item.label, limits.unfit, losses, where))
    if not limits.crowds:
        item = drop_crowd(item, losses, where)
    return drop_score(item, losses, where) if role is Role.LABEL else item


def _fit_shape(
    item: Instance, limits: Limits, record: Record, losses: Losses, where: str, *, task: Task
) -> Instance | None:
    if limits.outlines and task is Task.SEGMENTATION:
        item = fit_outline(item, record.size, losses, where)
        if not item.polygons and not limits.boxes:
            losses.note(Loss.OBJECTS, where, "it has no outline")
            return None
    else:
        item = drop_polygons(item, losses, where)
    if item.box.width <= 0 or item.box.height <= 0:
        losses.note(Loss.OBJECTS, where, "its box has no area")
        return None
    return item


def fit_given_classes(labels: Labels, limits: Limits, record: Record, losses: Losses, *, task: Task) -> Labels | None:
    """Fit the classes a person gave an image; None (noted) when multi-class does not find exactly one."""
    where = record.image_url
    names = [fit_text(name, limits.unfit, losses, where) for name in labels.scores if name.strip()]
    if task is Task.CLASSIFICATION and len(names) != 1:
        losses.note(Loss.IMAGES, where, f"it has {len(names)} classes, expected one")
        return None
    if any(score < 1 for name, score in labels.scores.items() if name.strip()):
        losses.note(Loss.SCORES, where, "labels have no scores")
    return Labels(dict.fromkeys(names, 1.0))


def fit_names(record: Record, limits: Limits, losses: Losses) -> Record:
    """Fit the name of the image, and forget facts about the prediction (noted)."""
    if record.facts != Facts():
        losses.note(Loss.FACTS, record.image_url, record.facts.in_words)
    url = fit_text(record.image_url, limits.unfit, losses, record.image_url)
    return replace(record, image_url=url, facts=Facts())


def note_odd_box(item: Instance, add: Callable[[str, str], None]) -> None:
    """Report a box that is empty, upside down (EX006) or partly outside the image (EX013).

    Args:
        item: What was read.
        add: Takes a code and a message.
    """
    box = item.box
    if box.width <= 0 or box.height <= 0:
        add("EX006", "The box is empty or upside down; expected left < right and top < bottom.")
    elif min(box.as_tuple()) < -_TOLERANCE or max(box.as_tuple()) > 1 + _TOLERANCE:
        add("EX013", "It reaches outside the image.")
