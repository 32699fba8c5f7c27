"""A reviewer in a hurry whose desk keeps every decision until the server has acknowledged it, as the browser does."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from bench.desk_client import DeskClient, NotAnswered, accept

_BATCH = 20
_MOST_WAITING = 40
"""A desk whose server is away goes on deciding until so many decisions wait."""
_PAUSE = 0.02
"""Seconds before a decision is sent again; a real desk waits 1, 2, 4 ... s."""


@dataclass(slots=True)
class HastyReviewer:
    """Decides on one image after the other, takes one in ten back, and sends again what was not acknowledged.

    Attributes:
        desk: Speaks to the server.
        images: What is decided on; nobody else decides on these.
        rng: How many decisions come before the next request.
        made: Every decision, by its id.
        acknowledged: The ids that the server said are in the database.
        waiting: What was not acknowledged, in order.
        refused: What the server would not take: nothing should be.
        said: What the server answered when it could not serve -> how often.
        is_up: Set by whoever starts the server again; until then the reviewer waits.
        is_sending: Whether a request is under way.
        is_parked: Set while the reviewer waits for `is_up`.
        has_answer: Set with every acknowledgement.
        has_refusal: Set with every answer that says that the server cannot.
        is_ending: Set when nothing new is to be decided any more.
        is_done: Set when nothing waits after that.
    """

    desk: DeskClient
    images: Iterator[str]
    rng: random.Random
    is_up: threading.Event
    made: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    acknowledged: set[str] = field(default_factory=set[str])
    waiting: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refused: list[str] = field(default_factory=list[str])
    said: Counter[str] = field(default_factory=Counter[str])
    is_sending: bool = False
    is_parked: threading.Event = field(default_factory=threading.Event)
    has_answer: threading.Event = field(default_factory=threading.Event)
    has_refusal: threading.Event = field(default_factory=threading.Event)
    is_ending: threading.Event = field(default_factory=threading.Event)
    is_done: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Decide and send until told to end and nothing waits."""
        while not (self.is_ending.is_set() and not self.waiting):
            self.decide()
            if self.waiting and not self.send():
                self.is_parked.set()
                self.is_up.wait()
                self.is_parked.clear()
                self.is_done.wait(_PAUSE)
        self.is_done.set()
        self.desk.close()

    def decide(self) -> None:
        """Make some decisions, on new images mostly."""
        if self.is_ending.is_set() or len(self.waiting) >= _MOST_WAITING:
            return
        for _ in range(self.rng.randint(1, 4)):
            seq = len(self.made) + 1
            image_id = next(self.images, None)
            if image_id is None:
                self.is_ending.set()
                return
            entry = accept(seq, f"{self.desk.client_id}-{seq}", image_id)
            last = self.made.get(f"{self.desk.client_id}-{seq - 1}")
            if last is not None and not last.get("undoes") and self.rng.random() < 0.1:
                entry |= {"image_id": last["image_id"], "undoes": last["decision_id"], "parent": last["decision_id"]}
            self.made[entry["decision_id"]] = entry
            self.waiting.append(entry)

    def send(self) -> bool:
        """Send what waits; return whether the server acknowledged it."""
        batch = self.waiting[:_BATCH]
        self.is_sending = True
        try:
            answer = self.desk.send(batch)
        except NotAnswered as error:
            self.said[f"{error.status}: {error.sentence}"] += 1
            self.has_refusal.set()
            return False
        except (OSError, HTTPException) as error:
            self.said[type(error).__name__] += 1
            return False
        finally:
            self.is_sending = False
        self.refused += [f"{each['seq']}: {each['error']}" for each in answer["refused"]]
        settled = [entry for entry in batch if entry["seq"] <= answer["acknowledged"]]
        self.acknowledged |= {entry["decision_id"] for entry in settled}
        self.waiting = self.waiting[len(settled) :]
        self.has_answer.set()
        return True
