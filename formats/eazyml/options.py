"""The options of EazyML's four image functions: names, kinds, defaults (formats.md 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import FormatError

SCORE_STRATEGIES = ("weighted-moments", "trainable-1", "trainable-2", "log-info", "lime-confidence")
XAI_STRATEGIES = ("gradcam", "image-lime", "highres-gradcam")
ONLINE_STRATEGIES = ("fine-tuning", "joint-training", "knowledge-distillation")
TRAINING_STRATEGIES = ("normal", "transfer-learning", "dropouts")
FUNCTIONS = ("loss_fn", "metric_fns", "input_preprocess_fn", "label_preprocess_fn", "output_process_fn")
_WHOLE_MODEL = "whole-model"


@dataclass(frozen=True, slots=True)
class Option:
    """One key of the options.

    Attributes:
        expected: What it must be, in words.
        holds: Whether a value is that.
        default: Value where the key is missing; None for none.
        choices: The only values; empty for any.
    """

    expected: str
    holds: Callable[[Any], bool]
    default: Any = None
    choices: tuple[str, ...] = ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_float(value: Any) -> bool:
    return isinstance(value, float)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def text(default: str | None = None, choices: tuple[str, ...] = ()) -> Option:
    return Option("a string", _is_text, default, choices)


_PATH = text()
_FUNCTIONS = Option("a dictionary of functions", _is_mapping)
_SCORING = {
    "training_data_path": _PATH,
    "score_strategy": text("weighted-moments", SCORE_STRATEGIES),
    "xai_strategy": text("gradcam", XAI_STRATEGIES),
    "gradcam_layer": text(),
    "model_num": text("1"),
    "required_functions": _FUNCTIONS,
}
EXPLAIN: Mapping[str, Option] = {
    **_SCORING,
    "xai_image_path": Option("a string or a list of strings", lambda value: _is_text(value) or _are_texts(value)),
}
ACTIVE_LEARNING: Mapping[str, Option] = {
    **_SCORING,
    "query_count": Option("a positive integer", lambda value: _is_whole(value) and value > 0),
    "al_strategy": text("pool-based", ("pool-based",)),
}
ONLINE_LEARNING: Mapping[str, Option] = {
    "training_parameters": Option("a dictionary", _is_mapping),
    "required_functions": _FUNCTIONS,
    "training_data_path": _PATH,
    "validation_data_path": _PATH,
    "new_model_path": text(),
    "ol_strategy": text("fine-tuning", ONLINE_STRATEGIES),
    "tr_strategy": text("normal", (*TRAINING_STRATEGIES, _WHOLE_MODEL)),
    "compiled": Option("True or False", lambda value: isinstance(value, bool)),
    "log_file": text(),
}
EVALUATE: Mapping[str, Option] = {
    "required_functions": _FUNCTIONS,
    "batch_size": Option("integer", _is_whole),
    "log_file": text(),
}
_TRAINING = {
    "batch_size": Option("integer", _is_whole),
    "epochs": Option("integer", _is_whole),
    "learning_rate": Option("float", _is_float),
    "dropout": Option("float", _is_float),
    "trainable_layers": Option("a positive integer", lambda value: _is_whole(value) and value > 0),
}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options.

    Attributes:
        given: As the caller gave them.
        values: With the defaults of missing keys, and under the names of the documentation.
    """

    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def parse_options(given: Any, known: Mapping[str, Option]) -> Options:
    """Check the options of a function.

    Raises:
        FormatError: They are no dictionary, have an unknown key, or a value of another kind than documented.
    """
    if given is None:
        given = {}
    if not _is_mapping(given):
        raise FormatError(f"options is {given!r:.80}, expected a dictionary.")
    unknown = [key for key in given if key not in known]
    if unknown:
        raise FormatError(f"Invalid key in options: {', '.join(unknown)}.", remedy=f"Known: {', '.join(known)}.")
    values: dict[str, Any] = {key: option.default for key, option in known.items() if option.default is not None}
    for key, value in given.items():
        if value is None:
            continue
        _check(key, value, known[key])
        values[key] = value
    _check_functions(values.get("required_functions", {}))
    if "training_parameters" in values:
        values["training_parameters"] = _parse_training(values["training_parameters"])
    if values.get("tr_strategy") == _WHOLE_MODEL:
        values["tr_strategy"] = "normal"
    return Options(dict(given), values)


def _check(key: str, value: Any, option: Option) -> None:
    if not option.holds(value):
        raise FormatError(f"{key} should be {option.expected}, found {value!r:.80}.")
    if option.choices and value not in option.choices:
        raise FormatError(f"{key} is {value!r:.80}.", remedy=f"Use one of: {', '.join(option.choices)}.")


def _check_functions(functions: Mapping[str, Any]) -> None:
    unknown = [key for key in functions if key not in FUNCTIONS]
    if unknown:
        raise FormatError(
            f"Invalid key in required_functions: {', '.join(unknown)}.", remedy=f"Known: {', '.join(FUNCTIONS)}."
        )
    metrics = functions.get("metric_fns", {})
    if not _is_mapping(metrics):
        raise FormatError(f"metric_fns should be a dictionary of name and function, found {metrics!r:.80}.")


def _parse_training(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Training parameters; `batchsize`, as the example of the documentation spells it, is batch_size."""
    renamed = {"batch_size" if key == "batchsize" else key: value for key, value in parameters.items()}
    if len(renamed) < len(parameters):
        raise FormatError("training_parameters has both batchsize and batch_size.", remedy="Keep one of them.")
    for key, value in renamed.items():
        if key in _TRAINING:
            _check(key, value, _TRAINING[key])
    return renamed
