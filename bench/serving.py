"""What serving a model costs against running it: `python -m bench.serving`.

Throughput: 16 clients on the loopback, each with one request of one photo in the air, against the model's own best
batches in a process of its own; both decode the same JPEG files. ResNet-50 with random weights.
Endurance: 10,000 requests good and bad, mixed, to the demo's classifier: every answer is compared with what the model
says of that picture in-process, and the server's memory is read after a tenth of them and at the end.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import requests
import torch
from torchvision.models import resnet50

from bench.report import print_head, print_row, print_times
from bench.server import ROOT, Server, find_free_port
from demo.dataset import draw_for, encode_jpeg
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from predictors import Predictor, load_predictor
from services.picture_decode import decode_bytes

CLIENTS = 16
_SIZES = (1, 2, 4, 8, 16, 32)
_PHOTOS = 16
_TURNS = 5
_LEAST_SHARE = 0.8
_MAX_PIXELS = 10**8


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: not for figures")
    arguments, options = parser.parse_known_args()
    share = 10 if arguments.quick else 1
    print_head()
    with tempfile.TemporaryDirectory() as folder:
        measure_throughput(Path(folder), options, images=640 // share)
        measure_endurance(Path(folder), asked=10_000 // share)


def measure_throughput(folder: Path, options: Sequence[str], *, images: int) -> None:
    """Print images a second in-process and over HTTP, in turns, and the median of the turns."""
    weights = folder / "resnet50.pth"
    torch.manual_seed(0)
    torch.save(resnet50(weights=None).state_dict(), weights)
    spec = ModelSpec("torchvision/resnet50", str(weights))
    photos = draw_photos()
    bodies = write_bodies(folder / "photos.jsonl", [_case(ask(photo), 200) for photo in photos])
    predictor = load_predictor(spec)
    own: list[float] = []
    served: list[float] = []
    seconds: list[float] = []
    wrong = 0
    with serving(folder, ["--model", spec.name, "--weights", spec.weights, *options]) as address:
        run_clients(address, bodies, asked=2 * CLIENTS)
        size = best_size(predictor, photos, images=images // _TURNS)
        for _ in range(_TURNS):
            own.append(run_batches(predictor, photos, size, images=images // _TURNS))
            found = run_clients(address, bodies, asked=images // _TURNS)
            served.append(images // _TURNS / found["wall"])
            seconds += found["seconds"]
            wrong += found["wrong_count"]
    floor, rate = median(own), median(served)
    turns = f"{_TURNS} turns, {min(own):.2f} to {max(own):.2f}"
    print_row(f"ResNet-50 in-process, batches of {size}", f"{floor:.2f} images/s", note=turns)
    ratio = f"{rate:.2f} images/s, {rate / floor:.2f} of it"
    turns = f"{_TURNS} turns in between, {min(served):.2f} to {max(served):.2f}"
    is_met = rate >= _LEAST_SHARE * floor and not wrong
    print_row(f"The same over HTTP, {CLIENTS} clients", ratio, bar=f"{_LEAST_SHARE:.2f}", is_met=is_met, note=turns)
    print_times("An answer to one of them", [1000 * each for each in seconds])


def measure_endurance(folder: Path, *, asked: int) -> None:
    """Print what came of a mix of requests."""
    photos = draw_photos()
    predictor = load_predictor(ModelSpec("demo/classifier"))
    bodies = write_bodies(folder / "mixed.jsonl", mixed_cases(predictor, photos))
    with serving(folder, ["--model", "demo/classifier", "--max-mb", "4", "--max-images", "16"]) as address:
        run_clients(address, bodies, asked=asked // 10)
        early = read_memory(address)
        found = run_clients(address, bodies, asked=asked - asked // 10)
        late = read_memory(address)
        healthy = requests.get(f"{address}/health", timeout=60).json()["status"]
    statuses = ", ".join(f"{count:,} x {status}" for status, count in sorted(found["statuses"].items()))
    is_right = not found["wrong_count"] and healthy == "healthy"
    print_row(
        f"{asked:,} requests, good and bad", f"{found['wrong_count']} wrong", bar="0", is_met=is_right, note=statuses
    )
    for problem in found["wrong"]:
        print(f"  {problem}")
    grown = late / early - 1
    note = f"{early / 1024**2:.0f} to {late / 1024**2:.0f} MB"
    print_row("Growth of the server's memory", f"{100 * grown:.1f} %", bar="under 5 %", is_met=grown < 0.05, note=note)
    print_times("An answer of the mix", [1000 * each for each in found["seconds"]])


def best_size(predictor: Predictor, photos: Sequence[bytes], *, images: int) -> int:
    """Return the size of a batch at which the model is quickest."""
    rates = {size: run_batches(predictor, photos, size, images=max(size, images)) for size in _SIZES}
    return max(rates, key=lambda size: rates[size])


def run_batches(predictor: Predictor, photos: Sequence[bytes], size: int, *, images: int) -> float:
    """Return images a second in batches of that size; the next photos are decoded meanwhile."""
    count = images // size
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        turns = [[photos[(turn * size + place) % len(photos)] for place in range(size)] for turn in range(count)]
        predictor.predict([_decode(photo) for photo in turns[0]])
        started = time.perf_counter()
        ahead = [[pool.submit(_decode, photo) for photo in turn] for turn in turns[:2]]
        for turn in range(count):
            pictures = [future.result() for future in ahead.pop(0)]
            if turn + 2 < count:
                ahead.append([pool.submit(_decode, photo) for photo in turns[turn + 2]])
            predictor.predict(pictures)
        return count * size / (time.perf_counter() - started)


def _decode(photo: bytes) -> RGBImage:
    return decode_bytes(photo, name="photo", max_pixels=_MAX_PIXELS).pixels


def mixed_cases(predictor: Predictor, photos: Sequence[bytes]) -> list[dict[str, Any]]:
    """Requests good and bad, about as many of each, and what must come back."""
    probs = [_probabilities(predictor, _decode(photo)) for photo in photos]
    cut, good, cases = photos[0][: len(photos[0]) // 2], [], []
    for number, photo in enumerate(photos):
        other = (number + 7) % len(photos)
        good.append(_case(ask(photo), 200, [probs[number]]))
        good.append(_case(ask(photo, cut, photos[other]), 200, [probs[number], None, probs[other]]))
        good.append(_case(ask(photos[other], b"no image", b"", photo), 200, [probs[other], None, None, probs[number]]))
    bad = [
        _case(b"{", 400),
        _case(b"<html></html>", 400),
        _case(b"[" * 5000, 400),
        _case(b'{"input_data": {"columns": ["images"], "data": ["aGk="]}}', 400),
        _case(b'{"input_data": {"columns": ["image"], "data": []}}', 400),
        _case(ask(*[photos[0]] * 17), 413),
        _case(b'"' + b"x" * (5 * 1024**2) + b'"', 413),
        _case(ask(photos[1]), "cut"),
    ]
    row = {"image_base64": base64.b64encode(photos[2]).decode(), "model_explainability": True}
    wrong = {**row, "xai_parameters": {"xai_algorithm": "astrology"}}
    bad.append(_case(_wrap([json.dumps(wrong)]), 400))
    explained = {**row, "xai_parameters": {"xai_algorithm": "guided_backprop", "visualizations": False}}
    good.append(_case(_wrap([json.dumps(explained)]), 200, [probs[2]]))
    rng = np.random.default_rng(0)
    for each in good:
        cases += [each, bad[int(rng.integers(len(bad)))]]
    return cases


def _probabilities(predictor: Predictor, picture: RGBImage) -> list[float]:
    [content] = predictor.predict([picture])
    scores = content.scores if isinstance(content, Labels) else {}
    return [scores[name] for name in sorted(scores)]


def draw_photos() -> list[bytes]:
    """JPEG files of the demo's size."""
    return [encode_jpeg(draw_for(Task.CLASSIFICATION, 3, index).picture) for index in range(_PHOTOS)]


def ask(*photos: bytes) -> bytes:
    """The documented request."""
    return _wrap([base64.b64encode(photo).decode() or "!" for photo in photos])


def _wrap(rows: list[str]) -> bytes:
    return json.dumps({"input_data": {"columns": ["image"], "data": rows}}).encode()


def _case(body: bytes, expect: int | str, answers: list[list[float] | None] | None = None) -> dict[str, Any]:
    return {"body": base64.b64encode(body).decode(), "expect": expect, "answers": answers}


def write_bodies(file: Path, cases: Sequence[dict[str, Any]]) -> Path:
    """Write the requests as the clients read them."""
    file.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return file


def run_clients(address: str, bodies: Path, *, asked: int) -> dict[str, Any]:
    """Send requests from a process of its own; return what it saw."""
    command = [sys.executable, "-m", "bench.serving_client", address, "--bodies", str(bodies)]
    options = ["--clients", str(CLIENTS), "--requests", str(asked)]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, check=True)
    return json.loads(done.stdout)


@contextmanager
def serving(folder: Path, options: Sequence[str]) -> Iterator[str]:
    """A scoring server; its log lies in `folder`."""
    port = find_free_port()
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port), *options]
    server = Server(command, folder / "home", port, "/health")
    try:
        server.start()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


def read_memory(address: str) -> float:
    """The server's resident memory, bytes."""
    lines = requests.get(f"{address}/metrics", timeout=60).text.splitlines()
    return float(next(line for line in lines if line.startswith("process_resident_memory_bytes ")).split()[1])


if __name__ == "__main__":
    main()
