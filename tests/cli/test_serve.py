"""`python -m cli serve` as somebody starts it."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from demo.dataset import draw_for, encode_jpeg
from domain.prediction import Task
from endpoint.scoring_server import listen

ROOT = Path(__file__).resolve().parents[2]


def test_it_says_where_it_answers_logs_each_request_and_ends_in_order() -> None:
    command = [sys.executable, "-m", "cli", "serve", "--model", "demo/classifier", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        told = re.search(r"http://\S+/score", server.stderr.readline())
        assert told is not None
        image = base64.encodebytes(encode_jpeg(draw_for(Task.CLASSIFICATION, 5, 0).picture)).decode()
        body = {"input_data": {"columns": ["image"], "data": [image]}}
        answer = requests.post(told[0], json=body, timeout=60)
        assert set(answer.json()[0]) == {"probs", "labels"}
        server.send_signal(signal.SIGTERM)
        _, rest = server.communicate(timeout=60)
    assert server.returncode == 0
    assert '"path":"/score","status":200,"images":1,"refused":0' in rest
    assert answer.headers["X-Request-Id"] in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "without a token"),
        (["--port", "99999"], "Port 99999"),
        (["--batch", "0"], "largest_batch"),
        (["--tokens", "nowhere.txt"], "nowhere.txt"),
        (["--model", "demo/astrology"], "astrology"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(run_cli, options: list[str], words: str) -> None:
    ran = run_cli("serve", "--model", "demo/classifier", *options)
    assert ran.code == 1
    assert words in ran.err


def test_a_port_that_is_taken_is_told(run_cli) -> None:
    with listen("127.0.0.1", 0) as taken:
        ran = run_cli("serve", "--model", "demo/classifier", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert "Choose another one with --port" in ran.err
