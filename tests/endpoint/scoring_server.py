"""A scoring server on a real port, within the process of the tests."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from domain.model_spec import ModelSpec
from endpoint.scoring_app import make_app
from endpoint.scoring_counts import ScoringCounts
from endpoint.scoring_server import build_server, listen
from predictors import Predictor
from services.served_model import ServedModel, ServingLimits
from services.tokens import Tokens


@dataclass(frozen=True)
class Endpoint:
    """A server and a client of it."""

    address: str
    port: int
    client: requests.Session

    def ask(self, *rows: Any, **more: Any) -> requests.Response:
        """Send a request in the documented shape."""
        body = {"input_data": {"columns": ["image"], "data": list(rows)}}
        return self.client.post(f"{self.address}/score", data=json.dumps(body), timeout=60, **more)

    def score(self, *images: bytes) -> list[dict[str, Any]]:
        answer = self.ask(*(encode(image) for image in images))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.client.get(f"{self.address}{path}", timeout=60, **more)

    def explain(self, image: bytes, **parameters: Any) -> requests.Response:
        return self.ask(call(image, **parameters))


def encode(image: bytes) -> str:
    return base64.encodebytes(image).decode("utf-8")


def call(image: bytes, **parameters: Any) -> str:
    return json.dumps({"image_base64": encode(image), "model_explainability": True, "xai_parameters": parameters})


@contextmanager
def serving(
    predictor: Predictor,
    spec: ModelSpec | None = None,
    *,
    tokens: Tokens | None = None,
    limits: ServingLimits | None = None,
) -> Iterator[Endpoint]:
    """Serve a loaded model on a free port."""
    counts, listening = ScoringCounts(), listen("127.0.0.1", 0)
    served = ServedModel(predictor, spec or ModelSpec("test/model"), limits=limits, watch=counts)
    server = build_server(make_app(served, counts=counts, tokens=tokens))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = listening.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    try:
        with requests.Session() as client:
            yield Endpoint(address, port, client)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
