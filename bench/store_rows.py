"""The rows of a large reviewed project, made up and written straight into SQLite."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from store.engine import open_engine

CLASSES = ("can", "carton", "jar", "bottle", "milk", "water", "juice", "tray", "bag", "odd one")
"""From frequent to rare: each as often as the ones behind it together, but the last, which one image in 20,000 has."""

MODEL = "bench/model@1"
_TIME = "2026-01-01T00:00:00+00:00"
_BATCH = 20_000
_PROJECT = (1, "Large", "image_object_detection", "/photos", json.dumps(CLASSES), 0.5, MODEL, "", _TIME)

Table = dict[str, list[tuple[Any, ...]]]


def build(file: Path, *, images: int, seed: int = 1) -> float:
    """Write a project of so many images into a new database; return the seconds it took.

    Nine images of ten have a label of 1 to 3 objects, every image has a prediction, one in five is decided on.
    """
    started = time.monotonic()
    file.parent.mkdir(parents=True, exist_ok=True)
    open_engine(f"sqlite:///{file}").dispose()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        connection.execute("BEGIN")
        _insert_project(connection, images)
        statuses: Counter[str] = Counter()
        rng = random.Random(seed)  # noqa: S311  no secrets
        for batch in _batches(_make(number, rng) for number in range(images)):
            for table, rows in batch.items():
                statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"  # noqa: S608  our own names
                connection.executemany(statement, rows)
            statuses.update(row[3] for row in batch["image_facts"])
        tally = json.dumps(statuses)
        connection.execute("INSERT INTO project_tallies VALUES (1, 1, 1, ?)", (tally,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    return time.monotonic() - started


def _insert_project(connection: sqlite3.Connection, images: int) -> None:
    connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 1, 0)", _PROJECT)
    info = {
        "model_id": MODEL,
        "name": "bench/model",
        "version": "1",
        "task": "image_object_detection",
        "classes": CLASSES,
        "input_size": None,
        "runtime": "file",
        "weights_sha256": "",
        "notes": [],
    }
    connection.execute("INSERT INTO models VALUES (1, ?, NULL, ?, ?)", (MODEL, json.dumps(info), _TIME))
    connection.execute(
        "INSERT INTO sources VALUES (1, 1, 'labels', 'labels.jsonl', '', '', ?, ?, ?, ?, 'azure-jsonl')",
        (_TIME, images, images, 2 * images),
    )


def _make(number: int, rng: random.Random) -> Table:
    """All rows about one image."""
    name = f"shelf_{number // 1000:04}/photo_{number % 1000:03}_{rng.randrange(16**6):06x}.jpg"
    label = [_object(rng, n, None) for n in range(rng.randint(1, 3))] if rng.random() < 0.9 else None
    predicted = [_object(rng, n, round(rng.uniform(0.3, 1), 4)) for n in range(rng.randint(1, 3))]
    if label and rng.random() < 0.85:
        predicted = [[*each[:3], round(rng.uniform(0.5, 1), 4), *each[4:]] for each in label]
    shown = [each for each in predicted if each[3] >= 0.5]
    differs = label is not None and sorted(each[1] for each in label) != sorted(each[1] for each in shown)
    status = rng.choices(("new", "accept", "correct", "reject", "skip", "flag"), (80, 14, 3, 1, 1, 1))[0]
    decided = (f"d{number}", f"Reviewer {number % 7}", _TIME) if status != "new" else (None, None, None)
    score = min((each[3] for each in shown), default=None)
    tables: Table = {
        "images": [(1, name, number, f"/photos/{name}", 1600, 1200, 1, "", 300_000, "1", "", 0, f"{number:032x}", "")],
        "predictions": [(1, name, MODEL, json.dumps({"objects": predicted}), 0.02, "")],
        "image_facts": [(1, name, number, status, *decided, score, differs, label is not None, 1, 1)],
        "image_classes": list(_class_rows(name, label, shown)),
    }
    if label is not None:
        line = json.dumps({"image_url": f"azureml://x/{name}", "label": [{"label": each[1]} for each in label]})
        tables["source_lines"] = [(1, number + 1, name, line, json.dumps({"objects": label}), 0, None)]
    if status != "new":
        tables["decisions"] = [
            (
                *(number + 1, decided[0], 1, name, None, status, None, decided[1], "", "[]", _TIME),
                *(None, "bench", number, 2.0, MODEL, None, None, None),
            )
        ]
    return tables


def _object(rng: random.Random, number: int, score: float | None) -> list[Any]:
    at = next((n for n in range(8) if rng.random() < 0.5), 8)
    name = CLASSES[-1] if rng.random() < 1 / 40_000 else CLASSES[at]
    x, y = rng.uniform(0, 0.6), rng.uniform(0, 0.6)
    return [f"o{number}", name, [x, y, x + 0.3, y + 0.3], score, [], None]


def _class_rows(name: str, label: list[Any] | None, shown: list[Any]) -> Iterator[tuple[Any, ...]]:
    given = Counter(each[1] for each in label) if label is not None else None
    answer = Counter(each[1] for each in shown)
    for source, ours, theirs in (("label", given, answer), ("prediction", answer, given)):
        for label_name, count in (ours or {}).items():
            yield 1, source, label_name, name, count, None if theirs is None else label_name in theirs


def _batches(made: Iterator[Table]) -> Iterable[Table]:
    while some := list(islice(made, _BATCH)):
        joined: Table = {}
        for tables in some:
            for table, rows in tables.items():
                joined.setdefault(table, []).extend(rows)
        yield {table: rows for table, rows in joined.items() if rows}
