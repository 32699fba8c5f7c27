"""What to know about an order before trusting it: inputs that are missing, few or odd, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from domain.prediction import Content
from domain.project import ImageState
from sampling import ClassSheet, Needs, Sheet, Strategy

_FEW = 10


def describe_inputs(
    states: Sequence[ImageState],
    labels: Mapping[str, Content | None],
    sheet: Sheet,
    strategy: Strategy,
    *,
    is_chosen: bool,
) -> Iterator[str]:
    """Yield what to know, full sentences.

    Args:
        states: All images of the project.
        labels: Image -> label.
        sheet: The images that are judged.
        strategy: What orders them.
        is_chosen: Whether a person named the strategy.
    """
    if strategy.needs is Needs.NOTHING:
        return
    labelled = [state for state in states if labels[state.image.image_id] is not None]
    if not labelled and not is_chosen:
        yield f"No image has a label, so that images come by {strategy.title.lower()}; wrong labels are not looked for."
    if strategy.needs.has_predictions and (lost := sum(state.prediction is None for state in states)):
        yield f"Images without a prediction, which come last: {lost:,}."
    if strategy.needs is Needs.BOTH:
        if lost := sum(labels[state.image.image_id] is None and state.prediction is not None for state in states):
            yield f"Images with a prediction but no label, which come last: {lost:,}."
        yield from _describe_labels(sheet)
    if strategy.needs.has_embeddings and (lost := len(states) - len(sheet)):
        lacking = "a label or an embedding" if strategy.needs.has_labels else "an embedding"
        yield f"Images without {lacking}, which come last: {lost:,}."
    if len(sheet.classes) == 1:
        yield f"There is one class only, {sheet.classes[0]}: no label can name another, and the order says little."
    if 0 < len(sheet) < _FEW:
        count = "1 image is" if len(sheet) == 1 else f"{len(sheet)} images are"
        yield f"Only {count} judged: figures of so few are mostly chance."


def _describe_labels(sheet: Sheet) -> Iterator[str]:
    if not isinstance(sheet, ClassSheet) or not len(sheet):
        return
    is_usable = ~np.all(np.isnan(sheet.scores), axis=1)
    if lost := int((~is_usable).sum()):
        yield f"Images whose prediction holds a score that is not a number from 0 to 1, which come last: {lost:,}."
    unknown = np.isnan(sheet.scores[is_usable]).all(axis=0) & sheet.given[is_usable].any(axis=0)
    for place in np.flatnonzero(unknown):
        count = int(sheet.given[is_usable, place].sum())
        yield f"The model has no class {sheet.classes[place]}. Images labelled so, which come last: {count:,}."
    if not sheet.is_multilabel and _all_differ(sheet):
        yield "Every label differs from the class with the highest score: check that model and labels belong together."


def _all_differ(sheet: ClassSheet) -> bool:
    """Whether no label is the model's first choice."""
    known = np.where(np.isnan(sheet.scores), -1, sheet.scores)
    return not sheet.given[np.arange(len(sheet)), known.argmax(axis=1)].any()
