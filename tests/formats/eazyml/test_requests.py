"""What EazyML's functions may be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import FormatError
from formats.eazyml.requests import (
    parse_active_learning,
    parse_evaluate,
    parse_explain,
    parse_online_learning,
    render_active_learning,
    render_evaluate,
    render_explain,
    render_online_learning,
)

FUNCTIONS = {"loss_fn": "loss", "metric_fns": {"metric_iou": "first", "metric_fscore": "second"}}
EXPLAIN = {
    "training_data_path": "/data/train.csv",
    "score_strategy": "weighted-moments",
    "xai_strategy": "gradcam",
    "xai_image_path": "/out/xai.jpg",
    "gradcam_layer": "conv2d_36",
    "model_num": "1",
    "required_functions": FUNCTIONS,
}
LEARN = {
    "training_parameters": {"batchsize": 4, "epochs": 2, "learning_rate": 1e-4},
    "ol_strategy": "fine-tuning",
    "tr_strategy": "normal",
    "validation_data_path": "/data/validation.csv",
    "new_model_path": "/out/model.h5",
    "required_functions": FUNCTIONS,
    "log_file": "/out/log",
}


def everywhere(_path: str) -> bool:
    return True


CALLS: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
    (
        parse_explain,
        render_explain,
        {"filename": "/a.jpg", "model_path": "/m.h5", "predicted_filename": "/a.npy", "options": EXPLAIN},
    ),
    (
        parse_explain,
        render_explain,
        {
            "filename": ["/a.jpg", "/b.jpg"],
            "model_path": "/m.h5",
            "predicted_filename": ["/a.csv", "/b.csv"],
            "options": {"xai_image_path": ["/1.jpg", "/2.jpg"]},
        },
    ),
    (
        parse_active_learning,
        render_active_learning,
        {
            "filenames": ["/a.jpg", "/b.jpg"],
            "model_path": "/m.pth",
            "predicted_filenames": ["/a.csv", "/b.csv"],
            "options": {"query_count": 1, "al_strategy": "pool-based", "score_strategy": "trainable-2"},
        },
    ),
    (
        parse_online_learning,
        render_online_learning,
        {"new_training_data_path": "/new.csv", "model_path": "/m.h5", "options": LEARN},
    ),
    (
        parse_evaluate,
        render_evaluate,
        {
            "validation_data_path": "/v.csv",
            "model_path": "/m.h5",
            "options": {"batch_size": 4, "required_functions": FUNCTIONS, "log_file": "/log"},
        },
    ),
]


@pytest.mark.parametrize(("parse", "render", "call"), CALLS)
def test_calls_round_trip(parse: Callable[..., Any], render: Callable[..., Any], call: dict[str, Any]) -> None:
    assert render(parse(**call, exists=everywhere)) == call


def test_defaults_are_those_of_the_documentation() -> None:
    request = parse_explain("/a.jpg", "/m.h5", "/a.csv", exists=everywhere)
    assert request.options.values == {
        "score_strategy": "weighted-moments",
        "xai_strategy": "gradcam",
        "model_num": "1",
    }
    assert request.picture_paths == ("./xai_image.jpg",)
    asked = parse_active_learning(["/a.jpg", "/b.jpg"], "/m.h5", ["/a.csv", "/b.csv"], exists=everywhere)
    assert asked.query_count == 2
    assert asked.options.values["al_strategy"] == "pool-based"


def test_both_spellings_of_the_batch_size_and_the_default_strategy_are_understood() -> None:
    options = {"training_parameters": {"batchsize": 4}, "tr_strategy": "whole-model"}
    values = parse_online_learning("/n.csv", "/m.h5", options, exists=everywhere).options.values
    assert values["training_parameters"] == {"batch_size": 4}
    assert values["tr_strategy"] == "normal"


def explain(**change: Any) -> Any:
    call = {"filename": "/a.jpg", "model_path": "/m.h5", "predicted_filename": "/a.csv", **change}
    return parse_explain(**call, exists=everywhere)


def learn(options: Any) -> Any:
    return parse_online_learning("/n.csv", "/m.h5", options, exists=everywhere)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a key that is unknown": (lambda: explain(options={"layer": "x"}), "Invalid key in options: layer"),
    "options that are a list": (lambda: explain(options=[]), "expected a dictionary"),
    "a model number that is a number": (lambda: explain(options={"model_num": 1}), "model_num should be a string"),
    "a list and a text": (lambda: explain(filename=["/a.jpg"]), "both must be str or list"),
    "a number": (lambda: explain(model_path=7), "model_path is 7"),
    "lists of different lengths": (
        lambda: explain(filename=["/a.jpg"], predicted_filename=["/a.csv", "/b.csv"]),
        "1 filenames and 2",
    ),
    "one picture for a list": (
        lambda: explain(filename=["/a"], predicted_filename=["/a.csv"], options={"xai_image_path": "x"}),
        "xai_image_path and filename must be list or str",
    ),
    "too few pictures": (
        lambda: explain(
            filename=["/a", "/b"], predicted_filename=["/a.csv", "/b.csv"], options={"xai_image_path": ["x"]}
        ),
        "xai_image_path diff length",
    ),
    "another kind of prediction": (lambda: explain(predicted_filename="/a.txt"), "neither .csv nor .npy"),
    "an unknown strategy": (lambda: explain(options={"score_strategy": "best"}), "score_strategy is 'best'"),
    "a path that is not there": (
        lambda: parse_explain("/a.jpg", "/m.h5", "/a.csv", exists=lambda path: path != "/a.csv"),
        "pred: /a.csv - Path does not exist",
    ),
    "the example of the documentation": (
        lambda: parse_active_learning("classification", "target", "train.csv", {"data_source": "parquet"}),
        "filenames is 'classification', expected a list",
    ),
    "files and predictions that differ in number": (
        lambda: parse_active_learning(["/a"], "/m", ["/a.csv", "/b.csv"], exists=everywhere),
        "should have same length",
    ),
    "a query count of 0": (
        lambda: parse_active_learning(["/a"], "/m", ["/a.csv"], {"query_count": 0}, exists=everywhere),
        "query_count should be a positive integer",
    ),
    "joint training without data": (lambda: learn({"ol_strategy": "joint-training"}), "must be provided for JT and KD"),
    "distillation without data": (
        lambda: learn({"ol_strategy": "knowledge-distillation"}),
        "must be provided for JT and KD",
    ),
    "dropouts without a dropout": (lambda: learn({"tr_strategy": "dropouts"}), "dropout must be provided"),
    "a dropout of 1": (
        lambda: learn({"tr_strategy": "dropouts", "training_parameters": {"dropout": 1.0}}),
        "invalid dropout value",
    ),
    "a dropout as text": (lambda: learn({"training_parameters": {"dropout": "a"}}), "dropout should be float"),
    "transfer learning without layers": (lambda: learn({"tr_strategy": "transfer-learning"}), "trainable_layers"),
    "epochs as text": (lambda: learn({"training_parameters": {"epochs": "2"}}), "epochs should be integer"),
    "a whole learning rate": (lambda: learn({"training_parameters": {"learning_rate": 1}}), "should be float"),
    "an unknown function": (lambda: learn({"required_functions": {"f": 1}}), "Invalid key in required_functions"),
    "metrics that are a list": (lambda: learn({"required_functions": {"metric_fns": []}}), "metric_fns should be"),
    "an image instead of a table": (
        lambda: parse_evaluate("path/to/image", "/m.h5", exists=everywhere),
        "expected a .csv file",
    ),
    "a batch size as text": (
        lambda: parse_evaluate("/v.csv", "/m.h5", {"batch_size": "4"}, exists=everywhere),
        "batch_size should be integer",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_package_refuses_is_refused(name: str) -> None:
    call, words = REFUSED[name]
    with pytest.raises(FormatError) as caught:
        call()
    assert words in str(caught.value)
