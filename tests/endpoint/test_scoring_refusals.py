"""What the scoring endpoint does not take: strangers, floods, and requests that never end."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from demo.dataset import draw_for, encode_jpeg
from domain.errors import InputError, ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Content, Labels, ModelInfo, Task
from endpoint import scoring_app, scoring_server
from predictors import Predictor, load_predictor
from services.served_model import ServedModel, ServingLimits
from services.tokens import Tokens
from tests.endpoint.scoring_server import Endpoint, encode, serving
from tests.semantic_models import save_names, save_torchscript

TOKEN = "a-token-of-many-signs"


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encode_jpeg(draw_for(Task.CLASSIFICATION, 5, 0).picture)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    limits = ServingLimits(images=4, body_bytes=1024**2)
    with serving(load_predictor(ModelSpec("demo/classifier")), limits=limits) as server:
        yield server


class Slow(Predictor):
    """Answers when it is let."""

    title = "Slow"

    def __init__(self) -> None:
        super().__init__()
        self.info = ModelInfo("slow", "slow", "1", Task.CLASSIFICATION, ("can",), None, "slow", "")
        self.may_go = threading.Event()
        self.begun = threading.Event()

    @classmethod
    def load(cls, spec: ModelSpec) -> Slow:  # noqa: ARG003  the interface
        return cls()

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        self.begun.set()
        self.may_go.wait()
        return [Labels({"can": 1.0}) for _ in images]


def test_a_full_queue_says_when_to_come_back(photo: bytes) -> None:
    slow = Slow()
    with serving(slow, limits=ServingLimits(waiting=1)) as server, ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.score, photo)
        slow.begun.wait()
        second = pool.submit(lambda: requests.post(f"{server.address}/score", data=_body(photo), timeout=60))
        while server.get("/health").json()["waiting"]["score"] == 0:
            pass
        refused = server.ask(encode(photo))
        slow.may_go.set()
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        assert "room for 1" in refused.json()["error"]
        assert first.result() == second.result().json() == [{"probs": [1.0], "labels": ["can"]}]


def test_an_answer_that_takes_too_long_is_an_error(photo: bytes) -> None:
    slow = Slow()
    with serving(slow, limits=ServingLimits(seconds=0.05)) as server:
        answer = server.ask(encode(photo))
        assert answer.status_code == 504
        assert "longer" in answer.json()["error"]
        slow.may_go.set()


def test_only_who_has_a_token_may_ask(tmp_path: Path, photo: bytes) -> None:
    file = tmp_path / "tokens.txt"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    file.write_text(f"# clients\nline-3 {TOKEN}\nold {TOKEN}-old {yesterday}\n")
    with serving(load_predictor(ModelSpec("demo/classifier")), tokens=Tokens(file)) as server:
        assert server.get("/health").status_code == 200
        assert server.get("/metrics").status_code == 401
        missing = server.ask(encode(photo))
        assert missing.status_code == 401
        assert missing.headers["WWW-Authenticate"] == "Bearer"
        assert "not known" in _ask_as(server, "wrong" * 8, photo).json()["error"]
        assert f"held until {yesterday}" in _ask_as(server, f"{TOKEN}-old", photo).json()["error"]
        assert _ask_as(server, TOKEN, photo).status_code == 200
        file.write_text(f"another {TOKEN}-2\n")
        assert _ask_as(server, TOKEN, photo).status_code == 401
        assert _ask_as(server, f"{TOKEN}-2", photo).status_code == 200


def test_too_much_at_once_is_refused(endpoint: Endpoint, photo: bytes) -> None:
    many = endpoint.ask(*[encode(photo)] * 5)
    assert many.status_code == 413
    assert "at most 4" in many.json()["error"]
    large = endpoint.ask("A" * 2 * 1024**2)
    assert large.status_code == 413
    assert "1 MB" in large.json()["error"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b'{"input_data": {"columns": ["image"]', b"<html>"])
def test_what_is_no_request_gets_a_sentence(endpoint: Endpoint, body: bytes) -> None:
    answer = requests.post(f"{endpoint.address}/score", data=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["remedy"]


def test_a_head_that_trickles_in_is_let_go(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_server, "HEAD_SECONDS", 0.2)
    with serving(Slow()) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"POST /score HTTP/1.1\r\nHost: a\r\n")
        line.settimeout(30)
        assert line.recv(1) == b""


def test_a_body_that_trickles_in_is_refused(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_app, "BODY_SECONDS", 0.2)
    with serving(Slow()) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
        line.settimeout(30)
        assert b" 408 " in line.recv(4096).splitlines()[0]


def test_a_client_that_leaves_in_the_middle_takes_nobody_along(endpoint: Endpoint, photo: bytes) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", endpoint.port)) as line:
            line.sendall(b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 500)
    assert endpoint.ask(encode(photo)).status_code == 200


def test_a_model_that_breaks_is_told_and_the_next_request_is_answered(photo: bytes) -> None:
    class Broken(Slow):
        def predict(self, images: Sequence[RGBImage]) -> list[Content]:
            if not self.begun.is_set():
                self.begun.set()
                raise ZeroDivisionError("inside")
            return [Labels({"can": 1.0}) for _ in images]

    with serving(Broken()) as server:
        broken = server.ask(encode(photo))
        assert broken.status_code == 500
        assert "inside" not in broken.text
        assert server.ask(encode(photo)).status_code == 200


def test_a_semantic_model_is_not_served(tmp_path: Path) -> None:
    save_torchscript(tmp_path / "semantic.pt")
    save_names(tmp_path / "names.txt")
    task = Task.SEGMENTATION.value
    spec = ModelSpec(f"torchscript/{tmp_path / 'semantic.pt'}", classes=str(tmp_path / "names.txt"), task=task)
    predictor = load_predictor(spec)
    with pytest.raises(ModelError, match="every pixel"):
        ServedModel(predictor, spec)


def test_limits_are_above_zero() -> None:
    with pytest.raises(InputError, match="largest_batch"):
        ServingLimits(largest_batch=0)


@pytest.mark.parametrize("text", ["", "ana short", "ana a-token-of-many-signs tomorrow", "one two three four"])
def test_a_list_of_tokens_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=r"tokens\.txt"):
        Tokens(file)


def _body(photo: bytes) -> str:
    return json.dumps({"input_data": {"columns": ["image"], "data": [encode(photo)]}})


def _ask_as(server: Endpoint, token: str, photo: bytes) -> requests.Response:
    return server.ask(encode(photo), headers={"Authorization": f"Bearer {token}"})
