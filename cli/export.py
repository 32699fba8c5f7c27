"""`export`: the corrected labels of a project, with a report of what went in and came out."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.convert import say_conversion, say_files
from cli.parser import Subparsers, add_command
from cli.printing import say_table, tell
from cli.progress import show_progress
from cli.projects import add_project_option, find_project, opened_workspace
from domain.errors import InputError
from domain.splits import SPLITS
from services.export_as import export_as
from services.export_splits import split_file
from services.exporting import Export, export_project
from services.format_choices import AZURE_JSONL, CONTENTS
from services.mltable_file import write_mltable
from services.output_files import check_output
from services.recognising import list_formats
from services.splits import count_splits
from services.workspace import Workspace


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "export",
        summary="Write the corrected labels of a project, as Azure AutoML JSONL or in another format.",
        details="In Azure's format lines nobody changed are written as they stand, and lines the platform would\n"
        "refuse go to NAME.refused.jsonl beside the file. The project is looked for in RELOOK_HOME.",
        example="python -m cli export --project Fridge --out fridge.jsonl",
    )
    add_project_option(parser)
    names = sorted(cls.name for cls in list_formats(writable=True))
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the file or folder to write")
    parser.add_argument("--format", choices=names, default=AZURE_JSONL, help="default: %(default)s")
    parser.add_argument(
        "--contents", choices=list(CONTENTS), default="", help="where the format holds both; default: as is usual"
    )
    parser.add_argument(
        "--url-prefix", metavar="URL", default="", help="precedes the path of images that no label file names"
    )
    parser.add_argument(
        "--by-split", action="store_true", help="one file for each split: NAME.train.jsonl, NAME.validation.jsonl, ..."
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.format == AZURE_JSONL:
        check_output(args.out)
    with opened_workspace() as workspace:
        project = find_project(workspace, args.project)
        if args.by_split:
            _check_splits(workspace, project.project_id)
        if args.format != AZURE_JSONL:
            return _convert(workspace, project.project_id, args)
        with show_progress("Writing", "lines") as report:
            export = export_project(
                workspace,
                project.project_id,
                args.out,
                url_prefix=args.url_prefix,
                by_split=args.by_split,
                report=report,
            )
    say_report(export)
    say_files([*export.files, write_mltable(args.out)])
    return 1 if export.differences else 0


def _convert(workspace: Workspace, project_id: int, args: argparse.Namespace) -> int:
    differences = 0
    for split, out in _parts(workspace, project_id, args).items():
        with show_progress("Writing", "records") as report:
            made = export_as(
                workspace, project_id, out, format_name=args.format, contents=args.contents, split=split, report=report
            )
        say_conversion(made)
        differences += len(made.differences)
    return 1 if differences else 0


def _check_splits(workspace: Workspace, project_id: int) -> None:
    counts = count_splits(workspace, project_id)
    if not any(counts.get(name) for name in SPLITS):
        raise InputError("No image of the project is in a split.", remedy="Run `splits` first, or omit --by-split.")
    if counts.get(""):
        tell(f"{counts['']:,} images are in no split, and so in none of the files of splits.")


def _parts(workspace: Workspace, project_id: int, args: argparse.Namespace) -> dict[str, Path]:
    """Split -> file or folder to write; "" for all images in one."""
    if not args.by_split:
        return {"": args.out}
    counts = count_splits(workspace, project_id)
    return {name: split_file(args.out, name) for name in SPLITS if counts.get(name)}


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
