"""How long a large indexed project takes to open, to page, to filter: `python -m bench.store --images 1000000`.

The rows are written straight into SQLite; what is timed are the services that pages and routes call, and the store's
steps beside their floor: the same lookup by primary key with plain sqlite3. Nothing reads an image file.

Aims: an indexed project of 100,000 images opens in under 3 s and of 1,000,000 in under 10 s; next, previous and next
undecided image in under 10 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bench.report import print_head, print_times
from bench.store_rows import CLASSES, build
from domain.decision import Verdict
from domain.settings import Settings
from services.browsing import Filters, fetch_choices, find_images, load_cells, median_aspect, revision_of
from services.overview import fetch_overview
from services.projects import fetch_progress, fetch_project, list_projects
from services.queue_pages import fetch_neighbours, fetch_queue
from services.review import Entry, record
from services.settling import settle
from services.workspace import Workspace, open_workspace
from store.facts import unsettle

SCREEN = 60
"""Cells of the gallery in sight at first."""

Taken = tuple[float, float]
"""Milliseconds by the clock and of this process alone."""
Row = tuple[str, list[Taken], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="images to index (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it when it is there already")
    parser.add_argument("--times", type=int, default=300, help="steps to time (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        file = folder / "relook.sqlite"
        if not file.exists():
            seconds = build(file, images=arguments.images)
            print(f"{arguments.images:,} images written in {seconds:.0f} s, {file.stat().st_size / 1024**3:.2f} GB")
        rows = measure(file, times=arguments.times)
        with closing(sqlite3.connect(file)) as plain:
            (images,) = plain.execute("SELECT COUNT(*) FROM image_facts").fetchone()
    print_table(rows)
    print_bars(rows, images=images)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def measure(file: Path, *, times: int) -> list[Row]:
    """Time everything; the first opening with the file out of the system's cache."""
    settings = Settings(file.parent, f"sqlite:///{file}", has_demo=False)
    forget_cached(file)
    opened: list[Workspace] = []
    opening = timed(lambda: opened.append(open_workspace(settings)), 1)
    (workspace,) = opened
    number = list_projects(workspace)[0].project_id
    names = pick_names(file, times)
    rows: list[Row] = [("open the workspace, file not in cache", opening, "")]
    rows += time_screens(workspace, number, file)
    rows += time_filters(workspace, number)
    rows += time_steps(workspace, number, names, file)
    rows += time_writes(workspace, number, names, file)
    workspace.close()
    return rows


def time_screens(workspace: Workspace, number: int, file: Path) -> list[Row]:
    """What each screen asks for before it shows something: the first time, and again."""
    project = fetch_project(workspace, number)

    def open_browse() -> None:
        fetch_choices(workspace, project)
        found = find_images(workspace, project, Filters(), "name")
        median_aspect(workspace, project)
        revision_of(workspace, project)
        load_cells(workspace, project, found.image_ids[:SCREEN])

    def open_review() -> None:
        fetch_progress(workspace, number)
        fetch_queue(workspace, number, count=24)

    screens = (
        ("Workspace", lambda: fetch_overview(workspace, project)),
        ("Browse", open_browse),
        ("Review", open_review),
    )
    rows: list[Row] = []
    for name, show in screens:
        forget_cached(file)
        rows.append((f"{name}, first time, not in cache", timed(show, 1), "aim 10 s for a million, 3 s for 100,000"))
        rows.append((f"{name}, again", timed(show, 5), ""))
    rows += [
        (f"Review by {order}", timed(lambda order=order: fetch_queue(workspace, number, order=order, count=24), 20), "")
        for order in ("score", "differs")
    ]
    return rows


def time_filters(workspace: Workspace, number: int) -> list[Row]:
    """The ids the gallery gets, with their count, for each filter."""
    project = fetch_project(workspace, number)
    filters = {
        "corrected": Filters(statuses=("correct",)),
        "a frequent class": Filters(label=CLASSES[0]),
        "a rare class": Filters(label=CLASSES[-1]),
        "a predicted class": Filters(predicted=CLASSES[1]),
        "score 0.50 to 0.60": Filters(scores=(0.5, 0.6)),
        "they differ": Filters(disagreement="differs"),
        "a reviewer": Filters(reviewer="Reviewer 3"),
        "a part of the name": Filters(name="77_"),
        "new, a class, they differ": Filters(statuses=("new",), label=CLASSES[2], disagreement="differs"),
        "nothing matches": Filters(label=CLASSES[-1], name="nowhere"),
    }
    rows: list[Row] = []
    for name, wanted in filters.items():
        for order in ("name", "score"):
            show = lambda wanted=wanted, order=order: find_images(workspace, project, wanted, order)  # noqa: E731
            rows.append((f"filter: {name}, by {order}", timed(show, 3), f"{show().total:,} match"))
    return rows


def time_steps(workspace: Workspace, number: int, names: Sequence[str], file: Path) -> list[Row]:
    """Previous, next and next undecided together, in each order; and the floor."""
    rows = [
        (
            f"previous, next, next undecided by {order}",
            [timed(lambda n=n, o=order: fetch_neighbours(workspace, number, n, order=o), 1)[0] for n in names],
            "aim 10 ms",
        )
        for order in ("name", "score", "differs")
    ]
    with closing(sqlite3.connect(file)) as plain:
        query = "SELECT * FROM image_facts WHERE project_id = ? AND image_id = ?"
        floor = [timed(lambda n=n: plain.execute(query, (number, n)).fetchall(), 1)[0] for n in names]
    return [*rows, ("floor: one lookup by key, plain sqlite3", floor, "")]


def time_writes(workspace: Workspace, number: int, names: Sequence[str], file: Path) -> list[Row]:
    """A decision until it is on the disk, the floor of that, and computing facts anew."""
    client = uuid.uuid4().hex
    decisions = [
        timed(lambda s=s, n=n: record(workspace, number, "Bench", client, [reject(s, n)]), 1)[0]
        for s, n in enumerate(names[:100], start=1)
    ]
    with closing(sqlite3.connect(file, isolation_level=None)) as plain:
        plain.execute("PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE IF NOT EXISTS bench_floor (id INTEGER PRIMARY KEY, text TEXT)")
        write = "INSERT INTO bench_floor (text) VALUES ('x')"
        floor = timed(lambda: plain.execute(write), 100)
        plain.execute("DROP TABLE bench_floor")
    with workspace.write() as connection:
        unsettle(connection, number, names)
    seconds = timed(lambda: settle(workspace, number), 1)
    pace = f"{len(names) / (seconds[0][0] / 1000):,.0f} images/s"
    return [
        ("a decision, on the disk", decisions, ""),
        ("floor: one row, on the disk, plain sqlite3", floor, ""),
        (f"compute the facts of {len(names)} images", seconds, pace),
    ]


def reject(seq: int, name: str) -> Entry:
    return Entry(seq, uuid.uuid4().hex, name, Verdict.REJECT, None)


def pick_names(file: Path, count: int) -> list[str]:
    """Images from all over the project, the same each time."""
    with closing(sqlite3.connect(file)) as plain:
        (last,) = plain.execute("SELECT MAX(position) FROM image_facts").fetchone()
        places = random.Random(7).sample(range(last + 1), min(count, last + 1))  # noqa: S311  no secrets
        query = "SELECT image_id FROM image_facts WHERE project_id = 1 AND position = ?"
        return [plain.execute(query, (place,)).fetchone()[0] for place in places]


def timed(work: Callable[[], object], times: int) -> list[Taken]:
    """What each run took."""
    taken: list[Taken] = []
    for _ in range(times):
        clock, own = time.perf_counter(), time.process_time()
        work()
        taken.append((1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - own)))
    return taken


def forget_cached(file: Path) -> None:
    """Have the system drop what it holds of the file, so that the next reading comes from the disk."""
    if hasattr(os, "posix_fadvise"):
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def print_bars(rows: Sequence[Row], *, images: int) -> None:
    """Print the rows that have a bar as a Markdown table."""
    opens_in = 3000 if images <= 100_000 else 10_000
    print()
    print_head()
    for name, taken, _ in rows:
        clock = [each for each, _ in taken]
        if name.endswith("first time, not in cache"):
            print_times(f"{images:,} images, {name}", clock, most=opens_in)
        elif name.startswith("previous, next"):
            print_times(f"{images:,} images, {name}, median / p95", clock, p95_under=10)
    print()


def print_table(rows: Sequence[Row]) -> None:
    print(f"{'':52} {'':4} {'by the clock, ms':>30} {'CPU, ms':>10}")
    print(f"{'what':52} {'n':>4} {'median':>10} {'p95':>9} {'max':>9} {'median':>10}")
    for name, taken, note in rows:
        clock = sorted(each for each, _ in taken)
        p95 = clock[min(len(clock) - 1, round(0.95 * (len(clock) - 1)))]
        own = statistics.median(each for _, each in taken)
        figures = f"{statistics.median(clock):10.2f} {p95:9.2f} {clock[-1]:9.2f} {own:10.2f}"
        print(f"{name:52} {len(taken):4} {figures}  {note}".rstrip())


if __name__ == "__main__":
    main()
