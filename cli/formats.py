"""`formats`: what can be read and written, and what is lost on the way."""

from __future__ import annotations

import argparse

from cli.parser import Subparsers, add_command
from cli.printing import say, say_table
from services.format_table import describe, render_document
from services.recognising import list_formats


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "formats",
        summary="List the formats that can be read and written.",
        example="python -m cli formats --markdown",
    )
    parser.add_argument("--markdown", action="store_true", help="with what is lost, as in docs/formats.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.markdown:
        say_lines(render_document())
    else:
        say_table([("format", "holds", "direction", "tasks"), *map(describe, list_formats())], right=())
    return 0


def say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)
