"""`export`: the corrected labels of a project, with a report of what went in and came out."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import say, say_table, tell
from cli.progress import show_progress
from cli.projects import add_project_option, find_project, opened_workspace
from services.exporting import Export, export_project
from services.output_files import check_output


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "export",
        summary="Write the corrected labels of a project as Azure AutoML JSONL.",
        details="Lines nobody changed are written as they stand. Lines the platform would refuse go to\n"
        "NAME.refused.jsonl beside the file. The project is looked for in RELOOK_HOME.",
        example="python -m cli export --project Fridge --out fridge.jsonl",
    )
    add_project_option(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the labels, JSONL")
    parser.add_argument(
        "--url-prefix", metavar="URL", default="", help="precedes the path of images that no label file names"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    check_output(args.out)
    with opened_workspace() as workspace:
        project = find_project(workspace, args.project)
        with show_progress("Writing", "lines") as report:
            export = export_project(workspace, project.project_id, args.out, url_prefix=args.url_prefix, report=report)
    say_report(export)
    for file in export.files:
        say(f"Written: {file}")
    return 1 if export.differences else 0


def say_report(export: Export) -> None:
    """Print what went in and what came out; what needs a look goes to stderr too."""
    rows = [[row.checked, f"{row.in_project:,}", f"{row.in_file:,}", row.note] for row in export.parity]
    say_table([["", "project", "file", ""], *rows], right=(1, 2))
    hidden = export.counts.get("refused", 0) + export.counts.get("left out", 0)
    hidden -= len(export.refusals) + len(export.left_out)
    for name, reason in [*export.refusals.items(), *export.left_out.items()]:
        tell(f"{name}: {reason}")
    if hidden > 0:
        tell(f"{hidden:,} more images or lines are not in the file; {export.images.name} has all images.")
