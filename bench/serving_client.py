"""Clients of a scoring server, many at once and each with one request in the air: what they sent and what came back.

Run as a process of its own, so that asking takes no time from answering. Each line of --bodies is one request as JSON:
{"body": base64, "expect": [status], "answers": [...]}, with the answers that must come back in order: a list of
probabilities for an image that can be read, null for one that cannot. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

_TOLERANCE = 1e-3
_CUT = "cut"
"""As the status expected: the client leaves in the middle of the body."""


@dataclass(slots=True)
class Tally:
    """What all clients saw."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    images: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what must come back."""

    body: bytes
    expect: int | str
    answers: list[list[float] | None] | None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.serving_client", description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--bodies", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, required=True)
    arguments = parser.parse_args()
    cases = [_read_case(line) for line in arguments.bodies.read_bytes().splitlines()]
    turns, tally, lock = iter(range(arguments.requests)), Tally(), threading.Lock()
    parts = urlsplit(arguments.address)

    def work() -> None:
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                break
            _ask(line, cases[turn % len(cases)], tally, lock)
        line.close()

    threads = [threading.Thread(target=work) for _ in range(arguments.clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    found: dict[str, Any] = {"wall": wall, "seconds": tally.seconds, "statuses": tally.statuses}
    print(json.dumps({**found, "images": tally.images, "wrong": tally.wrong[:20], "wrong_count": len(tally.wrong)}))


def _read_case(line: bytes) -> Case:
    fields = orjson.loads(line)
    return Case(base64.b64decode(fields["body"]), fields["expect"], fields.get("answers"))


def _ask(line: http.client.HTTPConnection, case: Case, tally: Tally, lock: threading.Lock) -> None:
    started = time.perf_counter()
    if case.expect == _CUT:
        line.close()
        line.connect()
        head = f"POST /score HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(case.body)}\r\n\r\n".encode()
        line.sock.sendall(head + case.body[: len(case.body) // 2])
        line.close()
        with lock:
            tally.statuses[_CUT] = tally.statuses.get(_CUT, 0) + 1
        return
    line.request("POST", "/score", case.body, {"Content-Type": "application/json"})
    response = line.getresponse()
    answered = response.read()
    seconds = time.perf_counter() - started
    problem = _compare(case, response.status, answered)
    with lock:
        tally.seconds.append(seconds)
        status = str(response.status)
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        tally.images += sum(each is not None for each in case.answers or [])
        if problem:
            tally.wrong.append(problem)
    if response.will_close:
        line.close()


def _compare(case: Case, status: int, answered: bytes) -> str:
    """What is wrong with an answer; empty when it is the right one."""
    if status != case.expect:
        return f"status {status} where {case.expect} was expected: {answered[:200]!r}"
    if case.answers is None:
        return ""
    answers = orjson.loads(answered)
    if len(answers) != len(case.answers):
        return f"{len(answers)} answers to {len(case.answers)} images"
    for place, (answer, expected) in enumerate(zip(answers, case.answers, strict=True)):
        if (expected is None) != ("error" in answer):
            return f"answer {place} is {str(answer)[:200]}"
        pairs = itertools.zip_longest(expected or [], answer.get("probs", []), fillvalue=9.0)
        if any(abs(a - b) > _TOLERANCE for a, b in pairs):
            return f"answer {place} is that of another image"
    return ""


if __name__ == "__main__":
    main()
