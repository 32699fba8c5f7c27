"""`bundle`: a project in one portable file."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import say
from cli.projects import add_project_option, find_project, opened_workspace
from services.bundling import write_bundle


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "bundle",
        summary="Put a project into one file: labels, predictions and every decision, not the images.",
        details="The project is looked for in RELOOK_HOME. `unbundle` opens the file elsewhere.",
        example="python -m cli bundle --project Fridge --out fridge.relook",
    )
    add_project_option(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the bundle, for example fridge.relook")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with opened_workspace() as workspace:
        project = find_project(workspace, args.project)
        made = write_bundle(workspace, project.project_id, args.out)
    counts = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in made.rows.items())
    say(f"{made.project}: {counts}.")
    say(f"Written: {args.out}")
    return 0
