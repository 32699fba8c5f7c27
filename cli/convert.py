"""`convert`: a label or prediction file into another format, read back and compared, with every loss named."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import count, say, say_table, tell
from cli.progress import show_progress
from domain.prediction import Task
from domain.settings import read_settings
from services.class_names import read_numbered_classes
from services.conversion import Conversion
from services.conversion_report import as_json
from services.converting import Wishes, convert_file
from services.format_choices import AZURE_JSONL
from services.mltable_file import write_mltable
from services.recognising import list_formats

_MOST_EXAMPLES = 3


def add_parser(subparsers: Subparsers) -> None:
    names = sorted(cls.name for cls in list_formats())
    written = sorted(cls.name for cls in list_formats(writable=True))
    parser = add_command(
        subparsers,
        "convert",
        summary="Convert a label or prediction file into another format.",
        details="What is written is read back and compared. NAME.report.json tells what went in, what came out and\n"
        "what the target cannot hold; NAME.images.csv tells it image by image.\n\n"
        f"Formats: {', '.join(names)}.",
        example="python -m cli convert labels.jsonl labels.json --to coco --images photos",
    )
    parser.add_argument("file", metavar="IN", type=Path, help="the file, or the folder for formats of many files")
    parser.add_argument("out", metavar="OUT", type=Path, help="the file or folder to write")
    parser.add_argument("--from", dest="source", choices=names, default="", help="told from the content unless given")
    parser.add_argument("--to", dest="target", choices=written, required=True, help="the format to write")
    parser.add_argument("--images", metavar="DIR", type=Path, help="the images, for their sizes and orientation")
    parser.add_argument("--task", choices=list(Task), type=Task, help="told from the content unless given")
    parser.add_argument("--classes", metavar="NAMES", default="", help="class names by number: a,b,c or a file")
    parser.add_argument("--url-prefix", metavar="URL", default="", help="precedes the paths of images in Azure JSONL")
    parser.add_argument(
        "--mend", action="store_true", help="read pixel coordinates and foreign keys in Azure JSONL as what they are"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    wishes = Wishes(
        target=args.target,
        source=args.source,
        images=args.images,
        task=args.task,
        classes=read_numbered_classes(args.classes) if args.classes else None,
        url_prefix=args.url_prefix,
        mends=args.mend,
    )
    with show_progress("Converting") as report:
        made = convert_file(args.file, args.out, wishes, max_pixels=read_settings().max_pixels, report=report)
    if args.json:
        print(json.dumps(as_json(made), indent=2))
    else:
        say_conversion(made)
        if made.target == AZURE_JSONL:
            say_files([write_mltable(made.files[0])])
    return 1 if made.differences else 0


def say_conversion(made: Conversion) -> None:
    """Print what went in, what came out and what was lost."""
    used = [name for name in made.classes if made.before.classes[name] or made.after.classes[name]]
    classes = [[name, f"{made.before.classes[name]:,}", f"{made.after.classes[name]:,}"] for name in used]
    images = ["images", f"{made.before.records:,}", f"{made.after.records:,}"]
    say_table([["", "in", "out"], images, *classes], right=(1, 2))
    if len(used) < len(made.classes):
        say(f"{count(len(made.classes) - len(used), 'class', 'classes')} more without an object.")
    for loss, number in made.losses.counts.items():
        say(f"Lost: {loss}, {count(number, 'time')}.")
        for example in made.losses.examples[loss][:_MOST_EXAMPLES]:
            say(f"  {example}")
    for severity, number in made.counts.items():
        tell(f"{count(number, severity)} found in the source; see the report.")
    for note in made.notes:
        tell(note)
    for sentence in made.differences:
        tell(f"Differs: {sentence}.")
    if not made.differences:
        say(f"Read back and compared: {count(made.after.records, 'record')}, no difference.")
    say_files(made.files)


def say_files(files: Iterable[Path | None]) -> None:
    """Print what was written; None stands for an MLTable of somebody else that was left alone."""
    for file in files:
        say(f"Written: {file}" if file is not None else "Left alone: an MLTable beside it that names other labels.")
