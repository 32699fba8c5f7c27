"""What becomes of decisions when things break: `python -m bench.faults [routes app postgres full readonly down]`.

Servers are killed at random points while people decide as fast as they can; the disk is full, the folder may not be
written, the database is away. What was acknowledged must be there, once, and everything goes on by itself.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from bench import failing_store
from bench.desk_client import make_desks, prepare_review
from bench.killing import Subject, Survival, reviewing, survive
from bench.report import print_head, print_row
from bench.server import Server, app_server, routes_server
from bench.stored import read_postgres, read_sqlite
from services.workspace import Workspace

_IMAGES_A_KILL = 150


def main() -> None:
    parts = {"routes": kill_routes, "app": kill_app, "postgres": kill_postgres, **failing_store.PARTS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(parts)} (default: all)")
    parser.add_argument("--kills", type=int, default=500, help="of the routes (default: %(default)s)")
    parser.add_argument("--app-kills", type=int, default=20, help="of the whole app (default: %(default)s)")
    parser.add_argument("--postgres-kills", type=int, default=20, help="of PostgreSQL (default: %(default)s)")
    parser.add_argument("--down", type=float, default=30, help="seconds the database is away (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.parts) - set(parts))
    if unknown:
        parser.error(f"There is no part named {', '.join(unknown)}. Known: {', '.join(parts)}.")
    print_head()
    for name in arguments.parts or parts:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            parts[name](Path(folder), arguments)


def kill_routes(folder: Path, arguments: argparse.Namespace) -> None:
    """Kill the decision route with its store."""
    _kill_server(folder, arguments, routes_server, kills=arguments.kills, what="the routes and the store")


def kill_app(folder: Path, arguments: argparse.Namespace) -> None:
    """Kill the whole app."""
    _kill_server(folder, arguments, app_server, kills=arguments.app_kills, what="the whole app")


def kill_postgres(folder: Path, arguments: argparse.Namespace) -> None:
    """Kill PostgreSQL with all its processes under the routes, which live on."""
    from tests.postgres_server import running_postgres  # noqa: PLC0415  only where it is asked for

    kills = arguments.postgres_kills
    with running_postgres(settings=()) as database, database.database() as url:
        environment = {"RELOOK_DATABASE_URL": url}
        prepared = prepare_review(folder / "home", images=_images(kills), environment=environment)
        server = routes_server(folder / "home", environment=environment)

        def restart() -> float:
            started = time.monotonic()
            database.start()
            return time.monotonic() - started

        subject = Subject(database.kill, restart, lambda: read_postgres(prepared[0]), is_read_dead=False)
        survival = _survive(subject, server, prepared, kills=kills, seed=arguments.seed)
    print_survival("kill -9 of PostgreSQL under the routes", survival, f"fsync on, seed {arguments.seed}")


def _kill_server(
    folder: Path, arguments: argparse.Namespace, make_server: Callable[[Path], Server], *, kills: int, what: str
) -> None:
    home = folder / "home"
    prepared = prepare_review(home, images=_images(kills))
    with prepared[0].read() as connection:
        level = connection.execute(text("PRAGMA synchronous")).scalar_one()
    prepared[0].engine.dispose()
    server = make_server(home)
    file = home / "relook.sqlite"
    subject = Subject(server.kill, server.start, lambda: read_sqlite(file), is_read_dead=True)
    survival = _survive(subject, server, prepared, kills=kills, seed=arguments.seed)
    synchronous = {2: "FULL"}.get(level, f"{level}, which is not FULL")
    print_survival(f"kill -9 of {what}", survival, f"synchronous={synchronous}, seed {arguments.seed}")


def _survive(
    subject: Subject, server: Server, prepared: tuple[Workspace, int, list[str]], *, kills: int, seed: int
) -> Survival:
    """Kill the subject again and again while people decide before the server, which is started and stopped here."""
    workspace, project_id, images = prepared
    server.start()
    desks = make_desks(server.port, workspace, project_id)
    try:
        with reviewing(desks, images, seed=seed) as people:
            return survive(subject, people, kills=kills, seed=seed)
    finally:
        server.stop()
        workspace.close()


def _images(kills: int) -> int:
    """More than can be decided on between so many kills."""
    return _IMAGES_A_KILL * (kills + 10)


def print_survival(what: str, survival: Survival, note: str) -> None:
    """Print one row of the table."""
    counts = [len(each) for each in (survival.lost, survival.twice, survival.strange, survival.damaged)]
    figure = f"{counts[0]} lost, {counts[1]} twice, {counts[2]} unlike sent, {counts[3]} times damaged"
    details = (
        f"{survival.made:,} decisions made and stored; {survival.under_way} kills met a request; "
        f"{survival.unanswered} times a decision was stored whose answer was lost; "
        f"back in {statistics.median(survival.restarts):.1f} s (median); {note}"
    )
    print_row(f"{what}, {survival.kills} times", figure, bar="0, 0, 0, 0", is_met=survival.is_whole, note=details)
    for refused in survival.refused[:3]:
        print_row("refused", refused, is_met=False)


if __name__ == "__main__":
    main()
