"""What EazyML's four image functions return: the documented shapes are written, those and the real ones read.

The documentation contradicts itself and the package (formats.md 7, 10 A28); `parse_*` take all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import FormatError
from formats.base.numbers import finite_number, parse_number

_TRAINING_KEYS = ("model", "history")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is said about one image.

    Attributes:
        pictures: Paths of explanation pictures; empty when there is only a text.
        text: A sentence instead of a picture; empty when there is one.
        confidence: Percent, on the scale of the score strategy; None where none is given.
    """

    pictures: tuple[str, ...] = ()
    text: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """The answer of `ez_xai_image_explain`."""

    success: bool
    message: str = ""
    explanations: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class ActiveLearningAnswer:
    """The answer of `ez_image_active_learning`: places in `filenames` from 0, least sure first, with their scores."""

    success: bool
    message: str = ""
    indices: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class OnlineLearningAnswer:
    """The answer of `ez_image_online_learning`: the path of the new model, and values by name and epoch."""

    success: bool
    message: str = ""
    model: str = ""
    history: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])


@dataclass(frozen=True, slots=True)
class EvaluateAnswer:
    """The answer of `ez_image_model_evaluate`: values by name, the loss first; `text` where nothing else is told."""

    success: bool
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    text: str = ""


def render_failure(message: str) -> dict[str, Any]:
    """What every function returns when something is wrong."""
    return {"success": False, "message": message}


def parse_explain_answer(answer: Any) -> ExplainAnswer:
    """Read an answer about one or several images.

    Raises:
        FormatError: It is not a dictionary, or a part is of a kind that neither documentation nor package know.
    """
    fields = _fields(answer)
    success, message = _status(fields)
    said = fields.get("explanations")
    entries = said if isinstance(said, list) else [] if said is None else [said]
    outer = fields.get("confidence")
    found = [_explanation(entry, outer) for entry in entries]
    return ExplainAnswer(success, message, tuple(found))


def render_explain_answer(answer: ExplainAnswer) -> dict[str, Any]:
    """The documented dictionary; a list of explanations for several images."""
    entries = [
        {
            "explanation": _one_or_list(each.pictures) if each.pictures else each.text,
            **({} if each.confidence is None else {"confidence": each.confidence}),
        }
        for each in answer.explanations
    ]
    return {**_head(answer), **({"explanations": entries[0] if len(entries) == 1 else entries} if entries else {})}


def parse_active_learning_answer(answer: Any) -> ActiveLearningAnswer:
    """Read the order in which images are to be labelled.

    Raises:
        FormatError: It is not a dictionary, or a part is of a kind that neither documentation nor package know.
    """
    fields = _fields(answer)
    success, message = _status(fields)
    info = next((fields[key] for key in ("query_info", "explanations") if fields.get(key) is not None), {})
    if not isinstance(info, Mapping):
        raise FormatError(f"query_info is {info!r:.80}, expected a dictionary.")
    indices = [_number(value, "query_indices") for value in _sequence(info.get("query_indices"), "query_indices")]
    scores = [_number(value, "query_scores") for value in _sequence(info.get("query_scores"), "query_scores")]
    if len(indices) != len(scores):
        raise FormatError(f"There are {len(indices)} query_indices and {len(scores)} query_scores.")
    if any(not value.is_integer() or value < 0 for value in indices):
        raise FormatError("query_indices are not whole numbers from 0.")
    return ActiveLearningAnswer(success, message, tuple(map(int, indices)), tuple(scores))


def render_active_learning_answer(answer: ActiveLearningAnswer) -> dict[str, Any]:
    """The documented dictionary."""
    if not answer.success:
        return _head(answer)
    info = {"query_indices": list(answer.indices), "query_scores": list(answer.scores)}
    return {**_head(answer), "query_info": info}


def parse_online_learning_answer(answer: Any) -> OnlineLearningAnswer:
    """Read where the new model lies; the package returns the inner dictionary alone, with a suggestion.

    Raises:
        FormatError: It is not a dictionary, or a part is of a kind that neither documentation nor package know.
    """
    fields = _fields(answer)
    inner = fields.get("training_info", fields if any(key in fields for key in _TRAINING_KEYS) else {})
    if not isinstance(inner, Mapping):
        raise FormatError(f"training_info is {inner!r:.80}, expected a dictionary.")
    success, message = _status({"success": "model" in inner, **fields})
    history = inner.get("history", {})
    model = inner.get("model", "")
    if not isinstance(history, Mapping) or not isinstance(model, str):
        raise FormatError("training_info does not hold the path of a model and a dictionary, its history.")
    values = {
        str(name): tuple(_number(value, f"history {name}") for value in _sequence(series, f"history {name}"))
        for name, series in history.items()
    }
    suggestion = inner.get("suggest_string", "")
    return OnlineLearningAnswer(success, message or str(suggestion), model, values)


def render_online_learning_answer(answer: OnlineLearningAnswer) -> dict[str, Any]:
    """The documented dictionary."""
    if not answer.success:
        return _head(answer)
    history = {name: list(values) for name, values in answer.history.items()}
    return {**_head(answer), "training_info": {"model": answer.model, "history": history}}


def parse_evaluate_answer(answer: Any, *, names: Sequence[str] = ()) -> EvaluateAnswer:
    """Read the values of an evaluation.

    Args:
        answer: `eval_info` is a text, a list (the loss, then the metrics) or a dictionary.
        names: What the values of a list are called; loss, metric_1, metric_2... where it is empty.

    Raises:
        FormatError: It is not a dictionary, or a part is of a kind that neither documentation nor package know.
    """
    fields = _fields(answer)
    success, message = _status(fields)
    info, metrics = fields.get("eval_info"), fields.get("metrics")
    named = metrics if isinstance(metrics, Mapping) else info if isinstance(info, Mapping) else {}
    if not named and info is not None and not isinstance(info, str):
        values = _sequence(info, "eval_info")
        called = [*names, *(f"metric_{index}" if index else "loss" for index in range(len(names), len(values)))]
        named = dict(zip(called, values, strict=False))
    found = {str(name): _number(value, str(name)) for name, value in named.items()}
    return EvaluateAnswer(success, message, found, info if isinstance(info, str) and not found else "")


def render_evaluate_answer(answer: EvaluateAnswer) -> dict[str, Any]:
    """The documented dictionary, in which the values are a sentence, and the numbers themselves beside it."""
    if not answer.success:
        return _head(answer)
    words = answer.text or ", ".join(f"{name}: {value:g}" for name, value in answer.metrics.items())
    return {**_head(answer), "eval_info": words, **({"metrics": dict(answer.metrics)} if answer.metrics else {})}


def _fields(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise FormatError(f"The answer is {answer!r:.80}, expected a dictionary.")
    return answer


def _status(fields: Mapping[str, Any]) -> tuple[bool, str]:
    success, message = fields.get("success"), fields.get("message", "")
    if not isinstance(success, bool):
        raise FormatError(f"success is {success!r:.80}, expected True or False.")
    return success, str(message)


def _head(answer: Any) -> dict[str, Any]:
    return {"success": answer.success, **({"message": answer.message} if answer.message else {})}


def _explanation(entry: Any, outer: Any) -> Explanation:
    if isinstance(entry, str):
        entry = {"explanation": entry}
    if not isinstance(entry, Mapping):
        raise FormatError(f"An explanation is {entry!r:.80}, expected a dictionary.")
    said, confidence = entry.get("explanation", ""), entry.get("confidence", outer)
    percent = None if confidence is None else _number(confidence, "confidence")
    if isinstance(said, str):
        is_sentence = " " in said.strip() and said.rstrip().endswith(".")
        if is_sentence or not said:
            return Explanation((), said, percent)
        return Explanation((said,), "", percent)
    paths = _sequence(said, "explanation")
    if not all(isinstance(path, str) for path in paths):
        raise FormatError(f"explanation is {said!r:.80}, expected a path, a list of paths or a sentence.")
    return Explanation(tuple(paths), confidence=percent)


def _number(value: Any, name: str) -> float:
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    number = parse_number(plain) if isinstance(plain, str) else finite_number(plain)
    if number is None:
        raise FormatError(f"{name} holds {value!r:.80}, expected a finite number.")
    return number


def _sequence(value: Any, name: str) -> list[Any]:
    """A list, a tuple or a flat array of NumPy; none for None."""
    if value is None:
        return []
    plain = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(plain, list | tuple):
        raise FormatError(f"{name} is {value!r:.80}, expected a list.")
    return list(plain)


def _one_or_list(paths: tuple[str, ...]) -> str | list[str]:
    return paths[0] if len(paths) == 1 else list(paths)
