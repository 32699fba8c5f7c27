"""The entry point: picks the command, and turns every error into one sentence on stderr and exit code 1."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence

from cli.parser import Parser
from cli.printing import tell
from domain.errors import RelookError
from domain.version import VERSION

COMMANDS = {
    "score": "predict the images of a folder",
    "explain": "draw saliency maps over images",
    "serve": "answer over HTTP what a model says about images, and why",
    "methods": "list the methods that explain what a model says",
    "evaluate": "compare predictions with labels",
    "validate": "check a label or prediction file",
    "convert": "turn a label or prediction file into another format",
    "formats": "list the formats that can be read and written",
    "queue": "list the images of a project to look at first, and why",
    "embed": "compute what the model of a project sees in its images",
    "finetune": "let the model of a project learn from its labels",
    "splits": "count the images for training, validation and test, or divide them",
    "export": "write the corrected labels of a project",
    "verify-log": "check the log of an export, and replay it to its labels",
    "bundle": "put a project into one portable file",
    "unbundle": "open such a file as a new project",
    "polygons": "turn masks of a semantic model into objects with outlines",
    "eazyml": "answer as EazyML's functions for images do",
    "demo": "draw the demo data sets, or train the demo models",
}
"""Name -> summary. The module of a command is imported when it is typed: some take seconds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, 0 or 1."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that half-made files are removed
    try:
        args = build_parser(typed).parse_args(typed)
        code = args.run(args)
        sys.stdout.flush()
    except SystemExit as leaving:  # argparse leaves after --help
        return int(leaving.code or 0)
    except RelookError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return fail("Stopped. What is finished was kept.")
    except BrokenPipeError:
        # Whoever read the output has left. Python would flush it once more at its end and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return fail(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
    return code


def build_parser(typed: Sequence[str]) -> Parser:
    """Build the parser with the options of the command that was typed, and the names of the others."""
    parser = Parser(prog="python -m cli", description="Relook without a screen.")
    parser.add_argument("--version", action="version", version=f"Relook {VERSION}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in typed if not word.startswith("-")), "")
    for name, summary in COMMANDS.items():
        if name == chosen:
            importlib.import_module(f"cli.{name.replace('-', '_')}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return parser


def fail(sentence: str) -> int:
    tell(f"relook: {sentence}")
    return 1


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    sys.stderr.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    sys.exit(main())
