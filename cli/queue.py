"""`queue`: which images of a project to look at first, and why."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from cli.formats import say_lines
from cli.parser import Subparsers, add_command
from cli.printing import UNDEFINED, count, say, say_table, tell
from cli.projects import find_project, opened_workspace
from domain.errors import InputError
from domain.project import Project
from formats.base.csv_rows import harmless
from services.output_files import check_output, replacing
from services.ranking import Queue, RankedImage, rank_project
from services.ranking_table import render_strategies
from services.worklists import make_worklist
from services.workspace import Workspace

_SHOWN = 20
_SUFFIXES = (".jsonl", ".csv")


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "queue",
        summary="List the images of a project that are worth a look first, with the reason.",
        details="Images that wait for a decision, by how much the predictions speak against their labels. Predictions\n"
        "of a model that was trained on the same images hide errors. --strategies prints docs/ranking.md.",
        example="python -m cli queue --project Fridge --out queue.csv",
    )
    parser.add_argument("--project", metavar="NAME", help="as the Workspace page calls it")
    parser.add_argument("--strategy", metavar="NAME", default="", help="default: the one for the task of the project")
    parser.add_argument("--count", metavar="N", type=int, help=f"at most so many; default: {_SHOWN} shown, all written")
    parser.add_argument("--all", action="store_true", help="also images that were decided")
    parser.add_argument("--seed", type=int, default=0, help="of strategies that draw (default: 0)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="also write the queue, as .jsonl or .csv")
    parser.add_argument("--worklist", metavar="TITLE", help="also keep the queue as a worklist, and print its address")
    parser.add_argument("--strategies", action="store_true", help="describe the strategies instead")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.strategies:
        say_lines(render_strategies())
        return 0
    _check(args)
    with opened_workspace() as workspace:
        project = find_project(workspace, args.project)
        queue = rank_project(
            workspace, project.project_id, strategy=args.strategy, with_decided=args.all, seed=args.seed
        )
        made = keep_queue(workspace, project, args.worklist, queue.images[: args.count]) if args.worklist else ""
    for note in queue.notes:
        tell(note)
    images = queue.images[: args.count]
    say_queue(queue, images[: args.count or _SHOWN])
    if args.out:
        write_queue(args.out, images)
        say(f"Written: {args.out}, {count(len(images), 'image')}")
    if made:
        say(f"Kept as a worklist. At the desk: {made}")
    return 0


def say_queue(queue: Queue, images: Sequence[RankedImage]) -> None:
    """Print the first images."""
    say(f"{queue.strategy.title}. {queue.strategy.summary} {count(len(queue.images), 'image')} in the queue.")
    rows = [(str(place), _score(image), image.image_id, image.reason) for place, image in enumerate(images, start=1)]
    if rows:
        say_table([("", "score", "image", "why"), *rows], right=(0, 1))


def keep_queue(workspace: Workspace, project: Project, title: str, images: Sequence[RankedImage]) -> str:
    """Keep the images as a worklist; return its address in the app, without the server."""
    reasons = {image.image_id: image.reason for image in images}
    worklist = make_worklist(workspace, project, title, list(reasons), reviewer="", reasons=reasons)
    return f"/review?project={project.project_id}&worklist={worklist.worklist_id}"


def write_queue(file: Path, images: Sequence[RankedImage]) -> None:
    """Write the queue, one image a line, in the form the file's ending names."""
    rows = [{"rank": place, **asdict(image)} for place, image in enumerate(images, start=1)]
    text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    with replacing(file) as stream:
        stream.write((text if file.suffix.lower() == ".jsonl" else _as_csv(rows)).encode())


def _as_csv(rows: Sequence[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["rank", *RankedImage.__dataclass_fields__])
    writer.writerows([harmless(value) if isinstance(value, str) else value for value in row.values()] for row in rows)
    return text.getvalue()


def _score(image: RankedImage) -> str:
    return UNDEFINED if image.score is None else f"{image.score:.3f}"


def _check(args: argparse.Namespace) -> None:
    if not args.project:
        raise InputError("No project is named.", remedy="Add --project NAME.")
    if args.count is not None and args.count < 1:
        raise InputError(f"--count is {args.count}; expected 1 or more.", remedy="Leave it out to have all.")
    if args.seed < 0:
        raise InputError(f"--seed is {args.seed}; expected 0 or more.", remedy="Leave it out.")
    if args.out:
        if args.out.suffix.lower() not in _SUFFIXES:
            raise InputError(
                f"{args.out.name} ends in neither {' nor '.join(_SUFFIXES)}.", remedy="Rename the file to write."
            )
        check_output(args.out)
