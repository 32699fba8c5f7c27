"""`verify-log`: whether the log of an export is whole, and whether it replays to the labels beside it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import count, say, say_table, tell
from services.log_verify import Verified, verify_log


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "verify-log",
        summary="Check the log of an export, and replay it to the labels it was written with.",
        details="Every row of the log bears the hash of the row before, so that changed, missing and moved rows show.\n"
        "Whoever may write the file can write all of it anew: keep the seal elsewhere to notice that too.",
        example="python -m cli verify-log fridge.log.jsonl --labels fridge.jsonl",
    )
    parser.add_argument("log", metavar="LOG", type=Path, help="NAME.log.jsonl, as an export wrote it")
    parser.add_argument("--labels", metavar="FILE", type=Path, help="NAME.jsonl of the same export")
    parser.add_argument("--seal", metavar="HASH", default="", help="the seal noted when it was written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    found = verify_log(args.log, args.labels, seal=args.seal)
    _say_counts(found)
    for problem in found.problems:
        tell(problem)
    for image_id, difference in found.differences:
        tell(f"{image_id}: {difference}")
    hidden = found.found - len(found.problems) - len(found.differences)
    if hidden > 0:
        tell(f"{hidden:,} more.")
    if found.found:
        say(f"Not as it was written: {count(found.found, 'finding')}.")
        return 1
    what = "and leads to the labels, byte for byte" if found.is_compared else "and leads to the lines it notes"
    say(f"The log is whole {what}.")
    return 0


def _say_counts(found: Verified) -> None:
    lines = ", ".join(f"{number:,} {kind}" for kind, number in found.lines.most_common())
    decisions = found.rows["decision"]
    reviewers = f"by {count(len(found.reviewers), 'reviewer')}, {found.undone:,} taken back" if decisions else ""
    say_table(
        [
            ["project", found.project],
            ["rows", f"{sum(found.rows.values()):,}"],
            ["decisions", f"{decisions:,} {reviewers}".strip()],
            ["images decided", f"{found.decided:,}"],
            ["changes of the class list", f"{found.rows['class']:,}"],
            ["lines of the labels", lines or "0"],
            ["seal", found.seal],
        ],
        right=(),
    )
