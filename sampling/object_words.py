"""Why an image with boxes stands where it does, in words."""

from __future__ import annotations

from enum import StrEnum

from sampling.base import Ranking, Suspect
from sampling.box_overlap import overlaps
from sampling.sheets import Boxes, ObjectSheet


class Kind(StrEnum):
    """What may be wrong with an object of a label."""

    OVERLOOKED = "overlooked"
    BADLY_LOCATED = "badly located"
    SWAPPED = "swapped"
    UNSUPPORTED = "unsupported"


def say_suspect(sheet: ObjectSheet, ranking: Ranking, image: int) -> str:
    """What the model says about the object that counts most."""
    labels, boxes = sheet.given[image], sheet.predicted[image]
    if not len(labels) and not len(boxes):
        return "Nothing is labelled and nothing is predicted"
    suspect = ranking.suspects[image]
    if suspect is None:
        return "Labels and predictions agree"
    if suspect.labelled is None:
        return f"{_predicted(sheet, boxes, suspect)} is not labelled"
    label = sheet.classes[labels.classes[suspect.labelled]]
    if suspect.predicted is None:
        is_double = suspect.kind == Kind.SWAPPED
        return f"{label} is labelled {'on a label of another class' if is_double else 'and not predicted'}"
    found = _predicted(sheet, boxes, suspect)
    if suspect.kind == Kind.SWAPPED:
        return f"{label} is labelled where {found} is predicted"
    overlap = overlaps(labels.corners[[suspect.labelled]], boxes.corners[[suspect.predicted]])[0, 0]
    return f"The box of {label} overlaps by {overlap:.0%} with that of {found}"


def _predicted(sheet: ObjectSheet, boxes: Boxes, suspect: Suspect) -> str:
    place = suspect.predicted
    return f"{sheet.classes[boxes.classes[place]]} with a score of {boxes.scores[place]:.2f}"
