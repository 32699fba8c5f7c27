"""EazyML's evaluation of a model on labelled images (formats.md 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError, ImageError
from formats.eazyml.answers import EvaluateAnswer
from formats.eazyml.requests import TableRequest
from services.eazyml_cases import Axis, open_picture, predict_array, read_axis
from services.eazyml_functions import Functions, read_functions
from services.eazyml_models import load_model
from services.eazyml_tables import Row, read_class, read_classes_of_pixels, read_rows, write_log

if TYPE_CHECKING:
    from predictors import Predictor

_LEAST = 1e-7


def evaluate(request: TableRequest) -> EvaluateAnswer:
    """Measure a model on a table of images and labels.

    Raises:
        RelookError: A file cannot be used, or model and labels do not go together.
    """
    predictor, _ = load_model(Path(request.model_path))
    functions = read_functions(request.options.values.get("required_functions", {}))
    metrics, left_out = measure_rows(predictor, read_rows(Path(request.data_path)), functions)
    if log := request.options.values.get("log_file"):
        write_log(Path(log), {name: [value] for name, value in metrics.items()})
    lost = f" Left out: {'; '.join(left_out[:3])}" if left_out else ""
    return EvaluateAnswer(True, f"The model was evaluated.{lost}", metrics)


def measure_rows(
    predictor: Predictor, rows: Sequence[Row], functions: Functions
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the loss and the metrics, and which images could not be read.

    Without functions of the caller: the mean cross entropy of images or pixels; then accuracy, and the mean over the
    classes that are labelled or predicted of intersection over union and F score (of images the F score alone).

    Raises:
        FormatError: A label cannot be used, or no image can be read.
    """
    tally = _Tally(functions)
    left_out: list[str] = []
    for row in rows:
        try:
            picture = functions.prepare(open_picture(row.image))
        except ImageError as error:
            left_out.append(f"{row.where}: {error.message}")
            continue
        scores = predict_array(predictor, picture)
        tally.add(scores, _truth(row, read_axis(predictor, scores.shape[-1]), scores))
    if len(left_out) == len(rows):
        raise FormatError(f"None of the {len(rows)} images can be read. {left_out[0]}")
    return tally.figures(), tuple(left_out)


def _truth(row: Row, axis: Axis, scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (H, W) places of classes, (1, 1) of an image; what has no class is background, or -1 where none is."""
    if scores.shape[:2] == (1, 1):
        return np.array([[read_class(row, axis.names)]])
    truth = read_classes_of_pixels(row, axis.names, (scores.shape[0], scores.shape[1]))
    return truth if axis.background is None else np.where(truth < 0, axis.background, truth)


class _Tally:
    """Adds up images: each is seen once."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._own: list[dict[str, float]] = []
        self._losses: list[float] = []
        self._confusion: NDArray[np.int64] | None = None
        self._is_dense = False

    def add(self, scores: NDArray[np.float64], truth: NDArray[np.int64]) -> None:
        self._is_dense = scores.shape[:2] != (1, 1)
        if self._functions.loss_fn is not None or self._functions.metric_fns:
            values: Any = (truth, scores) if self._is_dense else (int(truth[0, 0]), scores[0, 0])
            self._own.append(
                self._functions.measure(self._functions.label(values[0]), self._functions.output(values[1]))
            )
        if scores.shape[-1] == 1:  # beside the only class there is what is not of it
            scores = np.concatenate([1 - scores, scores], axis=-1)
            truth = truth + 1
        known = truth >= 0
        chances = np.take_along_axis(scores, np.maximum(truth, 0)[..., None], axis=-1)[..., 0]
        self._losses.append(float(-np.log(np.maximum(chances[known], _LEAST)).mean()) if known.any() else 0.0)
        count = scores.shape[-1]
        places = truth[known] * count + scores.argmax(axis=-1)[known]
        counts = np.bincount(places, minlength=count * count).reshape(count, count)
        self._confusion = counts if self._confusion is None else self._confusion + counts

    def figures(self) -> dict[str, float]:
        own = {name: float(np.mean([each[name] for each in self._own])) for name in (self._own[0] if self._own else {})}
        loss = {"loss": own.pop("loss", float(np.mean(self._losses)))}
        if self._functions.metric_fns:
            return {**loss, **own}
        return {**loss, **_metrics(self._confusion, is_dense=self._is_dense)}


def _metrics(confusion: NDArray[np.int64] | None, *, is_dense: bool) -> dict[str, float]:
    assert confusion is not None  # noqa: S101  one image was added at least
    right = np.diag(confusion).astype(float)
    labelled, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    seen = (labelled + predicted) > 0
    overlap = (right / np.maximum(labelled + predicted - right, 1))[seen]
    f_score = (2 * right / np.maximum(labelled + predicted, 1))[seen]
    figures = {"metric_accuracy": float(right.sum() / max(confusion.sum(), 1))}
    if is_dense:
        figures["metric_iou"] = float(overlap.mean())
    return {**figures, "metric_fscore": float(f_score.mean())}
