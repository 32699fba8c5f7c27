"""In which order images come to review, and why each one is there."""

from __future__ import annotations

import threading

from domain.errors import UnknownNameError
from domain.prediction import Labels
from domain.project import ImageState, Project
from services.shown import describe_difference

ORDERS = {
    "name": "File name",
    "score": "Lowest score first",
    "differs": "Label and prediction differ first",
}


def check_order(order: str) -> None:
    """Raise unless there is such an order.

    Raises:
        UnknownNameError: There is none.
    """
    if order not in ORDERS:
        raise UnknownNameError("order", order, known=list(ORDERS))


def reason_for(state: ImageState, project: Project) -> str:
    """Why a reviewer should look at this image, in a few words; empty when nothing speaks for it."""
    difference = difference_of(state, project)
    if difference:
        return difference
    if state.score is not None and state.score < project.threshold + 0.2:
        top = state.prediction.top() if isinstance(state.prediction, Labels) else []
        return f"Score {state.score:.2f} for {top[0][0]}" if top else f"Lowest score {state.score:.2f}"
    if state.label is None and state.prediction is None:
        return "No label, no prediction"
    return ""


def difference_of(state: ImageState, project: Project) -> str:
    """`describe_difference` of the label and the prediction of an image, remembered."""
    key = (project.project_id, state.image.image_id, project.model_id, project.threshold)
    known = _remembered.get(key)
    # A new reading of the labels or predictions makes new objects: then what is remembered no longer counts.
    if known is None or known[0] != (state.label, state.prediction):
        known = ((state.label, state.prediction), describe_difference(state.label, state.prediction, project))
        with _lock:
            if len(_remembered) > _MOST_REMEMBERED:
                _remembered.clear()
            _remembered[key] = known
    return known[1]


_MOST_REMEMBERED = 200_000
_remembered: dict[tuple[object, ...], tuple[tuple[object, object], str]] = {}
_lock = threading.Lock()
