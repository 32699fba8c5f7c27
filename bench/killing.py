"""Killing a server again and again while people decide as fast as they can, and counting what is in the database."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.desk_client import DeskClient
from bench.outbox import HastyReviewer
from bench.stored import Row

PATIENCE = 180.0
_LONGEST = 0.25
"""Seconds from the first answer to the kill, at most."""

Look = Callable[[], tuple[list[Row], str]]
"""Reads what is stored, and says what is damaged; nothing is where that is empty."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is killed.

    Attributes:
        kill: Ends it on the spot.
        restart: Starts it again, and returns the seconds until it answers.
        look: Reads what is stored.
        is_read_dead: Whether `look` reads what lies on the disk right after the kill, or asks who was started again.
    """

    kill: Callable[[], None]
    restart: Callable[[], float]
    look: Look
    is_read_dead: bool


@dataclass(slots=True)
class Survival:
    """What came of some kills; lost, twice, strange and damaged should be empty.

    Attributes:
        kills: How many there were.
        under_way: Of these, the ones that met a request.
        unanswered: Decisions that were stored although nobody was told; they are sent again.
        lost: Acknowledged decisions that are not stored.
        twice: Decisions stored more than once.
        strange: Rows that nobody sent, or not like this.
        damaged: What the database says of itself.
        restarts: Seconds of each start.
    """

    kills: int = 0
    under_way: int = 0
    made: int = 0
    unanswered: int = 0
    lost: set[str] = field(default_factory=set[str])
    twice: set[str] = field(default_factory=set[str])
    strange: set[str] = field(default_factory=set[str])
    refused: list[str] = field(default_factory=list[str])
    damaged: list[str] = field(default_factory=list[str])
    restarts: list[float] = field(default_factory=list[float])
    said: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.twice or self.strange or self.refused or self.damaged)


@contextmanager
def reviewing(desks: Sequence[DeskClient], images: Sequence[str], *, seed: int) -> Iterator[list[HastyReviewer]]:
    """People who decide on threads of their own; each has images nobody else has. They begin when `is_up` is set."""
    is_up = threading.Event()
    people = [
        HastyReviewer(desk, iter(images[n :: len(desks)]), random.Random(f"{seed} {n}"), is_up)  # noqa: S311
        for n, desk in enumerate(desks)
    ]
    threads = [threading.Thread(target=person.work, daemon=True) for person in people]
    for person in people:
        person.is_parked.set()
    is_up.set()
    for thread in threads:
        thread.start()
    try:
        yield people
    finally:
        for person in people:
            person.is_ending.set()
        is_up.set()
        for thread in threads:
            thread.join(PATIENCE)


def survive(subject: Subject, people: Sequence[HastyReviewer], *, kills: int, seed: int) -> Survival:
    """Kill a running subject so many times at random points, look at what is stored each time, and in the end."""
    survival, rng, is_up = Survival(), random.Random(seed), people[0].is_up  # noqa: S311  no secrets
    for _ in range(kills):
        await_answer(people)
        threading.Event().wait(rng.uniform(0, _LONGEST))
        is_up.clear()
        survival.under_way += any(person.is_sending for person in people)
        subject.kill()
        survival.kills += 1
        await_all(person.is_parked for person in people)
        if subject.is_read_dead:
            compare(survival, people, *subject.look())
        survival.restarts.append(subject.restart())
        if not subject.is_read_dead:
            compare(survival, people, *subject.look())
        for person in people:
            person.has_answer.clear()
        is_up.set()
    settle_accounts(survival, people, subject.look)
    return survival


def settle_accounts(survival: Survival, people: Sequence[HastyReviewer], look: Look) -> None:
    """Let people send what waits, and compare all they made with what is stored."""
    for person in people:
        person.is_ending.set()
    await_all(person.is_done for person in people)
    rows, damage = look()
    compare(survival, people, rows, damage)
    stored = {row[0] for row in rows}
    survival.made = sum(len(person.made) for person in people)
    survival.lost |= {name for person in people for name in person.made} - stored
    survival.refused = [each for person in people for each in person.refused]
    for person in people:
        for sentence, count in person.said.items():
            survival.said[sentence] = survival.said.get(sentence, 0) + count


def compare(survival: Survival, people: Sequence[HastyReviewer], rows: Sequence[Row], damage: str) -> None:
    """Note what differs between what people were told and what is stored."""
    made = {name: (person, entry) for person in people for name, entry in person.made.items()}
    told = {name for person in people for name in person.acknowledged}
    stored: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for name, client, seq, image, undoes in rows:
        if name in stored or (client, seq) in numbers:
            survival.twice.add(name)
        stored.add(name)
        numbers.add((client, seq))
        person, entry = made.get(name, (None, {}))
        sent = (person.desk.client_id, entry["seq"], entry["image_id"], entry.get("undoes")) if person else None
        if sent != (client, seq, image, undoes):
            survival.strange.add(name)
    survival.lost |= told - stored
    survival.unanswered += len((stored & made.keys()) - told)
    if damage:
        survival.damaged.append(damage)


def await_answer(people: Sequence[HastyReviewer]) -> None:
    if not people[0].has_answer.wait(PATIENCE):
        raise RuntimeError(f"Nobody was answered within {PATIENCE:g} s. They were told: {dict(people[0].said)}")


def await_all(events: Iterable[threading.Event]) -> None:
    if not all(event.wait(PATIENCE) for event in events):
        raise RuntimeError(f"A request still goes on, or a decision waits, after {PATIENCE:g} s.")
