"""`splits`: how many images of a project are for training, validation and test; dividing those that have no split."""

from __future__ import annotations

import argparse

from cli.parser import Subparsers, add_command
from cli.printing import say, say_table
from cli.progress import show_progress
from cli.projects import add_project_option, find_project, opened_workspace
from domain.errors import InputError
from domain.splits import SPLITS
from services.splits import count_splits, divide_images


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "splits",
        summary="Count the images of each split of a project, or divide those that have none.",
        details="Imports keep the split that a file or folder names. --divide gives each split the same mix of\n"
        "classes and keeps near-duplicates and equal files together.",
        example="python -m cli splits --project Fridge --divide 70 15 15",
    )
    add_project_option(parser)
    names = tuple(name.upper() for name in SPLITS)
    parser.add_argument("--divide", nargs=len(SPLITS), type=float, metavar=names, help="shares, for example 70 15 15")
    parser.add_argument("--anew", action="store_true", help="with --divide: also images that have a split")
    parser.add_argument("--seed", type=int, default=0, help="with --divide: the same divides alike (default: 0)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.anew and not args.divide:
        raise InputError("--anew is for --divide.", remedy="Add the shares, for example --divide 70 15 15.")
    with opened_workspace() as workspace:
        project_id = find_project(workspace, args.project).project_id
        if args.divide:
            shares: dict[str, float] = dict(zip(SPLITS, args.divide, strict=True))
            with show_progress("Looking at images", "images") as report:
                made = divide_images(
                    workspace, project_id, shares=shares, anew=args.anew, seed=args.seed, report=report
                )
            say(f"Images that got a split: {made.divided:,}. Kept together with a near-duplicate: {made.together:,}.")
            for note in made.notes:
                say(note)
        counts = count_splits(workspace, project_id)
    say_table([["split", "images"], *([name or "none", f"{count:,}"] for name, count in counts.items())], right=(1,))
    return 0
