"""Relook pointed at an endpoint shows what the model behind it says, over real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

from demo.dataset import draw_for
from domain.errors import ExplanationError, ModelError
from domain.explanation import Target
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Labels, Task
from explainers import EXPLAINERS
from explainers.endpoint_maps import EndpointMaps
from predictors import endpoint_client, load_predictor
from services.methods import list_methods
from services.model_shelf import ModelShelf
from services.served_model import ServingLimits
from services.tokens import Tokens
from tests.endpoint.scoring_server import serving

TOKEN = "a-token-of-many-signs"
PICTURE = draw_for(Task.DETECTION, 5, 0).picture


@pytest.fixture(scope="module")
def detector_spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A detector of boxes alone, with random weights that find something."""
    folder = tmp_path_factory.mktemp("detector")
    torch.manual_seed(1)
    network = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=3)
    torch.save(network.state_dict(), folder / "boxes.pth")
    (folder / "names.txt").write_text("can\ncarton")
    name = "torchvision/fasterrcnn_mobilenet_v3_large_320_fpn"
    return ModelSpec(name, str(folder / "boxes.pth"), classes=str(folder / "names.txt"))


@pytest.mark.parametrize(
    ("name", "method", "task"),
    [
        ("demo/classifier", "gradcam", Task.CLASSIFICATION),
        ("demo/multilabel", "xrai", Task.MULTILABEL),
        ("demo/detector", "odam", Task.SEGMENTATION),
    ],
)
def test_predictions_and_maps_are_those_of_the_model_itself(name: str, method: str, task: Task) -> None:
    check_parity(ModelSpec(name), method, task)


def test_predictions_and_maps_of_a_detector_of_boxes(detector_spec: ModelSpec) -> None:
    check_parity(detector_spec, "odam", Task.DETECTION)


def check_parity(spec: ModelSpec, method: str, task: Task) -> None:
    own = load_predictor(spec)
    with serving(own, spec) as endpoint:
        remote = ModelShelf().take(ModelSpec(f"endpoint/{endpoint.address}/score"))
        [here], [there] = own.predict([PICTURE]), remote.predict([PICTURE])
        assert (remote.info.task, sorted(remote.info.classes)) == (task, sorted(own.info.classes))
        instance = None
        if isinstance(here, Labels) and isinstance(there, Labels):
            assert dict(there.scores) == pytest.approx(dict(here.scores), abs=1e-5)
            target = Target(here.top()[0][0])
        else:
            assert isinstance(here, Instances)
            assert there == here
            instance = here.items[0]
            target = Target(instance.label, instance.instance_id)
        expected = EXPLAINERS[method]().explain(own, PICTURE, target, instance=instance)
        found = EndpointMaps(method).explain(remote, PICTURE, target, instance=instance)
        np.testing.assert_allclose(found.heatmap, expected.heatmap, rtol=1e-3, atol=1e-6)
        assert found.region == expected.region


def test_black_box_methods_reach_through_the_endpoint() -> None:
    with serving(load_predictor(ModelSpec("demo/classifier"))) as endpoint:
        remote = ModelShelf().take(ModelSpec(f"endpoint/{endpoint.address}/score"))
        assert {"lime", "rise", "occlusion", "endpoint"} <= {method.name for method in list_methods(remote)}
        found = EXPLAINERS["occlusion"]().explain(remote, PICTURE, Target("can"))
        assert np.ptp(found.heatmap) > 0


def test_the_key_is_sent_and_a_wrong_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokens.txt").write_text(f"relook {TOKEN}")
    (tmp_path / "key.txt").write_text(f"{TOKEN}\n")
    with serving(load_predictor(ModelSpec("demo/classifier")), tokens=Tokens(tmp_path / "tokens.txt")) as endpoint:
        name = f"endpoint/{endpoint.address}/score"
        assert ModelShelf().take(ModelSpec(name, str(tmp_path / "key.txt"))).predict([PICTURE])
        monkeypatch.setenv(endpoint_client.KEY_VARIABLE, TOKEN)
        assert ModelShelf().take(ModelSpec(name)).predict([PICTURE])
        monkeypatch.setenv(endpoint_client.KEY_VARIABLE, "another-token-of-many-signs")
        with pytest.raises(ModelError, match="401"):
            ModelShelf().take(ModelSpec(name))


def test_a_budget_of_images_ends_what_would_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endpoint_client.BUDGET_VARIABLE, "20")
    with serving(load_predictor(ModelSpec("demo/classifier"))) as endpoint:
        remote = ModelShelf().take(ModelSpec(f"endpoint/{endpoint.address}/score"))
        with pytest.raises((ModelError, ExplanationError), match="budget"):
            EXPLAINERS["rise"]().explain(remote, PICTURE, Target("can"))


def test_an_endpoint_that_takes_one_image_at_a_time_is_asked_so() -> None:
    limits = ServingLimits(images=16)
    with serving(load_predictor(ModelSpec("demo/classifier")), limits=limits) as endpoint:
        remote = ModelShelf().take(ModelSpec(f"endpoint/{endpoint.address}/score"))
        assert len(remote.predict([PICTURE] * 20)) == 20


Answer = tuple[int, dict[str, str], bytes]
SCORES = json.dumps([{"probs": [0.75, 0.25], "labels": ["can", "carton"]}]).encode()
BOXES = json.dumps([{"boxes": []}]).encode()


@contextmanager
def endpoint_that(answer: Callable[[int, int], Answer]) -> Iterator[str]:
    """A server that gives to its n-th request about so many images what it is told to."""
    count = iter(range(10_000))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, content = answer(next(count), len(body["input_data"]["data"]))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"endpoint/http://127.0.0.1:{server.server_port}/score"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited before each try."""
    waited: list[float] = []
    monkeypatch.setattr(endpoint_client.time, "sleep", waited.append)
    return waited


def test_an_endpoint_that_is_busy_is_asked_again_when_it_said(without_waiting: list[float]) -> None:
    busy: Answer = (429, {"Retry-After": "7"}, b"")
    with endpoint_that(lambda turn, _: busy if turn < 2 else (200, {}, SCORES)) as name:
        assert ModelShelf().take(ModelSpec(name)).info.classes == ("can", "carton")
    assert without_waiting[:3] == [0.0, 7.0, 7.0]


def test_answers_that_were_dropped_do_not_shift_the_others() -> None:
    """The platform leaves out what it cannot read; then each image is asked about alone."""

    def answer(_turn: int, images: int) -> Answer:
        return (200, {}, SCORES) if images == 1 else (200, {}, json.dumps(json.loads(SCORES) * (images - 1)).encode())

    with endpoint_that(answer) as name:
        assert len(ModelShelf().take(ModelSpec(name)).predict([PICTURE] * 3)) == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>Sign in</html>"), "not JSON"),
        ((200, {}, b"{}"), "no list"),
        ((200, {}, b"[]"), "0 answers to one image"),
        ((200, {}, b"[5]"), "cannot be read"),
        ((200, {}, b'[{"probs": [1], "labels": []}]'), "cannot be read"),
        ((200, {}, BOXES), "of which classes"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "302"),
        ((404, {}, b"nothing here"), "404: nothing here"),
        ((503, {}, b""), "503"),
    ],
)
def test_an_endpoint_that_answers_garbage_is_told(answer: Answer, words: str) -> None:
    with endpoint_that(lambda *_: answer) as name, pytest.raises(ModelError, match=words):
        ModelShelf().take(ModelSpec(name))


def test_an_endpoint_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_client, "_SECONDS", (0.2, 0.2))
    release = threading.Event()

    def answer(*_: int) -> Answer:
        release.wait()
        return 200, {}, SCORES

    with endpoint_that(answer) as name:
        with pytest.raises(ModelError, match="does not answer"):
            ModelShelf().take(ModelSpec(name))
        release.set()


@pytest.mark.parametrize("address", ["ftp://a/score", "http:///score", "score", "http://me:secret@host/score"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ModelError, match="no address"):
        ModelShelf().take(ModelSpec(f"endpoint/{address}"))


def test_the_platforms_own_explanations_are_shown_as_maps() -> None:
    attributions = np.zeros((3, 224, 224)).tolist()
    attributions[0][100][50] = 1.0
    explained = json.dumps([{**json.loads(SCORES)[0], "visualizations": None, "attributions": attributions}]).encode()
    with endpoint_that(lambda turn, _: (200, {}, explained if turn else SCORES)) as name:
        remote = ModelShelf().take(ModelSpec(name))
        found = EndpointMaps("integrated_gradients").explain(remote, PICTURE, Target("can"))
        assert found.heatmap[100, 50] == 1.0
        assert (found.region.x_max - found.region.x_min) * PICTURE.shape[1] == pytest.approx(
            (found.region.y_max - found.region.y_min) * PICTURE.shape[0]
        )
        with pytest.raises(ExplanationError, match="most probable"):
            EndpointMaps().explain(remote, PICTURE, Target("carton"))
        with pytest.raises(ExplanationError, match="guided_backprop"):
            EndpointMaps("lime").explain(remote, PICTURE, Target("can"))
