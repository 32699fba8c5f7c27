"""`methods`: how an image can be explained, and which parameters each method has."""

from __future__ import annotations

import argparse

from cli.formats import say_lines
from cli.parser import Subparsers, add_command
from cli.printing import say_table
from services.method_table import describe, render_document
from services.methods import list_methods


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "methods",
        summary="List the methods that explain what a model says.",
        example="python -m cli methods --markdown",
    )
    parser.add_argument("--markdown", action="store_true", help="with their parameters, as in docs/explanations.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.markdown:
        say_lines(render_document())
    else:
        say_table([("method", "title", "shows"), *map(describe, list_methods())], right=())
    return 0
