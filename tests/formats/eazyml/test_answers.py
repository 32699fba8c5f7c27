"""What EazyML's functions return: the documented dictionaries round-trip, and the real ones are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from domain.errors import FormatError
from formats.eazyml.answers import (
    ActiveLearningAnswer,
    EvaluateAnswer,
    ExplainAnswer,
    Explanation,
    OnlineLearningAnswer,
    parse_active_learning_answer,
    parse_evaluate_answer,
    parse_explain_answer,
    parse_online_learning_answer,
    render_active_learning_answer,
    render_evaluate_answer,
    render_explain_answer,
    render_failure,
    render_online_learning_answer,
)

DOCUMENTED: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
    (
        parse_explain_answer,
        render_explain_answer,
        {"success": True, "explanations": {"explanation": "path/to/explainability/image", "confidence": 95.4}},
    ),
    (
        parse_explain_answer,
        render_explain_answer,
        {
            "success": True,
            "message": "Two images.",
            "explanations": [{"explanation": "1.jpg", "confidence": 95.4}, {"explanation": "2.jpg", "confidence": 1.0}],
        },
    ),
    (
        parse_active_learning_answer,
        render_active_learning_answer,
        {"success": True, "query_info": {"query_indices": [3, 1, 0], "query_scores": [98.81, 98.86, 99.4]}},
    ),
    (
        parse_online_learning_answer,
        render_online_learning_answer,
        {"success": True, "training_info": {"model": "new.h5", "history": {"loss": [0.5, 0.25], "val_loss": [0.5]}}},
    ),
    (
        parse_evaluate_answer,
        render_evaluate_answer,
        {"success": True, "eval_info": "loss: 0.25, metric_iou: 0.5", "metrics": {"loss": 0.25, "metric_iou": 0.5}},
    ),
    (parse_evaluate_answer, render_evaluate_answer, {"success": True, "eval_info": "good enough"}),
    *(
        (parse, render, render_failure("filename: X - Path does not exist."))
        for parse, render in (
            (parse_explain_answer, render_explain_answer),
            (parse_active_learning_answer, render_active_learning_answer),
            (parse_online_learning_answer, render_online_learning_answer),
            (parse_evaluate_answer, render_evaluate_answer),
        )
    ),
]


@pytest.mark.parametrize(("parse", "render", "answer"), DOCUMENTED)
def test_documented_answers_round_trip(
    parse: Callable[..., Any], render: Callable[..., Any], answer: dict[str, Any]
) -> None:
    assert render(parse(answer)) == answer
    assert parse(render(parse(answer))) == parse(answer)


def test_the_explanation_of_the_package_is_read() -> None:
    answer = {
        "success": True,
        "message": "Explanation of the prediction point is as follows",
        "explanations": {"explanation": ["./xai_image.jpg"], "confidence": "99.31"},
    }
    assert parse_explain_answer(answer) == ExplainAnswer(
        True, answer["message"], (Explanation(("./xai_image.jpg",), "", 99.31),)
    )


def test_a_sentence_instead_of_a_picture_is_read() -> None:
    said = "Didn't calculate the image explanations."
    answer = {"success": True, "explanations": {"explanation": said, "confidence": "0.91"}}
    assert parse_explain_answer(answer).explanations == (Explanation((), said, 0.91),)


def test_a_confidence_beside_the_list_is_read() -> None:
    answer = {"success": True, "explanations": ["a.jpg"], "confidence": 95.4}
    assert parse_explain_answer(answer).explanations == (Explanation(("a.jpg",), "", 95.4),)


def test_the_query_of_the_package_is_read() -> None:
    answer = {
        "success": True,
        "message": "m",
        "explanations": {"query_indices": np.array([3, 1, 4]), "query_scores": ["98.81", "98.86", "98.98"]},
    }
    assert parse_active_learning_answer(answer) == ActiveLearningAnswer(True, "m", (3, 1, 4), (98.81, 98.86, 98.98))


def test_the_training_of_the_package_is_read() -> None:
    answer = {
        "model": "./trained_model.h5",
        "history": {"loss": [np.float32(0.5)], "lr": [1e-4]},
        "suggest_string": "Update the model.",
    }
    assert parse_online_learning_answer(answer) == OnlineLearningAnswer(
        True, "Update the model.", "./trained_model.h5", {"loss": (0.5,), "lr": (1e-4,)}
    )


@pytest.mark.parametrize(
    ("info", "names", "metrics"),
    [
        ([0.25, 0.5, 0.75], (), {"loss": 0.25, "metric_1": 0.5, "metric_2": 0.75}),
        ([0.25, 0.5], ("loss", "metric_iou"), {"loss": 0.25, "metric_iou": 0.5}),
        ({"loss": "0.25"}, (), {"loss": 0.25}),
        (np.array([0.25]), (), {"loss": 0.25}),
    ],
)
def test_the_evaluation_of_the_package_is_read(info: object, names: tuple[str, ...], metrics: dict[str, float]) -> None:
    answer = {"success": True, "eval_info": info}
    assert parse_evaluate_answer(answer, names=names) == EvaluateAnswer(True, "", metrics)


@pytest.mark.parametrize(
    ("parse", "answer"),
    [
        (parse_explain_answer, None),
        (parse_explain_answer, {}),
        (parse_explain_answer, {"success": "yes"}),
        (parse_explain_answer, {"success": True, "explanations": [7]}),
        (parse_explain_answer, {"success": True, "explanations": {"explanation": [7]}}),
        (parse_explain_answer, {"success": True, "explanations": {"confidence": "high"}}),
        (parse_explain_answer, {"success": True, "explanations": {"confidence": float("nan")}}),
        (parse_active_learning_answer, {"success": True, "query_info": []}),
        (parse_active_learning_answer, {"success": True, "query_info": {"query_indices": [1]}}),
        (parse_active_learning_answer, {"success": True, "query_info": {"query_indices": [-1], "query_scores": [1]}}),
        (parse_active_learning_answer, {"success": True, "query_info": {"query_indices": [0.5], "query_scores": [1]}}),
        (parse_active_learning_answer, {"success": True, "query_info": {"query_indices": 7, "query_scores": [1]}}),
        (parse_online_learning_answer, {"success": True, "training_info": 7}),
        (parse_online_learning_answer, {"success": True, "training_info": {"model": 7}}),
        (parse_online_learning_answer, {"success": True, "training_info": {"history": {"loss": [None]}}}),
        (parse_evaluate_answer, {"success": True, "eval_info": 7}),
        (parse_evaluate_answer, {"success": True, "eval_info": {"loss": 10**400}}),
    ],
)
def test_other_answers_are_refused_in_words(parse: Callable[..., Any], answer: object) -> None:
    with pytest.raises(FormatError, match=r"expected|are|is|does not"):
        parse(answer)
