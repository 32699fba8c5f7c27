"""Requests to online endpoints."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from domain.errors import FormatError
from formats.azure.scoring_request import ScoringRequest, parse_request, render_request
from formats.azure.scoring_xai import ALGORITHMS, XaiParameters, parse_truth

IMAGE = bytes(range(256)) * 2
TEXT = base64.b64encode(IMAGE).decode()


def ask(*rows: object, **more: object) -> str:
    return json.dumps({"input_data": {"columns": ["image"], "data": list(rows), **more}})


def call(parameters: object = None, *, wanted: object = True, **more: object) -> str:
    fields: dict[str, Any] = {"image_base64": TEXT, "model_explainability": wanted, **more}
    return json.dumps(fields if parameters is None else {**fields, "xai_parameters": parameters})


@pytest.mark.parametrize(
    "body",
    [
        ask(TEXT, TEXT),
        ask([TEXT], [TEXT]),
        ask(base64.encodebytes(IMAGE).decode(), f" {TEXT}\r\n"),
        json.dumps({"input_data": [TEXT, TEXT]}),
        ask(call(wanted=False), call(wanted=True)),
    ],
)
def test_images_are_read_from_every_shape(body: str) -> None:
    assert parse_request(body) == ScoringRequest((IMAGE, IMAGE))
    assert parse_request(body.encode()) == ScoringRequest((IMAGE, IMAGE))


def test_the_older_form_holds_one_image() -> None:
    body = {"image": TEXT, "model_explainability": True, "xai_parameters": {"xai_algorithm": "guided_backprop"}}
    assert parse_request(json.dumps(body)) == ScoringRequest((IMAGE,), XaiParameters("guided_backprop"))
    assert parse_request(json.dumps({"image": TEXT})) == ScoringRequest((IMAGE,))


def test_row_labels_are_kept() -> None:
    assert parse_request(ask(TEXT, TEXT, index=[7, "b"])).index == (7, "b")


def test_a_request_reads_back() -> None:
    for explain in (None, XaiParameters(), XaiParameters("integrated_gradients", attributions=True, n_steps=8)):
        for index in (None, (0, 1)):
            request = ScoringRequest((IMAGE, b"x"), explain, index)
            assert parse_request(render_request([IMAGE, b"x"], explain=explain, index=index)) == request


def test_the_documented_request_is_written() -> None:
    assert json.loads(render_request([b"hi"])) == {"input_data": {"columns": ["image"], "data": ["aGk="]}}
    row = json.loads(json.loads(render_request([b"hi"], explain=XaiParameters()))["input_data"]["data"][0])
    assert row == {
        "image_base64": "aGk=",
        "model_explainability": True,
        "xai_parameters": {"xai_algorithm": "xrai", "visualizations": True, "attributions": False},
    }


def test_the_parameters_of_the_first_row_hold_for_all() -> None:
    body = ask(call({"n_steps": 7}), call({"n_steps": 9}, wanted=False))
    assert parse_request(body).explain == XaiParameters(n_steps=7)


def test_a_row_that_cannot_be_decoded_keeps_its_place_where_rows_may_fail_alone() -> None:
    for body in (ask(TEXT, "no base64!", TEXT), ask(call(), call(image_base64="no base64!"), call())):
        first, broken, last = parse_request(body, rows_fail_alone=True).images
        assert first == last == IMAGE
        assert isinstance(broken, FormatError)
        assert "data[1]" in broken.where


@pytest.mark.parametrize(
    ("body", "where", "words"),
    [
        ("{", "line 1", "not JSON"),
        ("[]", "", "[]"),
        ("{}", "", "neither input_data nor image"),
        ('{"input_data": 5}', "", "input_data is 5"),
        ('{"input_data": {"data": ["aGk="]}}', "input_data", "columns is null"),
        ('{"input_data": {"columns": ["image", "b"], "data": []}}', "input_data", "exactly one column"),
        ('{"input_data": {"columns": ["image"]}}', "input_data", "data is null"),
        (ask(), "input_data", "data is empty"),
        (ask(TEXT, index=[1, 2]), "input_data", "1 row labels"),
        (ask(TEXT, index=5), "input_data", "index is 5"),
        (ask(5), "data[0]", "Incompatible input format"),
        (ask(TEXT, {"image_base64": TEXT}), "data[1]", "Incompatible input format"),
        (ask(TEXT, "no base64!"), "data[1]", "cannot be decoded"),
        (ask(""), "data[0]", "cannot be decoded"),
        (ask("data:image/png;base64," + TEXT), "data[0]", "follows the comma"),
        (ask(TEXT, call()), "data[1]", "cannot be decoded"),
        (ask(call(), TEXT), "data[1]", "every row must be"),
        (ask(call(), {"image_base64": TEXT}), "data[1]", "an object"),
        (ask('{"model_explainability": true}'), "data[0]", "image_base64"),
        (ask(call({"n_steps": float("nan")})), "line 1", "not JSON"),
        (ask(call(image_base64=5)), "data[0], image_base64", "Incompatible input format"),
        (ask(call(wanted="maybe")), "", "Invalid truth value"),
        (ask(call({"xai_algorithm": "lime"})), "", "Invalid explainability algorithm name"),
    ],
)
def test_a_request_that_cannot_be_used_is_refused_with_its_place(body: str, where: str, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_request(body)
    assert where in caught.value.where
    assert words in str(caught.value)
    assert caught.value.remedy


def test_missing_parameters_have_the_documented_defaults() -> None:
    assert XaiParameters.parse(None) == XaiParameters.parse({}) == XaiParameters("xrai", True, False, 0.5, 50, True)
    assert XaiParameters().approximation_method == "riemann_middle"


def test_parameters_are_read_as_the_algorithm_uses_them() -> None:
    given = {
        "xai_algorithm": "Integrated_Gradients",
        "visualizations": False,
        "attributions": True,
        "confidence_score_threshold_multilabel": 0.25,
        "n_steps": 2,
        "approximation_method": "gausslegendre",
        "xrai_fast": "ignored by this algorithm",
        "unheard of": 5,
    }
    assert XaiParameters.parse(given) == XaiParameters(
        "integrated_gradients", False, True, 0.25, 2, True, "gausslegendre"
    )


@pytest.mark.parametrize("algorithm", ["guided_gradCAM", "guided_backprop"])
def test_guided_algorithms_have_no_parameters_of_their_own(algorithm: str) -> None:
    given = {"xai_algorithm": algorithm, "n_steps": "x", "xrai_fast": 3, "approximation_method": None}
    assert XaiParameters.parse(given) == XaiParameters(algorithm.lower())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "Invalid xai_parameters"),
        ({"xai_algorithm": 5}, "Invalid explainability algorithm name"),
        ({"xai_algorithm": ["xrai"]}, "Invalid explainability algorithm name"),
        ({"visualizations": 1}, "Invalid boolean value for visualizations"),
        ({"attributions": "true"}, "Invalid boolean value for attributions"),
        ({"xrai_fast": 0}, "Invalid boolean value for xrai_fast"),
        ({"n_steps": 1}, "Invalid value for n_steps"),
        ({"n_steps": 50.0}, "Invalid value for n_steps"),
        ({"n_steps": True}, "Invalid value for n_steps"),
        ({"confidence_score_threshold_multilabel": "0.5"}, "Invalid value for confidence"),
        ({"xai_algorithm": "integrated_gradients", "approximation_method": "simpson"}, "Invalid value for approxim"),
        ({"xai_algorithm": "integrated_gradients", "approximation_method": []}, "Invalid value for approxim"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(given: object, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        XaiParameters.parse(given)


def test_parameters_read_back() -> None:
    for algorithm in ALGORITHMS:
        parameters = XaiParameters(algorithm, False, True, 0.75)
        assert XaiParameters.parse(parameters.as_fields()) == parameters


def test_a_vision_transformer_has_no_guided_gradcam() -> None:
    with pytest.raises(FormatError, match="guided_gradcam doesn't support vitb16r224"):
        XaiParameters("guided_gradcam").check_model("vitb16r224")
    XaiParameters("guided_gradcam").check_model("resnet50")
    XaiParameters("xrai").check_model("vitb16r224")


@pytest.mark.parametrize("word", [True, 1, "y", "Yes", "t", "TRUE", "on", "1"])
def test_words_for_true(word: object) -> None:
    assert parse_truth(word) is True


@pytest.mark.parametrize("word", [False, 0, "n", "No", "f", "FALSE", "off", "0"])
def test_words_for_false(word: object) -> None:
    assert parse_truth(word) is False


@pytest.mark.parametrize("word", ["", "ja", 2, None, [], 1.0])
def test_other_words_are_refused(word: object) -> None:
    with pytest.raises(FormatError, match="Invalid truth value"):
        parse_truth(word)
