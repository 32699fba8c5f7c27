"""`unbundle`: a bundle opened as a new project."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import count, say
from cli.progress import show_progress
from cli.projects import opened_workspace
from services.bundling import open_bundle
from services.import_images import summarise_folder
from services.projects import fetch_project


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "unbundle",
        summary="Open a bundle as a new project of RELOOK_HOME.",
        details="Images are matched by their path in the folder, then by content.",
        example="python -m cli unbundle fridge.relook --images photos",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--images", metavar="DIR", default="", help="where the images lie here")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with opened_workspace() as workspace:
        with show_progress("Reading images") as report:
            project_id = open_bundle(workspace, args.file, image_folder=args.images, report=report)
        project = fetch_project(workspace, project_id)
        folder = summarise_folder(workspace, project_id)
    say(f"Opened as '{project.name}', {project.task.in_words}: {count(folder.images, 'image')}.")
    if folder.missing:
        say(f"Not in the folder: {count(folder.missing, 'image')}; what was decided about them is kept.")
    if not args.images:
        say(f"The images are expected in {project.image_folder}. Relink the project if they lie elsewhere.")
    return 0
