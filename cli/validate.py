"""`validate`: everything that is wrong with a label or prediction file, and how to mend it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import count, say
from cli.progress import show_progress
from domain.finding import Finding, Severity
from domain.settings import read_settings
from services.class_names import read_numbered_classes
from services.format_choices import find_choice
from services.recognising import list_formats
from services.validating import Validation, validate_file


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "validate",
        summary="Check a label or prediction file.",
        details="Prints a line for every finding and leaves with 1 when one of them is an error: something the\n"
        "training platform would refuse or silently drop.",
        example="python -m cli validate labels.jsonl --images photos",
    )
    names = sorted(cls.name for cls in list_formats())
    parser.add_argument("file", metavar="FILE", type=Path, help="the file, or the folder for formats of many files")
    parser.add_argument("--format", choices=names, default="", help="told from the content unless given")
    parser.add_argument("--classes", metavar="NAMES", default="", help="class names by number: a,b,c or a file")
    parser.add_argument("--images", metavar="DIR", type=Path, help="also check that every image is there and readable")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    printer = _JsonPrinter() if args.json else _TextPrinter()
    with show_progress("Reading images") as report:
        found = validate_file(
            args.file,
            format_name=args.format,
            images=args.images,
            classes=read_numbered_classes(args.classes) if args.classes else None,
            max_pixels=read_settings().max_pixels,
            report=report,
            emit=printer.print_finding,
        )
    printer.end(found)
    return 1 if found.count(Severity.ERROR) else 0


class _TextPrinter:
    """Prints findings as they come, then the summary."""

    def print_finding(self, finding: Finding) -> None:
        say(in_words(finding))

    def end(self, found: Validation) -> None:
        say(summarise(found))


class _JsonPrinter:
    """Prints one JSON object piece by piece, so that no file has too many findings."""

    def __init__(self) -> None:
        self._lead = '{\n  "findings": [\n'

    def print_finding(self, finding: Finding) -> None:
        print(f"{self._lead}    {json.dumps(asdict(finding))}", end="")
        self._lead = ",\n"

    def end(self, found: Validation) -> None:
        start = f"{self._lead}  ]" if self._lead.startswith("{") else "\n  ]"
        facts = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in facts_of(found).items()]
        print(start, *facts, sep=",\n", end="\n}\n")


def in_words(finding: Finding) -> str:
    """A finding as compilers write theirs: FILE:LINE:COLUMN: severity CODE: what and how to mend it."""
    place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
    thing = f" object {finding.annotation + 1}:" if finding.annotation is not None else ""
    return f"{place}: {finding.severity} {finding.code}:{thing} {finding.message} {finding.remedy}".rstrip()


def summarise(found: Validation) -> str:
    choice = find_choice(found.format)
    what = (
        f"{choice.holds} for {found.task.in_words}" if found.task else f"{choice.holds} for a task that cannot be told"
    )
    numbers = ", ".join(
        count(found.count(severity), noun)
        for severity, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
    )
    covered = "" if found.images is None else f"; {found.named:,} of {count(found.images, 'image')} named"
    return f"{found.file}: {count(found.lines, choice.unit)} of {what}{covered}; {numbers}."


def facts_of(found: Validation) -> dict[str, object]:
    return {
        "file": found.file,
        "format": found.format,
        "task": found.task,
        "lines": found.lines,
        "images": found.images,
        "named_images": found.named,
        "errors": found.count(Severity.ERROR),
        "warnings": found.count(Severity.WARNING),
    }
