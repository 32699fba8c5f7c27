"""`embed`: compute what the model of a project sees in its images, for orders and maps that need it."""

from __future__ import annotations

import argparse

from cli.parser import Subparsers, add_command
from cli.printing import count, say
from cli.progress import show_progress
from cli.projects import find_project, opened_workspace
from domain.errors import InputError
from services.embeddings import embed_project


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "embed",
        summary="Compute what the model of a project sees in its images.",
        details="One row of numbers an image, of the layer before the last; computed again only for images\n"
        "that changed. Strategies of `queue` that look at embeddings need it.",
        example="python -m cli embed --project Fridge",
    )
    parser.add_argument("--project", metavar="NAME", help="as the Workspace page calls it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if not args.project:
        raise InputError("No project is named.", remedy="Add --project NAME.")
    with opened_workspace() as workspace, show_progress("Embedding") as report:
        project = find_project(workspace, args.project)
        kept = embed_project(workspace, project.project_id, report=report)
    say(f"Embeddings of {count(kept, 'image')} are kept.")
    return 0
