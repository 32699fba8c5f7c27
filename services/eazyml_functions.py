"""The functions a caller hands over in `required_functions` (formats.md 7.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError
from domain.explanation import RGBImage


@dataclass(frozen=True, slots=True)
class Functions:
    """A caller's functions, called so that their failures are told in one sentence.

    Attributes:
        loss_fn: (labels, outputs) -> a number.
        metric_fns: Name -> the same.
        input_preprocess_fn: (H, W, 3) uint8 -> (h, w, 3) numbers from 0 to 255, or fractions of 1.
        label_preprocess_fn: (H, W) places of classes, or the place of a class -> what the others are given.
        output_process_fn: (H, W, C) or (C,) probabilities -> what the others are given.
    """

    loss_fn: Callable[..., Any] | None = None
    metric_fns: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    input_preprocess_fn: Callable[..., Any] | None = None
    label_preprocess_fn: Callable[..., Any] | None = None
    output_process_fn: Callable[..., Any] | None = None

    def prepare(self, picture: RGBImage) -> RGBImage:
        """Return a picture as the caller wants it seen.

        Raises:
            FormatError: The function fails, or gives no picture.
        """
        if self.input_preprocess_fn is None:
            return picture
        found = np.asarray(_call("input_preprocess_fn", self.input_preprocess_fn, picture))
        if found.ndim != 3 or found.shape[2] != 3 or found.size == 0 or found.dtype.kind not in "uif":
            raise FormatError(
                f"input_preprocess_fn gives an array of shape {found.shape} and kind {found.dtype}; expected (h, w, 3) "
                "numbers."
            )
        if not np.isfinite(found).all():
            raise FormatError("input_preprocess_fn gives values that are no finite numbers.")
        scale = 255 if found.dtype.kind == "f" and found.max() <= 1 else 1
        return np.clip(np.rint(found * scale), 0, 255).astype(np.uint8)

    def label(self, value: Any) -> Any:
        """Return a label as the caller's other functions take it."""
        return (
            value if self.label_preprocess_fn is None else _call("label_preprocess_fn", self.label_preprocess_fn, value)
        )

    def output(self, value: NDArray[np.float64]) -> Any:
        """Return an answer of the model as the caller's other functions take it."""
        return value if self.output_process_fn is None else _call("output_process_fn", self.output_process_fn, value)

    def measure(self, labels: Any, outputs: Any) -> dict[str, float]:
        """Return the caller's own loss and metrics of one image, by name."""
        own = {} if self.loss_fn is None else {"loss": self.loss_fn}
        return {
            name: _number(name, _call(name, each, labels, outputs)) for name, each in {**own, **self.metric_fns}.items()
        }


def read_functions(given: Mapping[str, Any]) -> Functions:
    """Check the functions of a call.

    Raises:
        FormatError: One is no function.
    """
    metrics = given.get("metric_fns", {})
    plain = {name: value for name, value in given.items() if name != "metric_fns" and value is not None}
    for name, value in {**plain, **metrics}.items():
        if not callable(value):
            raise FormatError(f"{name} is {value!r:.80}, expected a function.")
    return Functions(**plain, metric_fns=metrics)


def _call(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        raise FormatError(f"{name} failed: {type(error).__name__}: {str(error)[:300]}") from error


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{name} gives {value!r:.80}, expected a number.") from error
    if not np.isfinite(number):
        raise FormatError(f"{name} gives {number}, expected a finite number.")
    return number
