"""The scoring endpoint answers as the platform documents it, for every task."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from openapi_spec_validator import validate
from PIL import Image

from demo.dataset import draw_for, encode_jpeg
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import Task
from formats.azure.scoring_explanations import to_heatmap
from formats.azure.scoring_maps import parse_map
from predictors import load_predictor
from tests.endpoint.scoring_server import Endpoint, call, encode, serving

NAMES = ["can", "carton", "milk_bottle", "water_bottle"]
ALGORITHMS = ["xrai", "integrated_gradients", "guided_gradcam", "guided_backprop"]


@pytest.fixture(scope="module")
def photos() -> list[bytes]:
    return [encode_jpeg(draw_for(Task.DETECTION, 5, index).picture) for index in range(3)]


@pytest.fixture(scope="module")
def classifier() -> Iterator[Endpoint]:
    with serving(load_predictor(ModelSpec("demo/classifier")), ModelSpec("demo/classifier")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def multilabel() -> Iterator[Endpoint]:
    with serving(load_predictor(ModelSpec("demo/multilabel")), ModelSpec("demo/multilabel")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def detector() -> Iterator[Endpoint]:
    with serving(load_predictor(ModelSpec("demo/detector")), ModelSpec("demo/detector")) as endpoint:
        yield endpoint


def test_classes_are_answered_by_name_with_probabilities(classifier: Endpoint, multilabel: Endpoint, photos) -> None:
    [one] = classifier.score(photos[0])
    [several] = multilabel.score(photos[0])
    assert set(one) == set(several) == {"probs", "labels"}
    assert one["labels"] == several["labels"] == NAMES
    assert sum(one["probs"]) == pytest.approx(1)
    assert sum(several["probs"]) != pytest.approx(1)


def test_objects_are_answered_with_nested_boxes_and_polygons(detector: Endpoint, photos) -> None:
    [answer] = detector.score(photos[0])
    assert set(answer) == {"boxes"}
    found = answer["boxes"][0]
    assert set(found) == {"box", "label", "score", "polygon"}
    assert set(found["box"]) == {"topX", "topY", "bottomX", "bottomY"}
    assert all(len(ring) >= 6 for ring in found["polygon"])


def test_an_image_that_is_none_is_told_in_its_place(classifier: Endpoint, photos) -> None:
    bomb = BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    rows = [encode(photos[0]), encode(b"hello"), "no base64!", encode(bomb.getvalue()), encode(photos[1])]
    answers = classifier.ask(*rows).json()
    alone = [classifier.score(photo)[0] for photo in photos[:2]]
    assert [set(answer) for answer in answers[1:4]] == [{"error", "remedy"}] * 3
    assert "data[1]" in answers[1]["error"]
    assert "data[2]: The provided image string cannot be decoded" in answers[2]["error"]
    assert "12,000" in answers[3]["error"]
    for together, single in zip([answers[0], answers[4]], alone, strict=True):
        assert together["probs"] == pytest.approx(single["probs"], abs=1e-4)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_explains_the_most_probable_class(classifier: Endpoint, photos, algorithm: str) -> None:
    answer = classifier.explain(photos[0], xai_algorithm=algorithm, attributions=True).json()[0]
    picture = Image.open(BytesIO(base64.b64decode(answer["visualizations"])))
    assert picture.format == "PNG"
    assert max(picture.size) > 900
    attributions = np.array(answer["attributions"], np.float32)
    assert attributions.shape == (3, 224, 168)
    assert to_heatmap(attributions).max() > 0


def test_what_was_not_asked_for_is_null(classifier: Endpoint, photos) -> None:
    answer = classifier.explain(photos[0], xai_algorithm="guided_backprop").json()[0]
    assert answer["attributions"] is None
    answer = classifier.explain(photos[0], xai_algorithm="guided_backprop", visualizations=False).json()[0]
    assert answer["visualizations"] is None


def test_every_class_above_the_threshold_is_explained(multilabel: Endpoint, photos) -> None:
    [scored] = multilabel.score(photos[0])
    asked = {"xai_algorithm": "guided_backprop", "attributions": True}
    for threshold in (0.0, float(np.median(scored["probs"]))):
        answer = multilabel.explain(photos[0], **asked, confidence_score_threshold_multilabel=threshold).json()[0]
        count = sum(prob >= threshold for prob in scored["probs"])
        assert len(answer["visualizations"]) == len(answer["attributions"]) == count
    none = multilabel.explain(photos[0], **asked, confidence_score_threshold_multilabel=1.01).json()[0]
    assert none["visualizations"] is None
    assert none["attributions"] is None


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"xai_algorithm": "lime"}, "Invalid explainability algorithm name"),
        ({"visualizations": "yes"}, "Invalid boolean value for visualizations"),
        ({"n_steps": 1}, "Invalid value for n_steps"),
        ({"n_steps": 5000}, "5000"),
        ({"xai_algorithm": "integrated_gradients", "approximation_method": "simpson"}, "approximation_method"),
        ({"maps": {"method": "astrology"}}, "astrology"),
        ({"maps": {"labels": ["dragon"]}}, "dragon"),
        ({"maps": {"objects": 0}}, "maps.objects"),
        ({"maps": {"objects": [{"label": "can", "box": [0, 0, 1, 1]}]}}, "names objects"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(classifier: Endpoint, photos, parameters, words: str) -> None:
    answer = classifier.explain(photos[0], **{"xai_algorithm": "xrai", **parameters})
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert "Traceback" not in answer.text


def test_objects_are_explained_only_by_maps(detector: Endpoint, photos) -> None:
    answer = detector.explain(photos[0], attributions=True, maps={"method": "odam", "objects": 2}).json()[0]
    assert set(answer) == {"boxes", "maps"}
    first, second = (parse_map(each) for each in answer["maps"])
    assert first.target.label == answer["boxes"][0]["label"]
    assert (first.target.instance_id, second.target.instance_id) == ("p0", "p1")
    assert first.heatmap.max() > 0


def test_a_map_of_an_object_as_somebody_drew_it(detector: Endpoint, photos) -> None:
    box = list(detector.score(photos[0])[0]["boxes"][0]["box"].values())
    wanted = {"method": "odam", "objects": [{"label": "carton", "box": box}]}
    [answered] = detector.explain(photos[0], maps=wanted).json()[0]["maps"]
    assert parse_map(answered).target.label == "carton"


def test_clients_at_once_share_passes_and_get_their_own_answers(classifier: Endpoint, photos) -> None:
    alone = [classifier.score(photo)[0]["probs"] for photo in photos]
    rounds = 8
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: classifier.score(photos[number % 3])[0]["probs"], range(rounds * 3)))
    for number, probs in enumerate(answers):
        assert probs == pytest.approx(alone[number % 3], abs=1e-4)
    assert _metric(classifier, "relook_batch_images_count") < _metric(classifier, "relook_batch_images_sum")


def _metric(endpoint: Endpoint, name: str) -> float:
    lines = endpoint.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def test_the_stored_grid_counts_where_the_model_sees_pictures_upright() -> None:
    upright = draw_for(Task.DETECTION, 5, 0).picture
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right to be seen
    turned = BytesIO()
    Image.fromarray(np.ascontiguousarray(np.rot90(upright))).save(turned, "PNG", exif=exif)
    plain = BytesIO()
    Image.fromarray(upright).save(plain, "PNG")
    spec = ModelSpec("demo/detector", orientation=InputOrientation.UPRIGHT)
    with serving(load_predictor(spec), spec) as endpoint:
        wanted = {"method": "odam"}
        [as_seen] = endpoint.explain(plain.getvalue(), maps=wanted).json()
        [as_stored] = endpoint.explain(turned.getvalue(), maps=wanted).json()
    seen, stored = (answer["boxes"][0]["box"] for answer in (as_seen, as_stored))
    assert stored["topX"] == pytest.approx(seen["topY"], abs=1e-6)
    assert stored["bottomY"] == pytest.approx(1 - seen["topX"], abs=1e-6)
    flat, quarter = (parse_map(answer["maps"][0]).heatmap for answer in (as_seen, as_stored))
    np.testing.assert_allclose(np.rot90(flat), quarter, atol=1e-6)


def test_the_server_tells_about_itself(classifier: Endpoint) -> None:
    health = classifier.get("/health").json()
    assert (health["status"], health["model"]) == ("healthy", "demo/classifier")
    validate(classifier.get("/openapi.json").json())
    answer = classifier.get("/health", headers={"X-Request-Id": "run-7"})
    assert answer.headers["X-Request-Id"] == "run-7"
    assert classifier.get("/health", headers={"X-Request-Id": "a b\t{"}).headers["X-Request-Id"] != "a b\t{"
    assert classifier.get("/secret").status_code == 404
    assert classifier.get("/score").status_code == 405


def test_the_older_request_of_one_image_is_answered(classifier: Endpoint, photos) -> None:
    body: dict[str, Any] = {"image": encode(photos[0]), "model_explainability": False}
    answer = classifier.client.post(f"{classifier.address}/score", data=json.dumps(body), timeout=60)
    assert answer.json()[0]["probs"] == pytest.approx(classifier.score(photos[0])[0]["probs"], abs=1e-4)
    assert classifier.ask(call(photos[0])).json()[0]["labels"] == NAMES
