"""The command line's own parser: exact option names, and errors like every other error of Relook."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from domain.errors import InputError

Subparsers = Any
"""What `add_subparsers` returns; argparse keeps its type to itself."""


class Parser(argparse.ArgumentParser):
    """Takes no abbreviated options, shows examples as they are written, and raises instead of leaving."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            InputError: Always.
        """
        sentence = f"{message[:1].upper()}{message[1:].rstrip('.')}."
        raise InputError(sentence, remedy=f"See {self.prog} --help.")


def add_command(subparsers: Subparsers, name: str, *, summary: str, example: str, details: str = "") -> Parser:
    """Add the parser of one command.

    Args:
        subparsers: Of the main parser.
        name: The word typed.
        summary: One sentence.
        example: One or more command lines, shown at the end of the help.
        details: What else to know.
    """
    description = f"{summary}\n\n{details}".strip()
    return subparsers.add_parser(name, description=description, epilog=f"example:\n  {example}")
